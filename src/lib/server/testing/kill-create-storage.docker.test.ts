import { afterAll, beforeAll, describe, it } from 'vitest';
import { engines } from '../engines';
import { killSuiteLimitMs, pointsAt } from './every-point';
import { versionsHere } from './images-here';
import { KillableHouse } from './kill-points';
import { creating, storageLoginWorks } from './kill-servers';

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

/** Around its files, its start and the stop that makes it forget the bootstrap password. */
const points = [/^PUT .*\/archive$/, /^POST .*\/start$/, /^POST .*\/stop/].flatMap((call) =>
	(['before', 'after'] as const).map((when) => ({ call, when })),
);

// Each waits for its engine most of the time.
describe.concurrent.each(storageServers)('the panel killed while it makes a $label server', (engine) => {
	let house: KillableHouse;

	beforeAll(async () => {
		if (engine.isHere) house = await KillableHouse.build();
	});
	afterAll(() => house?.demolish());

	it.runIf(engine.isHere)(
		'leaves one that works and whose bootstrap password is over, or nothing',
		async () => {
			const { id, version, lifecycle } = engine;
			const kind = { engine: id, version, memoryBytes: lifecycle.minMemoryBytes };
			await pointsAt(points, house, creating(house, kind, storageLoginWorks));
		},
		killSuiteLimitMs,
	);
});
