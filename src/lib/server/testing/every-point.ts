import { inspect } from 'node:util';
import { expect } from 'vitest';
import { toApiError } from '../../trpc/client';
import { houseInvariants } from './house-check';
import type { KillableHouse } from './kill-points';

const areAllMeant = process.env.KILL_POINTS === 'all';

/** A suite of kill points takes minutes: each point is a crash and a new start. */
export const killSuiteLimitMs = (areAllMeant ? 120 : 20) * 60_000;
const mostPoints = 60;
const dayMs = 86_400_000;

/** Every `nth` point of a flow after its first `offset`; `title` says so. */
export type Share = { nth: number; offset: number; title: string };

export const everyPoint: Share = { nth: 1, offset: 0, title: 'every point' };

/**
 * What the usual run tries: one point in `nth`, which moves on by the day, so that `nth` days try them all. `KILL_OFFSET` repeats the run
 * that has it in its titles; `KILL_POINTS=all` tries all at once. Throws when `KILL_OFFSET` is no whole number from 0 on.
 */
export function onePointIn(nth: number): Share {
	if (areAllMeant) return everyPoint;
	const asked = Number(process.env.KILL_OFFSET ?? Math.floor(Date.now() / dayMs));
	if (!Number.isSafeInteger(asked) || asked < 0) throw new Error('KILL_OFFSET is no whole number from 0 on');
	const offset = asked % nth;
	return { nth, offset, title: `one point in ${nth} (KILL_OFFSET=${offset})` };
}

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
): Promise<{ died: boolean; calls: number; ended: Ended }> {
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
	const calls = house.proxy.calls().length;
	house.proxy.arm(null);
	await callOff();
	if (died) await house.restart();
	return { died, calls, ended: await house.settle(serviceId) };
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

/** Runs the flow with the panel dying at the point and looks at what is left; answers whether it died, and Docker's calls until then. */
async function tryAt(house: KillableHouse, point: Point, steps: KillSteps) {
	const { died, calls, ended } = await strikeAt(house, point, steps.flow);
	await steps.tidy?.();
	expect(await houseInvariants(house), inspect(point)).toEqual([]);
	await steps.check(ended);
	await steps.prepare();
	return { died, calls };
}

/**
 * Kills the panel (SIGKILL) at a share of a flow's points until a run sees no fault. The points are each mutating Docker call before Docker
 * did it, then each after it, then each commit of the panel's database, counted on from one to the next. Prints and answers how many were
 * tried.
 */
export async function pointsOf(
	name: string,
	house: KillableHouse,
	{ nth, offset }: Share,
	steps: KillSteps,
): Promise<number> {
	let points = 0;
	let next = 1 + offset;
	for (const when of ['before', 'after'] as const) {
		let tried = await tryAt(house, { kind: 'docker', call: next, when }, steps);
		for (; tried.died; tried = await tryAt(house, { kind: 'docker', call: next, when }, steps)) {
			points += 1;
			expect(next).toBeLessThan(mostPoints);
			next += nth;
		}
		// The run without a fault tells how many calls there are.
		next -= tried.calls;
	}
	for (; (await tryAt(house, { kind: 'commit', commit: next }, steps)).died; next += nth) {
		points += 1;
		expect(next).toBeLessThan(mostPoints);
	}
	expect(points).toBeGreaterThan(2);
	console.info(`kill points tried, ${name}: ${points}`);
	return points;
}

/** As `pointsOf`, but only at these Docker calls, such as `PUT /containers/…/archive`. */
export async function pointsAt(
	points: { call: RegExp; when: 'before' | 'after' }[],
	house: KillableHouse,
	steps: KillSteps,
): Promise<void> {
	for (const point of points)
		expect((await tryAt(house, { kind: 'docker', ...point }, steps)).died).toBe(true);
}
