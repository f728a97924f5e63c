import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyPoint, killSuiteLimitMs, pointsAt, type Ended } from './every-point';
import { KillableHouse } from './kill-points';
import { discard, loginWorks, newServer } from './kill-servers';

describe('the panel killed at every point', () => {
	let house: KillableHouse;

	beforeAll(async () => {
		house = await KillableHouse.build();
	});
	afterAll(() => house?.demolish());

	/** A new server, which afterwards either works or is not there at all. */
	function creating(kind: { engine: string; version: string }, database: string) {
		let name = '';
		const listed = () => house.client.services.list.query({ projectId: house.project.projectId });
		return {
			flow: (panel: KillableHouse) => {
				const input = newServer(panel, kind);
				name = input.name;
				return panel.client.services.create.mutate(input);
			},
			check: async (ended: Ended) => {
				const made = (await listed()).find((service) => service.name === name);
				if (ended?.serviceName !== name || ended.status !== 'succeeded') return expect(made).toBeUndefined();
				await loginWorks(house, ended.serviceId, database);
			},
			prepare: async () => {
				for (const service of await listed()) await discard(house, service.id, service.name);
			},
		};
	}

	it(
		'of create: the service works, or nothing is left of it',
		async () => {
			await everyPoint('create', house, creating({ engine: 'postgres', version: '18' }, 'postgres'));
		},
		killSuiteLimitMs,
	);

	it(
		'of create around putting files into the volume, as an engine needs that takes no password otherwise',
		async () => {
			const archive = /^PUT .*\/archive$/;
			const points = [
				{ call: archive, when: 'before' as const },
				{ call: archive, when: 'after' as const },
				{ call: /^POST .*\/start$/, when: 'after' as const },
			];
			await pointsAt(points, house, creating({ engine: 'redis', version: '8' }, '0'));
		},
		killSuiteLimitMs,
	);
});
