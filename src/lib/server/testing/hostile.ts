import fc from 'fast-check';
import { expect } from 'vitest';
import type { DatabaseAdmin } from '../engines/engine';
import { isAppError } from '../errors';
import { Secret } from '../secret';
import { hostileStrings } from './hostile-strings';

/** `HOSTILE_RUNS` asks for so many random strings, on every version. */
export const isLongRun = process.env.HOSTILE_RUNS !== undefined;

/** In every password of the tests that search logs. */
export const marker = 'Zq7mark';

/** Characters of at most three bytes, controls left out. */
const basicPlane = fc
	.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0xa0, max: 0xd7ff }))
	.map((code) => String.fromCodePoint(code));

/** The written strings and then so many random ones, always the same unless `HOSTILE_SEED` says otherwise, and how long a test may take. */
export function hostileRun(usualRuns: number): { strings: string[]; limitMs: number } {
	const numRuns = Number(process.env.HOSTILE_RUNS ?? usualRuns);
	// Half of any characters, half of those that most engines take: both sides of every rule are met often.
	const sample = (unit: 'binary' | fc.Arbitrary<string>) =>
		fc.sample(fc.string({ unit, minLength: 1, maxLength: 40 }), {
			numRuns: Math.ceil(numRuns / 2),
			seed: Number(process.env.HOSTILE_SEED ?? 7),
		});
	const random = [...sample('binary'), ...sample(basicPlane)];
	return {
		strings: [...new Set([...hostileStrings.map((entry) => entry.value), ...random])],
		// A database may take two seconds on a loaded machine.
		limitMs: Math.max(600_000, numRuns * 2_000),
	};
}

/** One part after the other, where the cost of a thing grows with how many there are. */
export function inParts<T>(values: readonly T[], size: number): T[][] {
	const count = Math.ceil(values.length / size);
	return Array.from({ length: count }, (_, at) => values.slice(at * size, (at + 1) * size));
}

/** The AppError code an attempt was refused with, or null. Anything but an expected refusal fails the test. */
export async function refusal(
	attempt: Promise<unknown>,
	...alsoExpected: ('DATABASE_PROTECTED' | 'ACCESS_INVALID')[]
): Promise<string | null> {
	try {
		await attempt;
		return null;
	} catch (error) {
		if (
			isAppError(
				error,
				...(['NAME_INVALID', 'NAME_RESERVED', 'NAME_TOO_LONG', 'PASSWORD_UNUSABLE'] as const),
				...alsoExpected,
			)
		)
			return error.code;
		throw error;
	}
}

/**
 * Gives a new user one password after the other: each is refused, or logs in while another does not. Answers how many were taken.
 * `mustBeRefused`: which must be, where that is written down. `logsIn`: a login by the engine's own driver, as an app makes it.
 */
export async function tryPasswords(
	admin: DatabaseAdmin,
	passwords: string[],
	{
		endsSessions = false,
		other = (value) => `${value}x`,
		mustBeRefused,
		logsIn,
	}: {
		endsSessions?: boolean;
		other?: (value: string) => string;
		mustBeRefused?: (value: string) => boolean;
		logsIn?: (login: { user: string; password: Secret }) => Promise<boolean>;
	} = {},
): Promise<number> {
	const user = 'keeper';
	await admin.createUser({ name: user, password: new Secret('Long-enough-1') });
	let worked = 0;
	for (const value of passwords) {
		const password = new Secret(value);
		const code = await refusal(admin.setPassword({ name: user, password, endsSessions }));
		if (mustBeRefused) expect([value, code !== null]).toEqual([value, mustBeRefused(value)]);
		if (code !== null) continue;
		worked += 1;
		const logins = [password, new Secret(other(value))].map(async (candidate) => [
			await admin.canLogin({ user, password: candidate, database: null }),
			...(logsIn ? [await logsIn({ user, password: candidate })] : []),
		]);
		const [right, wrong] = await Promise.all(logins);
		expect([value, new Set(right), new Set(wrong)]).toEqual([value, new Set([true]), new Set([false])]);
	}
	await admin.removeUser(user);
	return worked;
}

/** Everything that sends a password to the engine, failures included; each holds the marker. */
export async function sendPasswords(admin: DatabaseAdmin): Promise<void> {
	const [user, password] = ['logged', new Secret(`${marker}'"\\`)];
	await admin.createUser({ name: user, password });
	await expect(admin.createUser({ name: user, password })).rejects.toMatchObject({
		code: 'DATABASE_USER_EXISTS',
	});
	await admin.setPassword({ name: user, password, endsSessions: true });
	await expect(admin.setPassword({ name: 'nobody', password, endsSessions: true })).rejects.toMatchObject({
		code: 'DATABASE_USER_NOT_FOUND',
	});
	expect(await admin.canLogin({ user, password, database: null })).toBe(true);
	const wrong = new Secret(`${marker}wrong`);
	expect(await admin.canLogin({ user, password: wrong, database: null })).toBe(false);
	await admin.removeUser(user);
}
