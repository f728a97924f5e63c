import { afterAll, beforeAll, describe, it } from 'vitest';
import { everyNth, everyPoint, killSuiteLimitMs, pointsAt } from './every-point';
import { KillableHouse } from './kill-points';
import { creating, loginWorks } from './kill-servers';

describe('the panel killed at every point', () => {
	let house: KillableHouse;

	beforeAll(async () => {
		house = await KillableHouse.build();
	});
	afterAll(() => house?.demolish());

	it(
		'of create: the service works, or nothing is left of it',
		async () => {
			const steps = creating(house, { engine: 'postgres', version: '18' }, loginWorks);
			await everyPoint('create', house, { ...steps, nth: everyNth(2) });
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
			await pointsAt(points, house, creating(house, { engine: 'redis', version: '8' }, works));
		},
		killSuiteLimitMs,
	);
});
