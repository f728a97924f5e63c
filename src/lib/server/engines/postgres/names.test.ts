import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAppError } from '../../errors';
import { hostileStrings } from '../../testing/hostile-strings';
import { GROUP_PATTERN, groupsOf } from './grants/groups';
import { postgresNames } from './names';

function codeOf(run: () => void): string | null {
	try {
		run();
		return null;
	} catch (error) {
		return isAppError(error) ? error.code : String(error);
	}
}

const database = (name: string): string | null => codeOf(() => postgresNames.assertDatabaseName(name));
const user = (name: string): string | null => codeOf(() => postgresNames.assertUserName(name));
const password = (text: string): string | null => codeOf(() => postgresNames.assertPassword(text));

describe('names', () => {
	it.each([
		['', 'NAME_INVALID'],
		[' a', 'NAME_INVALID'],
		['a\u00a0', 'NAME_INVALID'],
		['a\0', 'NAME_INVALID'],
		['a\nb', 'NAME_INVALID'],
		['a\x85', 'NAME_INVALID'],
		['\ud83d', 'NAME_INVALID'],
		['a'.repeat(64), 'NAME_TOO_LONG'],
		['é'.repeat(32), 'NAME_TOO_LONG'],
		['😀'.repeat(16), 'NAME_TOO_LONG'],
		['postgres', 'NAME_RESERVED'],
		['Template0', 'NAME_RESERVED'],
		['PG_x', 'NAME_RESERVED'],
		['public', 'NAME_RESERVED'],
		['NONE', 'NAME_RESERVED'],
		['sh0_1_owner', 'NAME_RESERVED'],
		['a'.repeat(63), null],
		['é'.repeat(31), null],
		[`"; DROP DATABASE x; --`, null],
		['$(id)`id`', null],
		['базa 😀', null],
		['\u202eabc', null],
		['pgx', null],
	])('%j: %s', (name, code) => {
		expect(database(name)).toBe(code);
		expect(user(name)).toBe(code);
	});

	it('says what is wrong and how long a name may be', () => {
		expect(() => postgresNames.assertUserName('é'.repeat(32))).toThrow(
			expect.objectContaining({ details: { maxBytes: 63, bytes: 64 }, field: 'name' }),
		);
		expect(() => postgresNames.assertUserName('a\tb')).toThrow(
			expect.objectContaining({ details: { reason: 'control' } }),
		);
	});

	it('never takes a name PostgreSQL would change', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (name) => {
				if (database(name) !== null) return;
				expect(name.isWellFormed() && !name.includes('\0') && Buffer.byteLength(name) <= 63).toBe(true);
			}),
			{ numRuns: 2_000 },
		);
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
		'ﬁ',
		'a\u00a0b',
		'a\u200bb',
		'\u202ea',
		'\ud800',
		'a'.repeat(257),
	])('refuses %j, which clients prepare each in their own way', (text) => {
		expect(password(text)).toBe('PASSWORD_UNUSABLE');
	});

	it.each([
		`'"\\$\`;&|<>(){}[]!#%^*?~ `,
		'é',
		'пароль',
		'a'.repeat(256),
		'md5' + 'a'.repeat(32),
		'SCRAM-SHA-256$4096:a$b:c',
	])('takes %j', (text) => {
		expect(password(text)).toBeNull();
	});

	it('takes or refuses every hostile string without another error', () => {
		const codes = new Set(hostileStrings.map(({ value }) => password(value)));
		expect(codes).toEqual(new Set([null, 'PASSWORD_UNUSABLE']));
	});
});

describe('groups', () => {
	it('are short, distinct and reserved', () => {
		const { owner, write, read } = groupsOf(4_294_967_295);
		for (const group of [owner, write, read]) {
			expect(Buffer.byteLength(group)).toBeLessThanOrEqual(63);
			expect(group).toMatch(new RegExp(GROUP_PATTERN));
			expect(user(group)).toBe('NAME_RESERVED');
		}
		expect(new Set([owner, write, read, ...Object.values(groupsOf(1))]).size).toBe(6);
	});

	it('are told from names that only look alike', () => {
		for (const name of ['sh0_x_owner', 'sh0_1_admin', 'xsh0_1_owner', 'sh0_1_owner2'])
			expect(name).not.toMatch(new RegExp(GROUP_PATTERN));
	});
});
