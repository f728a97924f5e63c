import { performance } from 'node:perf_hooks';

/** The value below which `share` (0 to 1) of the samples lie. */
export function quantile(samples: number[], share: number): number {
	const sorted = [...samples].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

const median = (samples: number[]): number => quantile(samples, 0.5);

/** Milliseconds that one run takes. */
export async function timeMs(run: () => Promise<unknown>): Promise<number> {
	const start = performance.now();
	await run();
	return performance.now() - start;
}

/** Both ways by turns, so that whatever else the machine does meets both: medians in ms. */
export async function sideBySide(
	rounds: number,
	ours: (round: number) => Promise<unknown>,
	theirs: (round: number) => Promise<unknown>,
): Promise<{ oursMs: number; theirsMs: number }> {
	const samples = { ours: [] as number[], theirs: [] as number[] };
	for (let round = 0; round < rounds; round += 1) {
		samples.ours.push(await timeMs(() => ours(round)));
		samples.theirs.push(await timeMs(() => theirs(round)));
	}
	return { oursMs: median(samples.ours), theirsMs: median(samples.theirs) };
}

export type Row = { what: string; ours: string; raw: string; ratio: string; goal: string };

/** Prints the rows as a table of aligned columns. */
export function printTable(rows: Row[]): void {
	const header: Row = { what: 'measured', ours: 'sh0', raw: 'raw tool', ratio: 'ratio', goal: 'goal' };
	const keys = ['what', 'ours', 'raw', 'ratio', 'goal'] as const;
	const widths = keys.map((key) => Math.max(...[header, ...rows].map((row) => row[key].length)));
	for (const row of [header, ...rows]) {
		console.log(keys.map((key, column) => row[key].padEnd(widths[column] ?? 0)).join('  '));
	}
}

export const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
