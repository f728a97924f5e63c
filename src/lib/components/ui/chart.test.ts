import { describe, expect, it } from 'vitest';
import {
	areaPath,
	extent,
	linearScale,
	linePath,
	nearestIndex,
	niceMax,
	niceWholeMax,
	unbrokenRuns,
	usualStep,
	type Sample,
} from './chart';

const samples = (...pairs: [at: number, value: number | null][]): Sample[] =>
	pairs.map(([at, value]) => ({ at, value }));

describe('charts', () => {
	it('breaks a line where a sample is null', () => {
		const runs = unbrokenRuns(samples([0, 1], [10, 2], [20, null], [30, 3]));
		expect(runs.map((run) => run.map(({ value }) => value))).toEqual([[1, 2], [3]]);
	});

	it('breaks a line where samples are missing for two and a half usual steps', () => {
		const runs = unbrokenRuns(samples([0, 1], [10, 2], [20, 3], [60, 4], [70, 5]));
		expect(runs.map((run) => run.map(({ value }) => value))).toEqual([
			[1, 2, 3],
			[4, 5],
		]);
	});

	it('does not break a line for a sample that came a little late', () => {
		expect(unbrokenRuns(samples([0, 1], [10, 2], [32, 3], [42, 4]))).toHaveLength(1);
	});

	it('draws nothing for no samples', () => {
		expect(unbrokenRuns([])).toEqual([]);
		expect(linePath([])).toBe('');
		expect(areaPath([], 10)).toBe('');
		expect(extent(samples([0, null]))).toBeUndefined();
		expect(usualStep(samples([0, 1]))).toBeUndefined();
	});

	it('draws one sample as a dot and many as a line', () => {
		expect(linePath([{ x: 5, y: 5 }])).toBe('M4.5 5h1');
		expect(
			linePath([
				{ x: 0, y: 1.26 },
				{ x: 10, y: 2 },
			]),
		).toBe('M0 1.3L10 2');
	});

	it('closes an area down to its floor', () => {
		expect(
			areaPath(
				[
					{ x: 0, y: 1 },
					{ x: 10, y: 2 },
				],
				20,
			),
		).toBe('M0 1L10 2V20H0Z');
	});

	it.each([
		[0, 10, 1],
		[0.34, 10, 0.5],
		[7, 10, 10],
		[21, 10, 25],
		[1000, 10, 1000],
		[1.2 * 1024 ** 3, 2, 1.5 * 1024 ** 3],
		[1.6 * 1024 ** 3, 2, 2 * 1024 ** 3],
	] as const)('ends the axis of %d to base %d at %d', (highest, base, top) => {
		expect(niceMax(highest, base)).toBeCloseTo(top);
	});

	it('puts a range without width in the middle', () => {
		expect(linearScale([3, 3], [0, 10])(3)).toBe(5);
		expect(linearScale([0, 10], [100, 0])(2.5)).toBe(75);
	});

	it('finds the nearest moment', () => {
		expect(nearestIndex([0, 10, 20], 14)).toBe(1);
		expect(nearestIndex([], 14)).toBe(-1);
	});

	it('tells the lowest, highest and newest value', () => {
		expect(extent(samples([0, 5], [1, 2], [2, null], [3, 4], [4, null]))).toEqual({
			low: 2,
			high: 5,
			last: 4,
		});
	});
});

describe('niceWholeMax', () => {
	it.each([
		[0, 4],
		[1, 4],
		[4, 4],
		[5, 6],
		[9, 10],
		[10, 10],
		[11, 20],
		[97, 100],
		[250, 400],
	])('ends an axis for %i at %i', (highest, top) => {
		expect(niceWholeMax(highest)).toBe(top);
	});
});
