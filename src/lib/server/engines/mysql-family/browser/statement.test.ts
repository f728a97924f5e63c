import { describe, expect, it } from 'vitest';
import { isReading, leadingWord } from './statement';

describe('the word a statement begins with', () => {
	it.each([
		['SELECT 1', 'select'],
		['  \n\t select 1', 'select'],
		['(((SELECT 1)))', 'select'],
		['-- DROP\nSHOW TABLES', 'show'],
		['# DROP\r\n# x\n/* three */ VALUES ROW(1)', 'values'],
		['--\nDESC goods', 'desc'],
		['-- a carriage return ends nothing\rSELECT 1\nBEGIN NOT ATOMIC END', 'begin'],
		['# neither here\rSELECT 1\nCOMMIT', 'commit'],
		['/* none /* nested */ DELETE FROM t', 'delete'],
		['/*-- */ -- /*\n DELETE FROM t', 'delete'],
		['/*+ a hint */ SELECT 1', 'select'],
		['/**/DO SLEEP(1)', 'do'],
		['with(x)', 'with'],
	])('of %j is %j', (text, word) => {
		expect(leadingWord(text)).toBe(word);
	});

	it.each([
		...[
			'',
			' ',
			';',
			'; SELECT 1',
			'-- only',
			'#',
			'/* never ends',
			'`select` 1',
			'1',
			"'x'",
			'\uFEFFselect 1',
		],
		...['--SELECT 1', '-- \0\nSELECT 1', '/*/ SELECT 1'],
		// Executed, not skipped.
		...[
			'/*! BEGIN */ SELECT 1',
			'/*!50000 SELECT */ 1',
			'/*M! BEGIN NOT ATOMIC */ SELECT 1',
			'/*m!100000 x*/ SELECT 1',
		],
		...['(/*!COMMIT*/SELECT 1)', '/* */ /*!COMMIT*/ SELECT 1'],
	])('of %j is none', (text) => {
		expect(leadingWord(text)).toBeNull();
	});

	it.each(['selective', 'select_all', 'select1', 'select$x', 'explain_', 'description'])(
		'is the whole of %j',
		(text) => expect(isReading(text)).toBe(false),
	);
});

describe('statements that may run where nothing is to be changed', () => {
	it.each([
		...['SELECT 1', 'WITH x AS (SELECT 1) TABLE x', 'TABLE t', 'VALUES ROW(1)', 'SHOW TABLES'],
		...['EXPLAIN SELECT 1', 'DESCRIBE t', 'desc t', '(SELECT 1) UNION (SELECT 2)'],
	])('include %s', (text) => expect(isReading(text)).toBe(true));

	it.each([
		...['INSERT INTO t', 'UPDATE t', 'DELETE FROM t', 'REPLACE t', 'CALL p()', 'DO f()', 'HANDLER t OPEN'],
		...[
			'BEGIN NOT ATOMIC COMMIT; SELECT 1; END',
			'BEGIN',
			'START TRANSACTION',
			'COMMIT',
			'ROLLBACK',
			'XA BEGIN',
		],
		...[
			'SET STATEMENT max_statement_time = 1 FOR SELECT 1',
			'SET @x = 1',
			'ANALYZE UPDATE t',
			'ANALYZE SELECT 1',
		],
		...[
			'PREPARE p FROM "x"',
			'EXECUTE p',
			"EXECUTE IMMEDIATE 'COMMIT'",
			'IF 1 THEN COMMIT; END IF',
			'LOOP COMMIT',
		],
		...[
			'FOR i IN 1..2 DO COMMIT',
			'WHILE 1 DO COMMIT',
			'REPEAT COMMIT',
			'CASE 1 WHEN 1 THEN COMMIT',
			'a: LOOP',
		],
		...[
			'LOCK TABLES t READ',
			'FLUSH TABLES',
			'OPTIMIZE TABLE t',
			'LOAD DATA',
			'USE x',
			'KILL 1',
			'IMPORT TABLE',
		],
	])('leave out %s', (text) => expect(isReading(text)).toBe(false));
});
