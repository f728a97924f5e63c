import { describe, expect, it } from 'vitest';
import { isReading, leadingWord } from './statement';

describe('the word a statement begins with', () => {
	it.each([
		['SELECT 1', 'select'],
		['  \n\t select 1', 'select'],
		[';; ; (((SELECT 1)))', 'select'],
		['-- DROP\nSHOW all', 'show'],
		['-- one\r\n-- two\n/* three */ VALUES (1)', 'values'],
		['/* a /* nested */ SELECT */ COPY t TO STDOUT', 'copy'],
		['/**/DO $$ BEGIN END $$', 'do'],
		['/*-- */ -- /*\n DELETE FROM t', 'delete'],
		['table orders', 'table'],
		['with(x)', 'with'],
	])('of %j is %j', (text, word) => {
		expect(leadingWord(text)).toBe(word);
	});

	it.each([
		'',
		' ',
		';',
		'-- only',
		'/* never ends',
		'/* a /* b */',
		'"select" 1',
		'1',
		'\uFEFFselect 1',
		"'x'",
	])('of %j is none', (text) => {
		expect(leadingWord(text)).toBeNull();
	});

	it.each(['selective', 'select_all', 'select1', 'select$x', 'explain_'])('is the whole of %j', (text) => {
		expect(isReading(text)).toBe(false);
	});
});

describe('statements that may run where nothing is to be changed', () => {
	it.each([
		'SELECT 1',
		'WITH x AS (SELECT 1) TABLE x',
		'TABLE t',
		'VALUES (1)',
		'SHOW all',
		'EXPLAIN SELECT 1',
	])('include %s', (text) => expect(isReading(text)).toBe(true));

	it.each([
		...[
			'INSERT INTO t',
			'DO $$$$',
			'COPY t',
			'CALL f()',
			'SET ROLE x',
			'RESET ROLE',
			'BEGIN',
			'COMMIT',
			'LOCK t',
		],
		...[
			'EXECUTE p',
			'PREPARE p AS SELECT 1',
			'LISTEN x',
			'NOTIFY x',
			'VACUUM',
			'LOAD x',
			'DISCARD ALL',
			'FETCH c',
		],
		...['DECLARE c CURSOR FOR SELECT 1', 'SECURITY LABEL', 'IMPORT', 'REFRESH', 'CHECKPOINT', 'ANALYZE'],
	])('leave out %s', (text) => expect(isReading(text)).toBe(false));
});
