import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GIB, MIB } from '$lib/shared/units';
import { countOf, sizeOf, sizeUnits, splitSize } from './size';

describe('a size as it is typed', () => {
	it.each([
		['5', 'gb', 5 * GIB],
		['1,5', 'gb', 1.5 * GIB],
		['0.5', 'mb', MIB / 2],
		['', 'gb', null],
		['x', 'gb', undefined],
		['-1', 'gb', undefined],
		['0', 'gb', undefined],
		['1e3', 'gb', undefined],
		['99999999999', 'tb', undefined],
	] as const)('reads %j %s as %s', (amount, unit, bytes) => expect(sizeOf(amount, unit)).toBe(bytes));

	it('is read as the size that it was written from', () => {
		const whole = fc.tuple(fc.integer({ min: 1, max: 5_000 }), fc.constantFrom(...sizeUnits));
		fc.assert(
			fc.property(whole, ([count, { bytes }]) => {
				const { amount, unit } = splitSize(count * bytes);
				expect(sizeOf(amount, unit)).toBe(count * bytes);
			}),
		);
		const { amount, unit } = splitSize(12_345_678);
		expect(sizeOf(amount, unit)).toBe(12_345_678);
	});

	it('reads counts', () => {
		expect([countOf('10'), countOf(' '), countOf('1.5'), countOf('0'), countOf('a')]).toEqual([
			...[10, null, undefined, undefined, undefined],
		]);
	});
});
