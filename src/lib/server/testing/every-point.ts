import { expect } from 'vitest';
import { toApiError } from '../../trpc/client';
import { houseInvariants } from './house-check';
import type { KillableHouse } from './kill-points';

/** A suite of kill points takes minutes: each point is a crash and a new start. */
export const killSuiteLimitMs = 20 * 60_000;
const mostPoints = 60;

type Point = { kind: 'docker'; call: number; when: 'before' | 'after' } | { kind: 'commit'; commit: number };
/** Asks for the work and answers what it is about. */
export type Flow = (house: KillableHouse) => Promise<{ serviceId: string }>;
export type Ended = Awaited<ReturnType<KillableHouse['settle']>>;

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

/**
 * Kills the panel (SIGKILL) at every mutating Docker call, before and after Docker did it, and at every commit of its database, until a
 * run sees no fault. Every point of the flow in turn; `check` looks at the house after each, `prepare` brings it back to where the flow
 * can run. Prints and answers how many points were tried.
 */
export async function everyPoint(
	name: string,
	house: KillableHouse,
	steps: { flow: Flow; check: (ended: Ended) => Promise<void>; prepare: () => Promise<void> },
): Promise<number> {
	let points = 0;
	const tryAt = async (point: Point): Promise<boolean> => {
		const { died, ended } = await strikeAt(house, point, steps.flow);
		expect(await houseInvariants(house), JSON.stringify(point)).toEqual([]);
		await steps.check(ended);
		await steps.prepare();
		if (died) points += 1;
		return died;
	};
	for (const when of ['before', 'after'] as const) {
		for (let call = 1; await tryAt({ kind: 'docker', call, when }); call += 1)
			expect(call).toBeLessThan(mostPoints);
	}
	for (let commit = 1; await tryAt({ kind: 'commit', commit }); commit += 1)
		expect(commit).toBeLessThan(mostPoints);
	expect(points).toBeGreaterThan(3);
	console.info(`kill points tried, ${name}: ${points}`);
	return points;
}
