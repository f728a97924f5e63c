import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyPoint, killSuiteLimitMs } from './every-point';
import { removeInstance } from './house-check';
import { KillableHouse } from './kill-points';
import { discard, loginWorks, newServer } from './kill-servers';

describe('the panel killed at every point', () => {
	let house: KillableHouse;

	beforeAll(async () => {
		house = await KillableHouse.build();
	});
	afterAll(async () => {
		await house?.demolish();
		if (house) await removeInstance(house.instanceId);
	});

	it(
		'of create: the service works, or nothing is left of it',
		async () => {
			let name = '';
			await everyPoint('create', house, {
				flow: (panel) => {
					const input = newServer(panel);
					name = input.name;
					return panel.client.services.create.mutate(input);
				},
				check: async (ended) => {
					const listed = await house.client.services.list.query({ projectId: house.project.projectId });
					const made = listed.find((service) => service.name === name);
					if (ended?.serviceName !== name || ended.status !== 'succeeded')
						return expect(made).toBeUndefined();
					await loginWorks(house, ended.serviceId);
				},
				prepare: async () => {
					const listed = await house.client.services.list.query({ projectId: house.project.projectId });
					for (const service of listed) await discard(house, service.id, service.name);
				},
			});
		},
		killSuiteLimitMs,
	);
});
