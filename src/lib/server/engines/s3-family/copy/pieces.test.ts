import { describe, expect, it } from 'vitest';
import { compareObjects, partSize, rangesOf, readEtag } from './pieces';

const MIB = 1024 * 1024;
const md5 = (digit: string) => `"${digit.repeat(32)}"`;
const parts = (digit: string, count: number) => `"${digit.repeat(32)}-${count}"`;
const object = (etag: string, sizeBytes = 10) => ({ etag, sizeBytes });

describe('readEtag', () => {
	it('tells an MD5 from a checksum of parts, and from neither', () => {
		expect(readEtag(md5('A'))).toEqual({ md5: 'a'.repeat(32), parts: null });
		expect(readEtag(parts('a', 12))).toEqual({ md5: null, parts: 12 });
		expect(readEtag('"opaque"')).toEqual({ md5: null, parts: null });
		expect(readEtag('')).toEqual({ md5: null, parts: null });
	});
});

describe('compareObjects', () => {
	it.each([
		['missing', object(md5('a')), null],
		['same', object(md5('a')), object(md5('A'))],
		['same', object(parts('a', 2)), object(parts('a', 2))],
		['different', object(md5('a')), object(md5('b'))],
		['different', object(md5('a')), object(md5('a'), 11)],
		['different', object(parts('a', 2)), object(parts('a', 2), 11)],
		['unknown', object(md5('a')), object(parts('a', 2))],
		['unknown', object(parts('a', 2)), object(parts('b', 2))],
		['unknown', object(''), object('')],
	])('%s', (comparison, source, target) => expect(compareObjects(source, target)).toBe(comparison));
});

describe('rangesOf', () => {
	const sizes = (sizeBytes: number, count: number | null) =>
		rangesOf(sizeBytes, partSize(sizeBytes, count)).map(({ first, last }) => last - first + 1);

	it('guesses the size of parts from their number', () => {
		expect(sizes(40 * MIB, 5)).toEqual(Array.from({ length: 5 }, () => 8 * MIB));
		expect(sizes(17 * MIB, 3)).toEqual([6 * MIB, 6 * MIB, 5 * MIB]);
	});

	it('takes parts of its own where those cannot be', () => {
		expect(sizes(3 * MIB, 3)).toEqual([3 * MIB]);
		expect(sizes(100 * MIB, null)).toEqual([64 * MIB, 36 * MIB]);
		expect(rangesOf(5_000_000 * MIB, partSize(5_000_000 * MIB, null)).length).toBeLessThanOrEqual(10_000);
	});

	it('covers each byte once', () => {
		const ranges = rangesOf(100 * MIB + 7, partSize(100 * MIB + 7, 9));
		expect(ranges[0]?.first).toBe(0);
		expect(ranges.at(-1)?.last).toBe(100 * MIB + 6);
		for (const [index, { first }] of ranges.slice(1).entries())
			expect(first).toBe((ranges[index]?.last ?? 0) + 1);
	});
});
