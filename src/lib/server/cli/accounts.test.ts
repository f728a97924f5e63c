import { eq } from 'drizzle-orm';
import { Secret as TotpSecret, TOTP } from 'otpauth';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Role } from '$lib/shared/roles';
import { prove } from '../auth/sign-in';
import { createToken } from '../auth/tokens';
import { auditLog, members, projects, recoveryCodes, users } from '../db/schema/index';
import { newId } from '../ids';
import { withApp } from './house';
import { cliOn, email, password } from './testing';

let cli: ReturnType<typeof cliOn>;
beforeEach(() => {
	cli = cliOn({ dockerHost: 'unix:///nonexistent/docker.sock' });
});
afterEach(() => cli.remove());

describe('password reset', () => {
	const next = 'nine loud herons sleep at noon';
	const reset = (...more: string[]) =>
		cli.run(['password', 'reset', '--email', email, '--password-file', '-', ...more], `${next}\n`);

	/** A session, an API token, a second factor, and an account that has to wait after failed logins. */
	async function settle() {
		await cli.setUp();
		return withApp(io(), async ({ auth, db, redactor }) => {
			const me = db.select().from(users).get();
			const project = db.select().from(projects).get();
			if (!me || !project) throw new Error('not set up');
			const session = await auth.sessions.create(me.id, { ip: '192.0.2.1', userAgent: 'test' });
			const wanted = { userId: me.id, projectId: project.id, name: 'ci', expiresInDays: 7 };
			const { token } = createToken({ db, redactor }, { ...wanted, scopes: ['read'] });
			const { secret } = auth.secondFactor.enroll(me.id);
			auth.secondFactor.confirm(
				me.id,
				new TOTP({ secret: TotpSecret.fromBase32(secret.reveal()) }).generate(),
			);
			for (let failure = 0; failure < 6; failure += 1) {
				try {
					auth.throttle.begin(email, null);
				} catch {
					// Told to wait.
				}
			}
			return { session: session.reveal(), token: token.reveal() };
		});
	}
	const signInWith = (secret: string) =>
		withApp(io(), ({ auth }) =>
			prove(auth, { email, password: secret, code: null, deviceToken: null }).then(
				() => 'signed in',
				(error: unknown) => (error instanceof Error ? error.message : ''),
			),
		);
	const io = () => ({
		env: { SH0_DATA_DIR: cli.dataDir },
		out: () => {},
		err: () => {},
		readStdin: () => Promise.resolve(''),
		signal: new AbortController().signal,
	});

	it('lets the new password in at once, ends everything the old one opened, and is on record without it', async () => {
		const { session, token } = await settle();
		const { code, err } = await reset();
		expect(code).toBe(0);
		expect(err).toContain('every session and API token');
		expect(await signInWith(password)).toBe('LOGIN_FAILED');
		expect(await signInWith(next)).toBe('SECOND_FACTOR_REQUIRED');
		await withApp(io(), async ({ auth }) => {
			expect(await auth.identify({ kind: 'session', token: session })).toBeNull();
			expect(await auth.identify({ kind: 'token', token })).toBeNull();
		});
		expect(cli.record().at(-1)).toMatchObject({ action: 'auth.resetPassword', outcome: 'succeeded' });
		const rows = cli.withDatabase((db) => JSON.stringify(db.select().from(auditLog).all()));
		expect(rows).not.toContain(next);
	});

	it('drops the second factor when asked to', async () => {
		await settle();
		const { err } = await reset('--drop-second-factor');
		expect(err).toContain('The second factor is off');
		expect(await signInWith(next)).toBe('signed in');
		expect(cli.withDatabase((db) => db.select().from(recoveryCodes).all())).toEqual([]);
	});

	it('refuses a weak password and an unknown account, and changes nothing', async () => {
		await cli.setUp();
		const asked = ['password', 'reset', '--password-file', '-', '--email'];
		expect(await cli.run([...asked, email], 'password')).toMatchObject({ code: 1 });
		const unknown = await cli.run([...asked, 'eve@example.org'], next);
		expect(unknown).toMatchObject({ code: 1, err: expect.stringContaining('eve@example.org') });
		expect(await signInWith(password)).toBe('signed in');
	});
});

describe('accounts', () => {
	const add = (address: string, role: Role | null) =>
		cli.withDatabase((db) => {
			const id = newId('user');
			const createdAt = new Date();
			db.insert(users).values({ id, email: address, passwordHash: 'x', createdAt }).run();
			const project = db.select().from(projects).get();
			if (role && project)
				db.insert(members).values({ projectId: project.id, userId: id, role, createdAt }).run();
			return id;
		});
	const remove = (address: string) => cli.run(['account', 'remove', '--email', address]);

	it('are listed with their projects', async () => {
		await cli.setUp();
		add('eve@example.org', null);
		add('bob@example.org', 'viewer');
		expect((await cli.run(['account', 'list'])).out.split('\n')).toEqual([
			`${email}: owns this installation, owner of Default, no second factor`,
			'bob@example.org: viewer of Default, no second factor',
			'eve@example.org: in no project, no second factor',
		]);
	});

	it('are removed whole, so that the address can be invited anew', async () => {
		await cli.setUp();
		const id = add('Bob@example.org'.toLowerCase(), 'admin');
		expect(await remove('BOB@example.org')).toMatchObject({ code: 0 });
		cli.withDatabase((db) => {
			expect(db.select().from(users).where(eq(users.id, id)).all()).toEqual([]);
			expect(db.select().from(members).where(eq(members.userId, id)).all()).toEqual([]);
		});
		expect(cli.record().at(-1)).toMatchObject({ action: 'auth.removeAccount', outcome: 'succeeded' });
	});

	it('stay when nobody else owns the installation or a project', async () => {
		await cli.setUp();
		expect(await remove(email)).toMatchObject({ code: 1, err: expect.stringContaining('owns this') });
		const id = add('bob@example.org', null);
		cli.withDatabase((db) => {
			const projectId = newId('project');
			const createdAt = new Date();
			db.insert(projects).values({ id: projectId, name: 'Shop', networkIndex: 1, createdAt }).run();
			db.insert(members).values({ projectId, userId: id, role: 'owner', createdAt }).run();
		});
		const refused = await remove('bob@example.org');
		expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('only owner of "Shop"') });
		expect(await remove('nobody@example.org')).toMatchObject({ code: 1 });
	});
});
