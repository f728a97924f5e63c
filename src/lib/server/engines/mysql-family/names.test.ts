import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../../errors';
import { hostileStrings } from '../../testing/hostile-strings';
import { mariadb } from '../mariadb/definition';
import { mysql } from '../mysql/definition';
import type { DatabaseEngineDefinition } from '../engine';

function codeOf(run: () => void): string | null {
	try {
		run();
		return null;
	} catch (error) {
		return isAppError(error) ? error.code : String(error);
	}
}

function rules(engine: DatabaseEngineDefinition) {
	const names = engine.databaseAdmin?.names;
	if (!names) throw new Error('it has names');
	return {
		database: (name: string) => codeOf(() => names.assertDatabaseName(name)),
		user: (name: string) => codeOf(() => names.assertUserName(name)),
		password: (text: string) => codeOf(() => names.assertPassword(text)),
	};
}

const [my, maria] = [rules(mysql), rules(mariadb)];

describe('names of databases', () => {
	it.each([
		['', 'NAME_INVALID'],
		[' a', 'NAME_INVALID'],
		['a\u00a0', 'NAME_INVALID'],
		['a\0', 'NAME_INVALID'],
		['a\nb', 'NAME_INVALID'],
		['\ud83d', 'NAME_INVALID'],
		['😀', 'NAME_INVALID'],
		['a'.repeat(65), 'NAME_TOO_LONG'],
		// Written with its escapes it is longer than the column of rights.
		['_'.repeat(33), 'NAME_TOO_LONG'],
		['-'.repeat(51), 'NAME_TOO_LONG'],
		['日'.repeat(22), 'NAME_TOO_LONG'],
		['mysql', 'NAME_RESERVED'],
		['SYS', 'NAME_RESERVED'],
		['Information_Schema', 'NAME_RESERVED'],
		['#mysql50#x', 'NAME_RESERVED'],
		['a'.repeat(64), null],
		['_'.repeat(32), null],
		['-'.repeat(50), null],
		['日'.repeat(21), null],
		['a`b"c\'d\\e.f/g%h_i', null],
		['sh0_x', null],
		['base de données', null],
	])('%j: %s', (name, code) => {
		expect([my.database(name), maria.database(name)]).toEqual([code, code]);
	});
});

describe('names of users', () => {
	it.each([
		['', 'NAME_INVALID', 'NAME_INVALID'],
		['a\tb', 'NAME_INVALID', 'NAME_INVALID'],
		[`'a'`, 'NAME_INVALID', 'NAME_INVALID'],
		['a`', 'NAME_INVALID', 'NAME_INVALID'],
		['😀', 'NAME_INVALID', 'NAME_INVALID'],
		['root', 'NAME_RESERVED', 'NAME_RESERVED'],
		['root@10.0.0.1', 'NAME_RESERVED', 'NAME_RESERVED'],
		['mysql.sys', 'NAME_RESERVED', 'NAME_RESERVED'],
		['SH0_x', 'NAME_RESERVED', 'NAME_RESERVED'],
		['a'.repeat(33), 'NAME_TOO_LONG', null],
		['a'.repeat(65), 'NAME_TOO_LONG', 'NAME_TOO_LONG'],
		['app@%', 'NAME_INVALID', 'NAME_INVALID'],
		['app@', 'NAME_INVALID', 'NAME_INVALID'],
		['@10.0.0.1', 'NAME_INVALID', 'NAME_INVALID'],
		['a@b@10.0.0.1', 'NAME_INVALID', 'NAME_INVALID'],
		['app@example.org', 'NAME_INVALID', 'NAME_INVALID'],
		['app@localhost', 'NAME_INVALID', 'NAME_INVALID'],
		['app@10.0.0.256', 'NAME_INVALID', 'NAME_INVALID'],
		['app@300.%', 'NAME_INVALID', 'NAME_INVALID'],
		['app@10.0.0.1/8', 'NAME_INVALID', 'NAME_INVALID'],
		['app@10.0.0.0/255.0.255.0', 'NAME_INVALID', 'NAME_INVALID'],
		// MariaDB takes the text and never matches it.
		['app@10.0.0.0/8', null, 'NAME_INVALID'],
		['app@10.0.0.0/255.0.0.0', null, null],
		['app@10.%', null, null],
		['app@10.1.2.%', null, null],
		['app@10.1.2.3', null, null],
		['app@::1', null, null],
		['app@fe80::1', null, null],
		['ünïcode $name;--', null, null],
	])('%j: MySQL %s, MariaDB %s', (name, onMysql, onMariadb) => {
		expect([my.user(name), maria.user(name)]).toEqual([onMysql, onMariadb]);
	});

	it('are never taken with what the server would change', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (name) => {
				if (my.user(name) !== null) return;
				expect(name.isWellFormed() && !/[\0'"`]/.test(name) && name.trim() === name).toBe(true);
			}),
			{ numRuns: 2_000 },
		);
	});
});

describe('passwords', () => {
	it.each(['', 'a\0', 'a\nb', '\ud800', 'a'.repeat(129), 'é'.repeat(65)])('refuses %j', (text) => {
		expect([my.password(text), maria.password(text)]).toEqual(['PASSWORD_UNUSABLE', 'PASSWORD_UNUSABLE']);
	});

	it.each([
		`'"\\$\`;&|<>(){}[]!#%^*?~ `,
		'😀',
		'e\u0301',
		'a'.repeat(128),
		'*6C8989366EAF75BB670AD8EA7A7FC1176A95CEF4',
	])('takes %j', (text) => {
		expect([my.password(text), maria.password(text)]).toEqual([null, null]);
	});

	it('takes or refuses every hostile string without another error', () => {
		expect(new Set(hostileStrings.map(({ value }) => my.password(value)))).toEqual(
			new Set([null, 'PASSWORD_UNUSABLE']),
		);
	});
});
