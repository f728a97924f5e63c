import { describe, expect, it } from 'vitest';
import { crumbsOf, cutName, looksLikeText, visible } from './names';

it('shows what nothing is drawn for', () => {
	expect(visible('a\nb\t\u0000\u007f é😀')).toBe('a␊b␉␀␡ é😀');
});

describe('a name', () => {
	it('is whole when it is short', () =>
		expect(cutName('a/short.txt')).toEqual({ start: 'short.txt', end: '' }));

	it('keeps its end when it is long, and loses nothing', () => {
		const name = `${'x'.repeat(100)}😀-2026.tar.gz`;
		const { start, end } = cutName(`a/b/${name}`);
		expect(end).toBe('026.tar.gz');
		expect(start + end).toBe(name);
	});

	it('of a folder has its slash', () => expect(cutName('a/b/')).toEqual({ start: 'b/', end: '' }));
});

it('names each folder on the way', () => {
	expect(crumbsOf('')).toEqual([]);
	expect(crumbsOf('a/b c//')).toEqual([
		{ name: 'a', prefix: 'a/' },
		{ name: 'b c', prefix: 'a/b c/' },
		{ name: '/', prefix: 'a/b c//' },
	]);
	expect(crumbsOf('a/half')).toEqual([{ name: 'a', prefix: 'a/' }]);
});

it('knows texts by their name or their type', () => {
	for (const key of ['a.md', 'b/Dockerfile', 'c.TSX', 'x/.env']) expect(looksLikeText(key, null)).toBe(true);
	for (const key of ['a.zip', 'txt', 'readme.png']) expect(looksLikeText(key, null)).toBe(false);
	expect(looksLikeText('a', 'application/ld+json; charset=utf-8')).toBe(true);
	expect(looksLikeText('a', 'video/mp4')).toBe(false);
});
