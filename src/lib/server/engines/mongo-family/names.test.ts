import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../../errors';
import { hostileStrings } from '../../testing/hostile-strings';
import { ferretdb } from '../ferretdb/definition';
import { mongodb } from '../mongodb/definition';
import { identifierOf, splitIdentifier } from './names';

function codeOf(run: (() => void) | undefined): string | null {
	try {
		run?.();
		return null;
	} catch (error) {
		return isAppError(error) ? error.code : String(error);
	}
}
const names = mongodb.databaseAdmin?.names;
const database = (name: string): string | null => codeOf(() => names?.assertDatabaseName(name));
const user = (name: string): string | null => codeOf(() => names?.assertUserName(name));
const password = (text: string): string | null => codeOf(() => names?.assertPassword(text));

describe('names of databases', () => {
	it.each([
		['', 'NAME_INVALID'],
		['a b', 'NAME_INVALID'],
		['a.b', 'NAME_INVALID'],
		['$cmd', 'NAME_INVALID'],
		['a/b', 'NAME_INVALID'],
		['a\\b', 'NAME_INVALID'],
		['a"b', 'NAME_INVALID'],
		['a\0b', 'NAME_INVALID'],
		['a*', 'NAME_INVALID'],
		['a:b', 'NAME_INVALID'],
		['\ud83d', 'NAME_INVALID'],
		['admin', 'NAME_RESERVED'],
		['Config', 'NAME_RESERVED'],
		['LOCAL', 'NAME_RESERVED'],
		['a'.repeat(64), 'NAME_TOO_LONG'],
		['é'.repeat(32), 'NAME_TOO_LONG'],
		['a'.repeat(63), null],
		[`it's`, null],
		['базa', null],
		['a-b_c', null],
	])('%j: %s', (name, code) => expect(database(name)).toBe(code));

	it('never hold what the server refuses', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary', maxLength: 70 }), (name) => {
				if (database(name) !== null) return;
				expect(/[/\\. "$\0]/.test(name) || !name.isWellFormed() || Buffer.byteLength(name) > 63).toBe(false);
			}),
			{ numRuns: 2_000 },
		);
	});
});

describe('names of users', () => {
	it.each([
		['', 'NAME_INVALID'],
		['a=b', 'NAME_INVALID'],
		['a,b', 'NAME_INVALID'],
		['a\nb', 'NAME_INVALID'],
		['root', 'NAME_RESERVED'],
		['ROOT', 'NAME_RESERVED'],
		['__system', 'NAME_RESERVED'],
		['sh0_x', 'NAME_RESERVED'],
		['a'.repeat(64), 'NAME_TOO_LONG'],
		['ada@', 'NAME_INVALID'],
		['@shop', 'NAME_INVALID'],
		['ada@a b', 'NAME_INVALID'],
		['root@shop', 'NAME_RESERVED'],
		['ada@config', 'NAME_RESERVED'],
		['ada@shop', null],
		[`$where"'\\{}`, null],
		['postgres', null],
	])('%j: %s', (name, code) => expect(user(name)).toBe(code));

	it('on FerretDB leave out the roles of the PostgreSQL below it', () => {
		for (const name of [
			'postgres',
			'pg_monitor',
			'PG_x',
			'documentdb_admin_role',
			'public',
			'none',
			'root',
		]) {
			const code = codeOf(() => ferretdb.databaseAdmin?.names.assertUserName(name));
			expect([name, code]).toEqual([name, 'NAME_RESERVED']);
		}
	});

	it('tell users in other databases apart, and come back', () => {
		expect(identifierOf({ user: 'ada', db: 'admin' })).toBe('ada');
		expect(identifierOf({ user: 'ada', db: 'shop' })).toBe('ada@shop');
		expect(identifierOf({ user: 'a@b', db: 'admin' })).toBe('a@b@admin');
		for (const one of [
			{ user: 'ada', db: 'admin' },
			{ user: 'ada', db: 'shop' },
			{ user: 'a@b', db: 'admin' },
		]) {
			expect(splitIdentifier(identifierOf(one))).toEqual(one);
		}
	});
});

describe('passwords', () => {
	it.each([
		'',
		'a\0',
		'a\nb',
		'😀',
		'e\u0301',
		'ａ',
		'a\u00a0b',
		'a\u200bb',
		'\u202ea',
		'\ud800',
		'a'.repeat(257),
	])('%j is refused, which drivers prepare each in their own way', (text) =>
		expect(password(text)).toBe('PASSWORD_UNUSABLE'),
	);

	it.each([`'"\\$\`;&|<>(){}[]!#%^*?~ @:/=,`, 'é', 'пароль', 'a'.repeat(256)])('%j is taken', (text) =>
		expect(password(text)).toBeNull(),
	);

	it('of every hostile string are taken or refused, without another error', () => {
		const codes = new Set(hostileStrings.map(({ value }) => password(value)));
		expect(codes).toEqual(new Set([null, 'PASSWORD_UNUSABLE']));
	});
});
