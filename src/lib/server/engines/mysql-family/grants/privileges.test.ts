import { describe, expect, it } from 'vitest';
import { excessRights, grantWords, levelOf, rightsIn } from './privileges';

const data = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
const everything = [
	...data,
	...[
		'CREATE',
		'DROP',
		'REFERENCES',
		'INDEX',
		'ALTER',
		'CREATE TEMPORARY TABLES',
		'LOCK TABLES',
		'CREATE VIEW',
	],
	...['SHOW VIEW', 'CREATE ROUTINE', 'ALTER ROUTINE', 'EXECUTE', 'EVENT', 'TRIGGER'],
];

describe('levels', () => {
	it('are those of what was granted for them', () => {
		expect(levelOf(grantWords('read').split(', '))).toBe('read');
		expect(levelOf(grantWords('write').split(', '))).toBe('write');
		expect(levelOf(everything)).toBe('owner');
		expect(levelOf([...everything, 'DELETE HISTORY', 'SHOW CREATE ROUTINE'])).toBe('owner');
	});

	it.each([
		[[], 'none'],
		[['INSERT'], 'none'],
		[['EXECUTE', 'SHOW VIEW'], 'none'],
		[['SELECT'], 'read'],
		[['SELECT', 'INSERT', 'UPDATE'], 'read'],
		[data, 'write'],
		[[...data, 'CREATE', 'DROP', 'ALTER'], 'write'],
		[everything.filter((right) => right !== 'TRIGGER'), 'write'],
		[everything.filter((right) => right !== 'SELECT'), 'none'],
	])('never claim more than %j: %s', (rights, level) => {
		expect(levelOf(rights)).toBe(level);
	});

	it('tell what is too much', () => {
		expect(excessRights(everything, 'none')).toEqual(everything);
		expect(excessRights([...everything, 'GRANT OPTION'], 'owner')).toEqual(['GRANT OPTION']);
		expect(excessRights([...data, 'EXECUTE', 'DELETE HISTORY'], 'write')).toEqual(['DELETE HISTORY']);
		expect(excessRights(['SELECT', 'SHOW VIEW', 'LOCK TABLES'], 'read')).toEqual(['LOCK TABLES']);
	});

	it('are read from a row of mysql.db', () => {
		const row = {
			Host: '%',
			Db: 'x',
			User: 'Y',
			Select_priv: 'Y',
			Insert_priv: 'N',
			Create_tmp_table_priv: 'Y',
			Grant_priv: 'Y',
			Later_priv: 'Y',
		};
		expect(rightsIn(row)).toEqual(['SELECT', 'CREATE TEMPORARY TABLES', 'GRANT OPTION']);
	});
});
