import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { everyPoint, killSuiteLimitMs, onePointIn, pointsOf } from './every-point';
import { KillableHouse } from './kill-points';
import { discard, newServer } from './kill-servers';

const ofDelete = onePointIn(2);

describe('the panel killed', () => {
	let house: KillableHouse;

	beforeAll(async () => {
		house = await KillableHouse.build();
	});
	afterAll(() => house?.demolish());

	it(
		`at ${everyPoint.title} of rotate and ${ofDelete.title} of delete: the data and exactly one password survive`,
		async () => {
			const input = newServer(house);
			const { serviceId } = await house.client.services.create.mutate(input);
			expect((await house.settle(serviceId))?.status).toBe('succeeded');
			await house.client.databases.create.mutate({ serviceId, name: 'precious' });

			const isThere = async () => {
				const { items } = await house.client.databases.list.query({ serviceId });
				expect(items.map((database) => database.name)).toContain('precious');
			};
			await pointsOf('rotate', house, everyPoint, {
				flow: (panel) => panel.client.services.rotateRoot.mutate({ serviceId }),
				check: isThere,
				prepare: async () => {},
			});
			await pointsOf('delete', house, ofDelete, {
				flow: (panel) => panel.client.services.remove.mutate({ serviceId, confirmName: input.name }),
				check: async () => {},
				prepare: async () => {
					const { status } = await house.client.services.get.query({ serviceId });
					if (status === 'trashed') {
						await house.client.services.restoreFromTrash.mutate({ serviceId });
						expect((await house.settle(serviceId))?.status).toBe('succeeded');
					}
					await isThere();
				},
			});
			await discard(house, serviceId, input.name);
		},
		killSuiteLimitMs,
	);
});
