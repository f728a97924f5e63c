/** A moment and its value; null where no sample was taken. */
export type Sample = { at: number; value: number | null };

/** A line of a chart. */
export type Series = { id: string; label: string; samples: readonly Sample[] };

export type Point = { x: number; y: number };
export type Scale = (value: number) => number;

/** A straight scale from one range to another; a range without width lands in the middle. */
export function linearScale(
	[from, to]: readonly [number, number],
	[low, high]: readonly [number, number],
): Scale {
	if (from === to) return () => (low + high) / 2;
	return (value) => low + ((value - from) / (to - from)) * (high - low);
}

/** The usual distance between samples in milliseconds, or undefined for fewer than two. */
export function usualStep(samples: readonly Sample[]): number | undefined {
	const steps = samples.slice(1).map((sample, index) => sample.at - (samples[index]?.at ?? sample.at));
	return steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)];
}

/** Runs of samples without a gap. A gap is a null, or more than two and a half usual steps without a sample. */
export function unbrokenRuns(samples: readonly Sample[]): { at: number; value: number }[][] {
	const widest = (usualStep(samples) ?? Infinity) * 2.5;
	const runs: { at: number; value: number }[][] = [];
	let run: { at: number; value: number }[] = [];
	let before = -Infinity;
	for (const { at, value } of samples) {
		if (run.length > 0 && (value === null || at - before > widest)) {
			runs.push(run);
			run = [];
		}
		if (value !== null) {
			run.push({ at, value });
			before = at;
		}
	}
	if (run.length > 0) runs.push(run);
	return runs;
}

const round = (value: number) => Math.round(value * 10) / 10;

/** SVG path data through the points; a single point becomes a dot-sized dash so that it is seen. */
export function linePath(points: readonly Point[]): string {
	const [first, ...others] = points;
	if (!first) return '';
	if (others.length === 0) return `M${round(first.x - 0.5)} ${round(first.y)}h1`;
	return `M${round(first.x)} ${round(first.y)}${others.map(({ x, y }) => `L${round(x)} ${round(y)}`).join('')}`;
}

/** The same path closed down to `floor`, for the soft area under a line. */
export function areaPath(points: readonly Point[], floor: number): string {
	const first = points[0];
	const last = points.at(-1);
	if (!first || !last || points.length < 2) return '';
	return `${linePath(points)}V${round(floor)}H${round(first.x)}Z`;
}

/**
 * The top of an axis that ends on a round number just above `highest`.
 * @param base 10 for plain numbers, 2 for bytes
 */
export function niceMax(highest: number, base: 2 | 10 = 10): number {
	if (!(highest > 0)) return 1;
	const power = base ** Math.floor(Math.log(highest) / Math.log(base));
	const factors = base === 10 ? [1, 2, 2.5, 5, 10] : [1, 1.5, 2];
	return (factors.find((factor) => factor * power >= highest) ?? base) * power;
}

/** The same for what is counted: at least 4, and always even, so that the middle of the axis is a whole number too. */
export function niceWholeMax(highest: number): number {
	if (highest <= 4) return 4;
	const power = 10 ** Math.floor(Math.log10(highest));
	return ([1, 2, 4, 6, 8].find((factor) => factor * power >= highest) ?? 10) * power;
}

/** Lowest, highest and newest value of the samples, or undefined when there is none. */
export function extent(samples: readonly Sample[]): { low: number; high: number; last: number } | undefined {
	const values = samples.flatMap(({ value }) => (value === null ? [] : [value]));
	const last = values.at(-1);
	if (last === undefined) return undefined;
	return { low: Math.min(...values), high: Math.max(...values), last };
}

/** The index of the moment nearest to `at`; the moments are sorted. -1 when there are none. */
export function nearestIndex(moments: readonly number[], at: number): number {
	let best = -1;
	let distance = Infinity;
	moments.forEach((moment, index) => {
		const away = Math.abs(moment - at);
		if (away < distance) {
			best = index;
			distance = away;
		}
	});
	return best;
}
