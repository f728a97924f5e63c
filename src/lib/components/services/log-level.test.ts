import { expect, test } from 'vitest';
import { levelOf, partsOf } from './log-level';

test('a level is the word a server writes in upper case', () => {
	expect(levelOf('2026-11-24 09:00:00 UTC [12] FATAL:  role "x" does not exist')).toBe('bad');
	expect(levelOf('WARNING:  no usable system locales')).toBe('warn');
	expect(levelOf('DETAIL:  parameters')).toBe('quiet');
	expect(levelOf('LOG:  an error occurred')).toBe('plain');
});

test('parts put together are the line again', () => {
	const line = 'LOG: ERROR: relation "error" ERROR';
	for (const search of ['', 'error', 'r', 'none']) {
		const parts = partsOf(line, levelOf(line), search);
		expect(parts.map((part) => part.text).join('')).toBe(line);
	}
});

test('every place where the searched text stands is marked', () => {
	expect(partsOf('aXbxc', 'plain', 'x')).toEqual([
		{ text: 'a', kind: 'text' },
		{ text: 'X', kind: 'match' },
		{ text: 'b', kind: 'text' },
		{ text: 'x', kind: 'match' },
		{ text: 'c', kind: 'text' },
	]);
});
