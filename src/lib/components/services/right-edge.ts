/** Newest samples may be this many intervals old before their age shows: an answer takes its way, and clocks differ a little. */
const tolerated = 4;

/**
 * Where a chart of the last hour ends, in milliseconds since 1970: at its newest sample, or now when that one is old, so that a server
 * that fell silent does not look alive.
 */
export function rightEdge(newestMs: number | undefined, intervalMs: number, nowMs: number): number {
	if (newestMs === undefined) return nowMs;
	return nowMs - newestMs > tolerated * intervalMs ? nowMs : newestMs;
}
