import { inspect } from 'node:util';
import { expect } from 'vitest';
import { toApiError } from '../../trpc/client';
import { houseInvariants } from './house-check';
import type { KillableHouse } from './kill-points';

/** A suite of kill points takes minutes: each point is a crash and a new start. */
export const killSuiteLimitMs = 20 * 60_000;
const mostPoints = 60;

/** Each point takes seconds: every Nth of them in the usual run, all of them with `KILL_POINTS=all`. */
export const everyNth = (usual: number): number => (process.env.KILL_POINTS === 'all' ? 1 : usual);

type Point =
	{ kind: 'docker'; call: number | RegExp; when: 'before' | 'after' } | { kind: 'commit'; commit: number };
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

export type KillSteps = {
	flow: Flow;
	/** Does at once what the panel does in its own time, before the house is looked at. */
	tidy?: () => Promise<void>;
	/** Looks at the house after each point. */
	check: (ended: Ended) => Promise<void>;
	/** Brings it back to where the flow can run. */
	prepare: () => Promise<void>;
};

/** Runs the flow with the panel dying at the point and looks at what is left; answers whether it died. */
async function tryAt(house: KillableHouse, point: Point, steps: KillSteps): Promise<boolean> {
	const { died, ended } = await strikeAt(house, point, steps.flow);
	await steps.tidy?.();
	expect(await houseInvariants(house), inspect(point)).toEqual([]);
	await steps.check(ended);
	await steps.prepare();
	return died;
}

/**
 * Kills the panel (SIGKILL) at every mutating Docker call, before and after Docker did it, and at every commit of its database, until a
 * run sees no fault: every point of the flow in turn, or every `nth`, at other calls before than after. Prints and answers how many were
 * tried.
 */
export async function everyPoint(
	name: string,
	house: KillableHouse,
	{ nth = 1, ...steps }: KillSteps & { nth?: number },
): Promise<number> {
	let points = 0;
	for (const when of ['before', 'after'] as const) {
		const first = when === 'before' ? 1 : 1 + Math.floor(nth / 2);
		for (let call = first; await tryAt(house, { kind: 'docker', call, when }, steps); call += nth) {
			points += 1;
			expect(call).toBeLessThan(mostPoints);
		}
	}
	for (let commit = 1; await tryAt(house, { kind: 'commit', commit }, steps); commit += nth) {
		points += 1;
		expect(commit).toBeLessThan(mostPoints);
	}
	expect(points).toBeGreaterThan(3);
	console.info(`kill points tried, ${name}: ${points}`);
	return points;
}

/** As `everyPoint`, but only at these Docker calls, such as `PUT /containers/…/archive`. */
export async function pointsAt(
	points: { call: RegExp; when: 'before' | 'after' }[],
	house: KillableHouse,
	steps: KillSteps,
): Promise<void> {
	for (const point of points) expect(await tryAt(house, { kind: 'docker', ...point }, steps)).toBe(true);
}
