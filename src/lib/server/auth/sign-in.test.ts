import { TOTP, Secret as TotpSecret } from 'otpauth';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loginAttempts, recoveryCodes, users } from '../db/schema';
import { changePassword, getMe } from './accounts';
import { prove, signIn } from './sign-in';
import { openTestAuth, sessionIdentity, testClient, testPassword } from './testing';

let world: ReturnType<typeof openTestAuth>;
let user: Awaited<ReturnType<typeof world.createUser>>;

beforeEach(async () => {
	vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-01T00:00:00Z') });
	world = openTestAuth();
	user = await world.createUser('ada@example.org');
});
afterEach(() => {
	vi.useRealTimers();
	world.remove();
});

const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);
const proof = (wanted: { password?: string; code?: string; email?: string } = {}) => ({
	email: wanted.email ?? user.email,
	password: wanted.password ?? testPassword,
	code: wanted.code ?? null,
	deviceToken: null,
});
const tryIt = (wanted: Parameters<typeof proof>[0]) => prove(world.auth, proof(wanted));

function enroll(): { code: () => string; recovery: string[] } {
	const { secret } = world.auth.secondFactor.enroll(user.id);
	const totp = new TOTP({ secret: TotpSecret.fromBase32(secret.reveal()) });
	const code = () => totp.generate({ timestamp: Date.now() });
	const recovery = world.auth.secondFactor.confirm(user.id, code()).map((text) => text.reveal());
	pass(30_000);
	return { code, recovery };
}

describe('signing in', () => {
	it('answers a wrong password and an unknown address alike', async () => {
		await expect(tryIt({ password: 'wrong-harbour-27' })).rejects.toMatchObject({ code: 'LOGIN_FAILED' });
		await expect(tryIt({ email: 'nobody@example.org' })).rejects.toMatchObject({ code: 'LOGIN_FAILED' });
	});

	it('takes the same characters in another Unicode form', async () => {
		const { hashPassword, verifyPassword } = await import('./passwords');
		expect(await verifyPassword(await hashPassword('caf\u00e9-harbour-27'), 'cafe\u0301-harbour-27')).toBe(
			true,
		);
	});

	it('takes no password for an account whose hash is none', async () => {
		world.db.update(users).set({ passwordHash: 'unusable' }).run();
		await expect(tryIt({ password: 'unusable' })).rejects.toMatchObject({ code: 'LOGIN_FAILED' });
	});

	it('hashes with argon2id at 46 MiB', () => {
		expect(user.passwordHash).toMatch(/^\$argon2id\$v=19\$m=47104,t=1,p=1\$/);
	});

	it('blocks the account after five failures, for the right password and unknown addresses too', async () => {
		for (const email of [user.email, 'nobody@example.org']) {
			for (let count = 0; count < 5; count += 1) {
				await expect(tryIt({ email, password: 'wrong-harbour-27' })).rejects.toMatchObject({
					code: 'LOGIN_FAILED',
				});
			}
			await expect(tryIt({ email })).rejects.toMatchObject({ code: 'THROTTLED' });
		}
	});

	it('verifies at most five of a hundred tries made at once', async () => {
		const tries = Array.from({ length: 100 }, () => tryIt({ password: 'wrong-harbour-27' }));
		const results = await Promise.allSettled(tries);
		const codes = results.map((result) => (result.status === 'rejected' ? String(result.reason.code) : 'ok'));
		expect(codes.filter((code) => code === 'LOGIN_FAILED')).toHaveLength(5);
		expect(codes.filter((code) => code === 'THROTTLED')).toHaveLength(95);
	});

	it('begins a new session each time and makes the browser known', async () => {
		const first = await signIn(world.auth, { ...proof(), ...testClient });
		const second = await signIn(world.auth, { ...proof(), ...testClient, deviceToken: first.deviceToken });
		expect(second.sessionToken.reveal()).not.toBe(first.sessionToken.reveal());
		expect(second.deviceToken).toBe(first.deviceToken);
	});
});

