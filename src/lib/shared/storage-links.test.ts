import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	linkPath,
	nameOfKey,
	objectPath,
	PART_BYTES,
	partBytesOf,
	readLinkPath,
	readSitePath,
	shownImageType,
} from './storage-links';

const place = { serviceId: 'svc_a', bucket: 'shop' };
const origin = 'https://panel.example.org';

/** What a server sees of a link that went through a browser's address bar. */
function arrived(path: string) {
	const url = new URL(path, origin);
	return readLinkPath(url.pathname, url.searchParams);
}

describe('a link to an object', () => {
	it.each([
		'a.txt',
		'a/b/c.txt',
		'folder/',
		'../../etc/passwd',
		'..',
		'.',
		'a/./b',
		'a/../b',
		'a//b',
		'/a',
		'//',
		'a\nb\r\tc',
		'a\\b',
		`'"<>?#&=%2e%2e/+ %`,
		'é/日本語/😀',
		'x'.repeat(1_000),
	])('names the same object after its way through a browser: %j', (key) => {
		const signature: [string, string][] = [['X-Amz-Credential', 'a/b c+d']];
		expect(arrived(linkPath({ ...place, key }, signature))).toEqual({ ...place, key, signature });
		expect(arrived(linkPath({ ...place, key }))).toEqual({ ...place, key, signature: [] });
	});

	it('does so for whatever key', () => {
		const anyKey = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 });
		fc.assert(
			fc.property(anyKey, (key) => {
				expect(arrived(linkPath({ ...place, key }))).toEqual({ ...place, key, signature: [] });
			}),
		);
	});

	it.each(['/s3/', '/s3/svc_a', '/s3/svc_a/shop', '/s3/svc_a/shop/', '/s3/svc_a/shop/%ff', '/other/a/b/c'])(
		'is none: %s',
		(path) => expect(readLinkPath(path, new URLSearchParams())).toBeNull(),
	);

	it('is a start page where nothing, or a slash alone, follows the bucket', () => {
		for (const path of ['/s3/svc_a/shop/', '/s3/svc_a/shop'])
			expect(readSitePath(path)).toEqual({ ...place, key: '', signature: [] });
		for (const path of ['/s3/svc_a', '/s3/svc_a//', '/s3/svc_a/shop/a', '/s3/svc_a/shop/a/'])
			expect(readSitePath(path)).toBeNull();
	});

	it('keeps a parameter of the name that stands for odd keys where the path has the key', () => {
		const read = readLinkPath('/s3/svc_a/shop/a', new URLSearchParams('key=b'));
		expect(read).toEqual({ ...place, key: 'a', signature: [['key', 'b']] });
	});
});

it('names an object for the pages, whatever its key', () => {
	const path = objectPath({ ...place, key: '../a b?&#' }, { uploadId: 'x/y+z', partNumber: 3 });
	const url = new URL(path, origin);
	expect(url.pathname).toBe('/objects/svc_a/shop');
	expect(Object.fromEntries(url.searchParams)).toEqual({
		key: '../a b?&#',
		uploadId: 'x/y+z',
		partNumber: '3',
	});
});

it('cuts a file into no more parts than an upload may have', () => {
	expect(partBytesOf(1)).toBe(PART_BYTES);
	expect(partBytesOf(5 * 1024 ** 3)).toBe(PART_BYTES);
	const large = 5 * 1024 ** 4;
	expect(Math.ceil(large / partBytesOf(large))).toBeLessThanOrEqual(10_000);
	expect(partBytesOf(large) % (1024 * 1024)).toBe(0);
});

it('shows images alone, and none that can hold scripts', () => {
	expect(shownImageType('a/b.PNG')).toBe('image/png');
	expect(shownImageType('a.jpeg')).toBe('image/jpeg');
	for (const key of ['a.svg', 'a.svgz', 'a.html', 'a.png.html', 'png', 'a.constructor', 'a.png/'])
		expect(shownImageType(key)).toBeNull();
});

it('calls objects and folders by what stands after the last slash', () => {
	expect(['a', 'b/a', 'b/a/', 'a\nb', '/', '//'].map(nameOfKey)).toEqual(['a', 'a', 'a/', 'a\nb', '/', '/']);
});
