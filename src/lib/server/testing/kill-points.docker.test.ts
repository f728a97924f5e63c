import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MIB } from '$lib/shared/units';
import { toApiError } from '../../trpc/client';
import { KillableHouse } from './kill-points';
import { houseInvariants, removeInstance } from './house-check';

/**
 * The panel is killed (SIGKILL) at every mutating Docker call, before and after Docker did it, and at every commit of its database,
 * until a run sees no fault. After one restart nothing may be left over and nothing lost.
 */
const suiteLimitMs = 15 * 60_000;
const mostPoints = 60;

type Point = { kind: 'docker'; call: number; when: 'before' | 'after' } | { kind: 'commit'; commit: number };
type Flow = (house: KillableHouse) => Promise<{ serviceId: string }>;
type Ended = Awaited<ReturnType<KillableHouse['settle']>>;

const tried = new Map<string, number>();

afterAll(() => {
	for (const [flow, points] of tried) console.info(`kill points tried, ${flow}: ${points}`);
});

/** Runs the flow with the panel dying at the point; answers whether it died. The panel runs again afterwards. */
async function strikeAt(
	house: KillableHouse,
	point: Point,
	flow: Flow,
): Promise<{ died: boolean; ended: Ended }> {
	let callOff = async () => {};
	if (point.kind === 'docker') house.proxy.arm({ ...point, strike: house.strike });
	else callOff = await house.killAtCommit(point.commit);
	let serviceId: string | undefined;
	try {
		({ serviceId } = await flow(house));
	} catch (error) {
		// The answer is lost with the panel; anything else is a real failure.
		if (!(await house.isEnding())) throw new Error(JSON.stringify(toApiError(error)), { cause: error });
	}
	if (!house.hasEnded()) await house.settle(serviceId);
	const died = house.hasEnded();
	house.proxy.arm(null);
	await callOff();
	if (!died) return { died, ended: await house.settle(serviceId) };
	await house.restart();
	return { died, ended: await house.settle(serviceId) };
}

/** Every point of the flow in turn; `check` looks at the house after each, `prepare` brings it back to where the flow can run. */
async function everyPoint(
	name: string,
	house: KillableHouse,
	steps: { flow: Flow; check: (ended: Ended) => Promise<void>; prepare: () => Promise<void> },
): Promise<void> {
	let points = 0;
	const tryAt = async (point: Point): Promise<boolean> => {
		const { died, ended } = await strikeAt(house, point, steps.flow);
		expect(await houseInvariants(house), JSON.stringify(point)).toEqual([]);
		await steps.check(ended);
		await steps.prepare();
		if (died) points += 1;
		tried.set(name, points);
		return died;
	};
	for (const when of ['before', 'after'] as const) {
		for (let call = 1; await tryAt({ kind: 'docker', call, when }); call += 1)
			expect(call).toBeLessThan(mostPoints);
	}
	for (let commit = 1; await tryAt({ kind: 'commit', commit }); commit += 1)
		expect(commit).toBeLessThan(mostPoints);
	expect(points).toBeGreaterThan(3);
}

async function loginWorks(house: KillableHouse, serviceId: string): Promise<void> {
	const { items } = await house.client.databases.list.query({ serviceId });
	expect(items.map(({ name }) => name)).toContain('postgres');
}

const newServer = (house: KillableHouse) => ({
	...{ projectId: house.project.projectId, engine: 'postgres', version: '18' },
	...{ name: `s-${randomBytes(4).toString('hex')}a`, memoryBytes: 256 * MIB },
});

async function discard(house: KillableHouse, serviceId: string, name: string): Promise<void> {
	await house.client.services.remove.mutate({ serviceId, confirmName: name });
	await house.settle(serviceId);
	await house.client.services.purge.mutate({ serviceId, confirmName: name });
	await house.settle(serviceId);
}

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
		suiteLimitMs,
	);

	it(
		'of rotate and delete: the data and exactly one password survive',
		async () => {
			const input = newServer(house);
			const { serviceId } = await house.client.services.create.mutate(input);
			expect((await house.settle(serviceId))?.status).toBe('succeeded');
			await house.client.databases.create.mutate({ serviceId, name: 'precious' });

			const isThere = async () => {
				const { items } = await house.client.databases.list.query({ serviceId });
				expect(items.map((database) => database.name)).toContain('precious');
			};
			await everyPoint('rotate', house, {
				flow: (panel) => panel.client.services.rotateRoot.mutate({ serviceId }),
				check: isThere,
				prepare: async () => {},
			});
			await everyPoint('delete', house, {
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
		suiteLimitMs,
	);
});