describe('the second factor', () => {
	it('is asked for after the right password only', async () => {
		enroll();
		await expect(tryIt({ password: 'wrong-harbour-27' })).rejects.toMatchObject({ code: 'LOGIN_FAILED' });
		await expect(tryIt({})).rejects.toMatchObject({ code: 'SECOND_FACTOR_REQUIRED' });
	});

	it('does not count the question for the code as a failure', async () => {
		enroll();
		for (let count = 0; count < 8; count += 1) {
			await expect(tryIt({})).rejects.toMatchObject({ code: 'SECOND_FACTOR_REQUIRED' });
		}
	});

	it('takes a code of now, the step before and the step after, each once', async () => {
		const { code } = enroll();
		const now = code();
		await expect(tryIt({ code: now })).resolves.toMatchObject({ id: user.id });
		await expect(tryIt({ code: now })).rejects.toMatchObject({ code: 'SECOND_FACTOR_WRONG' });
		pass(60_000);
		const before = code();
		pass(30_000);
		await expect(tryIt({ code: before })).resolves.toMatchObject({ id: user.id });
		pass(90_000);
		const late = code();
		pass(60_000);
		await expect(tryIt({ code: late })).rejects.toMatchObject({ code: 'SECOND_FACTOR_WRONG' });
	});

	it('does not take an older step after a newer one', async () => {
		const { code } = enroll();
		pass(60_000);
		const older = code();
		pass(30_000);
		await tryIt({ code: code() });
		await expect(tryIt({ code: older })).rejects.toMatchObject({ code: 'SECOND_FACTOR_WRONG' });
	});

	it('is throttled as the password is', async () => {
		const { code } = enroll();
		for (let count = 0; count < 5; count += 1) {
			await expect(tryIt({ code: '000000' })).rejects.toMatchObject({ code: 'SECOND_FACTOR_WRONG' });
		}
		await expect(tryIt({ code: code() })).rejects.toMatchObject({ code: 'THROTTLED' });
	});

	it('takes each of ten recovery codes once, however it is typed', async () => {
		const { recovery } = enroll();
		expect(recovery).toHaveLength(10);
		expect(new Set(recovery).size).toBe(10);
		const [first = '', second = ''] = recovery;
		expect(first).toMatch(/^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/);
		await expect(tryIt({ code: first.toUpperCase().replaceAll('-', ' ') })).resolves.toBeDefined();
		await expect(tryIt({ code: first })).rejects.toMatchObject({ code: 'SECOND_FACTOR_WRONG' });
		await expect(tryIt({ code: second })).resolves.toBeDefined();
		expect(world.auth.secondFactor.recoveryCodesLeft(user.id)).toBe(8);
	});

	it('keeps neither the secret nor a recovery code in clear text, in the database or the log', () => {
		const { secret } = world.auth.secondFactor.enroll(user.id);
		const stored = JSON.stringify(world.db.select().from(users).all());
		expect(stored).not.toContain(secret.reveal());
		const codes = world.auth.secondFactor.renewRecoveryCodes(user.id).map((code) => code.reveal());
		const rows = JSON.stringify(world.db.select().from(recoveryCodes).all());
		for (const code of codes) expect(rows).not.toContain(code);
		for (const text of [secret.reveal(), ...codes])
			expect(world.redactor.redact(`x ${text}`)).toBe('x [redacted]');
	});

	it('is not asked for before it was confirmed, and not after it was switched off', async () => {
		world.auth.secondFactor.enroll(user.id);
		await expect(tryIt({})).resolves.toBeDefined();
		world.auth.secondFactor.disable(user.id);
		enroll();
		world.auth.secondFactor.disable(user.id);
		await expect(tryIt({})).resolves.toBeDefined();
		expect(world.db.select().from(recoveryCodes).all()).toEqual([]);
	});

	it('stops old recovery codes when they are renewed, and cannot be enrolled twice', async () => {
		const { recovery } = enroll();
		world.auth.secondFactor.renewRecoveryCodes(user.id);
		await expect(tryIt({ code: recovery[0] ?? '' })).rejects.toMatchObject({ code: 'SECOND_FACTOR_WRONG' });
		expect(() => world.auth.secondFactor.enroll(user.id)).toThrow();
	});

	it('shows a QR code of the otpauth address', () => {
		const { uri, qrSvg } = world.auth.secondFactor.enroll(user.id);
		expect(uri.reveal()).toMatch(/^otpauth:\/\/totp\/sh0:ada%40example\.org\?/);
		expect(qrSvg.reveal()).toMatch(/^<svg /);
	});
});

describe('changing the password', () => {
	const change = (wanted: { currentPassword?: string; newPassword: string }) =>
		changePassword(world.auth, sessionIdentity(user), {
			...{ currentPassword: testPassword, code: null, deviceToken: null, ...wanted },
		});

	it('wants the current one, and a good new one', async () => {
		await expect(
			change({ currentPassword: 'wrong-harbour-27', newPassword: 'amber-lantern-31' }),
		).rejects.toMatchObject({
			code: 'LOGIN_FAILED',
		});
		await expect(change({ newPassword: 'password1234' })).rejects.toMatchObject({
			code: 'PASSWORD_TOO_WEAK',
			details: { reason: 'common' },
			field: 'newPassword',
		});
	});

	it('ends every other session', async () => {
		const token = (await world.auth.sessions.create(user.id, testClient)).reveal();
		await change({ newPassword: 'amber-lantern-31' });
		expect(await world.auth.identify({ kind: 'session', token })).toBeNull();
		await expect(tryIt({})).rejects.toMatchObject({ code: 'LOGIN_FAILED' });
		await expect(tryIt({ password: 'amber-lantern-31' })).resolves.toBeDefined();
	});

	it('counts its failures with those of signing in', async () => {
		for (let count = 0; count < 5; count += 1) {
			await expect(
				change({ currentPassword: 'wrong-harbour-27', newPassword: 'amber-lantern-31' }),
			).rejects.toThrow();
		}
		await expect(tryIt({})).rejects.toMatchObject({ code: 'THROTTLED' });
		expect(world.db.select().from(loginAttempts).all()).toHaveLength(1);
	});
});

describe('who am I', () => {
	it('lists the projects one is in, by name, and a token’s own alone', () => {
		const second = world.createProject('beta', { [user.id]: 'viewer' });
		world.createProject('alpha', { [user.id]: 'owner' });
		world.createProject('gamma', {});
		const me = getMe(world.auth, sessionIdentity(user));
		expect(me.projects.map(({ name, role }) => [name, role])).toEqual([
			['alpha', 'owner'],
			['beta', 'viewer'],
		]);
		const via = { kind: 'token', tokenId: 'x', tokenName: 'x', projectId: second.id, scopes: [] } as const;
		const byToken = getMe(world.auth, { ...sessionIdentity(user), via: { ...via, scopes: [] } });
		expect(byToken.projects.map(({ name }) => name)).toEqual(['beta']);
	});
});
