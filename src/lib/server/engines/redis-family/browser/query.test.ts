import { describe, expect, it } from 'vitest';
import { MIB } from '$lib/shared/units';
import { commandOf, resultOf } from './query';

describe('a typed command', () => {
	it('is one line of words, the first of which is its name', () => {
		expect(commandOf('  GeT "a b" ')).toEqual(['get', Buffer.from('a b')]);
		expect(commandOf('get a\r\n')).toEqual(['get', Buffer.from('a')]);
		expect(commandOf('json.get a')).toEqual(['json.get', Buffer.from('a')]);
	});

	it.each([
		...['', ' ', 'get a\nget b', 'get a\r\nget b', '"', '1', '*1', '-x', '$', 'get\u2028', 'gét a', '"" a'],
		...['auth a b', 'AUTH a b', '"auth" a', String.raw`"\x61uth" a`, 'hello', 'reset', 'quit', 'select 1'],
		...['client list', 'monitor', 'sync', 'psync', 'wait 1 0', 'WAITAOF 0 0 0'],
		...['ft.search i *', '_FT.CONFIG', 'ts.mget', 'ts.queryindex'],
	])('%j is refused', (text) => {
		expect(() => commandOf(text)).toThrow(expect.objectContaining({ code: 'QUERY_NOT_ALLOWED' }));
	});
});

describe('a refused command', () => {
	it.each([
		['get a\nget b', { reason: 'notOneCommand' }],
		['*1', { reason: 'notOneCommand' }],
		['get "a', { reason: 'quoteOpen' }],
		['get a"b', { reason: 'quoteInWord' }],
		['client list', { reason: 'wordRefused', word: 'CLIENT' }],
	])('%j says why', (text, details) => {
		expect(() => commandOf(text)).toThrow(expect.objectContaining({ code: 'QUERY_NOT_ALLOWED', details }));
	});
});

describe('a reply', () => {
	const rowsOf = (reply: Parameters<typeof resultOf>[0]) => resultOf(reply, 2).rows;

	it('is one row unless it is a list', () => {
		expect(rowsOf(Buffer.from('a'))).toEqual([['a']]);
		expect(rowsOf('OK')).toEqual([['OK']]);
		expect(rowsOf(5)).toEqual([['5']]);
		expect(rowsOf(null)).toEqual([[null]]);
	});

	it('is cut after the rows that were asked for', () => {
		expect(resultOf([1, null, 3], 2)).toMatchObject({
			rows: [
				['1', '1'],
				['2', null],
			],
			isCut: true,
		});
		expect(resultOf([1, 2], 2)).toMatchObject({ isCut: false });
		expect(resultOf([], 2)).toMatchObject({ rows: [], isCut: false });
	});

	it('of many bytes in lists is shown as far as a cell goes, and takes no time', () => {
		const large = Buffer.alloc(8 * MIB, 0xff);
		const startedMs = performance.now();
		const [row] = rowsOf([[Buffer.from('a'), [large, large]]]);
		expect(row?.[1]).toHaveLength(1_000);
		expect(row?.[1]).toMatch(/^\["a", \["(\\xff)+.*…$/);
		expect(rowsOf([Array.from({ length: 1_000_000 }, () => 1)])[0]?.[1]).toMatch(/^\[1, 1, .*…$/);
		expect(performance.now() - startedMs).toBeLessThan(500);
	});

	it('shows lists in lists on one line', () => {
		expect(rowsOf([[Buffer.from('a"'), [1, null]]])).toEqual([['1', String.raw`["a\"", [1, (nil)]]`]]);
	});
});
