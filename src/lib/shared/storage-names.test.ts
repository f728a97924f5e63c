import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteLength } from './database-names';
import { bucketNameProblem, isKeyDescription, isKeyId, isKeySecret, objectKeyProblem } from './storage-names';

const reasonOf = (name: string, isDomain = false) =>
	bucketNameProblem(name, { isDomain })?.details['reason'] ??
	bucketNameProblem(name, { isDomain })?.code ??
	null;

describe('bucketNameProblem', () => {
	it.each([
		['', 'empty'],
		['ab', 'short'],
		['Uploads', 'characters'],
		['a_b', 'characters'],
		['a b', 'characters'],
		['../x', 'characters'],
		['été', 'characters'],
		['a\nb', 'characters'],
		['abc\n', 'characters'],
		['-abc', 'ends'],
		['abc-', 'ends'],
		['.abc', 'ends'],
		['192.168.0.1', 'address'],
		['a..b', 'labels'],
		['a.-b', 'labels'],
		['a-.b', 'labels'],
		['xn--abc', 'affix'],
		['a.xn--b', 'affix'],
		['sthree-x', 'affix'],
		['x-s3alias', 'affix'],
		['x--ol-s3', 'affix'],
		['cdn.example.com', 'dots'],
		['a'.repeat(64), 'NAME_TOO_LONG'],
	])('refuses %j: %s', (name, reason) => expect(reasonOf(name)).toBe(reason));

	it.each(['abc', 'a-b', '0ab', 'a--b', 'a'.repeat(63), '123'])('takes %j', (name) =>
		expect(reasonOf(name)).toBeNull(),
	);

	it('takes dots for a domain, but nothing else with them', () => {
		expect(reasonOf('cdn.example.com', true)).toBeNull();
		expect(reasonOf('a..b', true)).toBe('labels');
		expect(reasonOf('10.0.0.1', true)).toBe('address');
	});

	it('takes nothing that is not one plain label of a host name', () => {
		fc.assert(
			fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'ab0-.xn') })), (name) => {
				if (bucketNameProblem(name) === null) expect(name).toMatch(/^[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]$/);
			}),
		);
	});
});

describe('objectKeyProblem', () => {
	const strict = { maxKeyBytes: 1_024, maxKeySegmentBytes: 255, takesAnyKey: false, maxKeyLineBreaks: 2 };
	const free = { maxKeyBytes: 1_024, maxKeySegmentBytes: null, takesAnyKey: true, maxKeyLineBreaks: null };

	it.each([
		['', 'empty'],
		['a\ud800', 'surrogate'],
		['é'.repeat(513), 'long'],
		[`a/${'b'.repeat(256)}`, 'segmentLong'],
		['a//b', 'segments'],
		['/a', 'segments'],
		['a/../b', 'segments'],
		['./a', 'segments'],
		['/', 'segments'],
		['a\0b', 'zero'],
		['a\nb\nc\nd', 'lineBreaks'],
	])('refuses %j where that matters: %s', (key, reason) =>
		expect(objectKeyProblem(key, strict)).toBe(reason),
	);

	it.each(['a', 'a/', 'a/b', 'a b', 'a\nb', 'a\r\nb\n', '..a', 'a..', '😀/ü'])('takes %j', (key) =>
		expect(objectKeyProblem(key, strict)).toBeNull(),
	);

	it('takes whatever has a UTF-8 and fits, where every key is taken', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary', minLength: 1 }), (key) => {
				expect(objectKeyProblem(key, free)).toBe(byteLength(key) > 1_024 ? 'long' : null);
			}),
		);
	});
});

describe('keys', () => {
	it('takes ids and secrets inside the range of every engine', () => {
		expect(isKeyId('AKIAIOSFODNN7EXAMPLE')).toBe(true);
		expect(isKeySecret('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY')).toBe(true);
		for (const id of ['', 'short', 'a'.repeat(21), 'with-hyphen1', 'AKIAIOSFODNN7EXAMPL\n'])
			expect(isKeyId(id)).toBe(false);
		for (const secret of ['', 'minioadmin', 'a'.repeat(41), 'with a blank in it', 'é'.repeat(20)])
			expect(isKeySecret(secret)).toBe(false);
	});

	it('takes descriptions of any printable text', () => {
		for (const text of ['', `o'clock "x" <b> \\ {} $(id)`, '😀 日本語'])
			expect(isKeyDescription(text)).toBe(true);
		for (const text of [' ', 'a ', 'a\nb', 'a\0', '\ud800', 'a'.repeat(201)])
			expect(isKeyDescription(text)).toBe(false);
	});
});
