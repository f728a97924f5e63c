import { expect, test } from 'vitest';
import { sliceOf, topsOf, wrappedLines } from './virtual-list';

test('only the rows in view are drawn, and the rest is room', () => {
	const tops = topsOf(Array.from({ length: 1000 }, () => 20));
	const slice = sliceOf(tops, 2000, 100, 2);
	expect(slice).toEqual({ start: 98, end: 108, before: 1960, after: 17_840 });
	expect(slice.before + (slice.end - slice.start) * 20 + slice.after).toBe(20_000);
});

test('rows of unequal height add up', () => {
	const tops = topsOf([20, 60, 20, 40]);
	expect(tops).toEqual([0, 20, 80, 100, 140]);
	expect(sliceOf(tops, 30, 10, 0)).toEqual({ start: 1, end: 2, before: 20, after: 60 });
});

test('an empty list and a scroll past its end are harmless', () => {
	expect(sliceOf(topsOf([]), 0, 100)).toEqual({ start: 0, end: 0, before: 0, after: 0 });
	expect(sliceOf(topsOf([20]), 500, 100)).toEqual({ start: 0, end: 1, before: 0, after: 0 });
});

test('an empty line takes one row', () => {
	expect(wrappedLines('', 80)).toBe(1);
	expect(wrappedLines('x'.repeat(81), 80)).toBe(2);
});
