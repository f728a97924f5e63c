import { afterAll, beforeAll, describe, it } from 'vitest';
import { killSuiteLimitMs, onePointIn, pointsAt, pointsOf } from './every-point';
import { KillableHouse } from './kill-points';
import { creating, loginWorks } from './kill-servers';

const share = onePointIn(2);

describe('the panel killed', () => {
	let house: KillableHouse;

	beforeAll(async () => {
		house = await KillableHouse.build();
	});
	afterAll(() => house?.demolish());

	it(
		`at ${share.title} of create: the service works, or nothing is left of it`,
		async () => {
			const steps = creating(house, { engine: 'postgres', version: '18' }, loginWorks);
			await pointsOf('create', house, share, steps);
		},
		killSuiteLimitMs,
	);

	it(
		'around create’s putting files into the volume, as an engine needs that takes no password otherwise',
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
