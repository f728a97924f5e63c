import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyPoint, killSuiteLimitMs, pointsAt, type Ended } from './every-point';
import { KillableHouse } from './kill-points';
import { engines } from '../engines';
import { versionsHere } from './images-here';
import { discard, loginWorks, newServer, storageLoginWorks, type ServerKind } from './kill-servers';

/** Those whose image is here; compiling one takes from minutes to an hour. */
const storageServers = await Promise.all(
	engines
		.filter(({ kind }) => kind === 'storage')
		.map(async ({ id, label, versions, lifecycle }) => {
			const all = versions.map(({ version }) => version);
			const [here] = await versionsHere(id, all);
			return { id, label, version: here ?? all[0] ?? '', isHere: here !== undefined, lifecycle };
		}),
);

describe('the panel killed at every point', () => {
	let house: KillableHouse;

	beforeAll(async () => {
		house = await KillableHouse.build();
	});
	afterAll(() => house?.demolish());

	/** A new server, which afterwards either works or is not there at all. */
	function creating(kind: ServerKind, works: (house: KillableHouse, serviceId: string) => Promise<void>) {
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
				await works(house, ended.serviceId);
			},
			prepare: async () => {
				for (const service of await listed()) await discard(house, service.id, service.name);
			},
		};
	}

	it(
		'of create: the service works, or nothing is left of it',
		async () => {
			await everyPoint('create', house, creating({ engine: 'postgres', version: '18' }, loginWorks));
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
			const works = (panel: KillableHouse, serviceId: string) => loginWorks(panel, serviceId, '0');
			await pointsAt(points, house, creating({ engine: 'redis', version: '8' }, works));
		},
		killSuiteLimitMs,
	);

	for (const { id, label, version, isHere, lifecycle } of storageServers) {
		const test = isHere ? it : it.skip;
		test(
			`of create of ${label}, whose bootstrap password must be over before anybody uses it`,
			async () => {
				const points = [/^PUT .*\/archive$/, /^POST .*\/start$/, /^POST .*\/stop/].flatMap((call) =>
					(['before', 'after'] as const).map((when) => ({ call, when })),
				);
				const kind = { engine: id, version, memoryBytes: lifecycle.minMemoryBytes };
				await pointsAt(points, house, creating(kind, storageLoginWorks));
			},
			killSuiteLimitMs,
		);
	}
});
