import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { desc, eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RouterInputs } from '$lib/trpc/client';
import { buildApp, type App } from '../app';
import type { Credentials } from '../auth/identity';
import { auditLog, loginAttempts, users } from '../db/schema';
import { loadEnv } from '../env';
import { AppError } from '../errors';
import { createLogger, Redactor } from '../log';
import { refusalOf } from '../testing/refusal';
import { seedProject, seedToken, type SeededProject } from '../testing/surface-seed';
import { toAppError } from './init';
import { appRouter } from './router';

/** What surrounds every call: the audit record, the sealed vault, the number of a call. */
let dataDir: string;
let app: App;
let seeded: SeededProject;

beforeAll(() => {
	dataDir = mkdtempSync(join(tmpdir(), 'sh0-guard-'));
	app = buildApp(
		{ ...loadEnv({}), dataDir, dockerSocket: join(dataDir, 'none.sock') },
		{ log: createLogger({ level: 'error', redactor: new Redactor(), write: () => {} }) },
	);
});
afterAll(async () => {
	await app.stop();
	rmSync(dataDir, { recursive: true });
});
beforeEach(() => {
	seeded = seedProject(app.db);
});
afterEach(() => vi.restoreAllMocks());

const cookies = { deviceToken: null, set: () => {}, clear: () => {} };

function callerOf(role: 'owner' | 'viewer' | null, overSocket = false) {
	const token = role === null ? null : seeded.people[role].sessionToken;
	return callerWith(token === null ? null : { kind: 'session', token }, overSocket);
}

function callerWith(credentials: Credentials | null, overSocket = false) {
	return appRouter.createCaller({
		...{ app, requestId: 'r', ip: '127.0.0.1', userAgent: 'test', batchSize: 1 },
		cookies: overSocket ? null : cookies,
		credentials,
	});
}

const codeOf = (promise: Promise<unknown>) =>
	promise.then(
		() => 'no error',
		(error: unknown) => (error instanceof Error ? error.message : 'no error'),
	);
const newest = () => app.db.select().from(auditLog).orderBy(desc(auditLog.seq)).get();
const seal = () => vi.spyOn(app.vault, 'state', 'get').mockReturnValue('sealed');

it('records who was refused what belongs to the whole installation', async () => {
	expect(await codeOf(callerOf('viewer').projects.create({ name: 'mine' }))).toBe('FORBIDDEN');
	expect(newest()).toMatchObject({
		...{ action: 'projects.create', outcome: 'denied', errorCode: 'FORBIDDEN', targetName: 'mine' },
		actorId: seeded.people.viewer.id,
	});
});

it('gives each call over a WebSocket a number of its own', async () => {
	const socket = callerOf('owner', true);
	const { projectId } = seeded;
	await socket.projects.rename({ projectId, name: 'one' });
	const first = newest()?.requestId;
	await socket.projects.rename({ projectId, name: 'two' });
	const second = newest()?.requestId;
	expect(first).toMatch(/^[0-9a-f-]{36}$/);
	expect(second).toMatch(/^[0-9a-f-]{36}$/);
	expect(first).not.toBe(second);
});

describe('strangers who try again and again', () => {
	const password = 'a long Enough passphrase 42';
	const from = (ip: string, role: 'viewer' | null = null) =>
		appRouter.createCaller({
			...{ app, requestId: 'r', ip, userAgent: 'test', batchSize: 1, cookies },
			credentials: role === null ? null : { kind: 'session', token: seeded.people[role].sessionToken },
		});
	const rowsSince = (seq: number) => (newest()?.seq ?? 0) - seq;

	it('fill no disk: after ten, one row says how many', async () => {
		const before = newest()?.seq ?? 0;
		for (let index = 0; index < 25; index += 1) {
			const email = `nobody${index}@example.org`;
			const code = await codeOf(from('2001:db8:9::1').auth.login({ email, password }));
			expect(code).toBe('LOGIN_FAILED');
		}
		expect(rowsSince(before)).toBe(20);
		app.attempts.strangers.flush({ isForced: true });
		expect(rowsSince(before)).toBe(22);
		expect(newest()).toMatchObject({
			...{ action: 'auth.login', actorKind: 'anonymous', outcome: 'failed', ip: '2001:db8:9:0::/64' },
			detail: expect.stringContaining('"tries":15'),
		});
	});

	it('do not hide who got in: that has its intent before the session is made', async () => {
		const login = (email: string, secret: string) =>
			codeOf(from('192.0.2.77').auth.login({ email, password: secret }));
		for (let index = 0; index < 12; index += 1) await login(`nobody${index}@example.org`, password);
		const person = seeded.people.viewer;
		vi.spyOn(app.auth.sessions, 'create').mockImplementation(() => {
			expect(newest()).toMatchObject({ phase: 'intent', targetName: person.email });
			throw new AppError('DISK_FULL');
		});
		expect(await login(person.email, password)).toBe('DISK_FULL');
		expect(newest()).toMatchObject({ outcome: 'failed', targetName: person.email });
		vi.restoreAllMocks();
		expect(await login(person.email, password)).toBe('no error');
		expect(newest()).toMatchObject({ outcome: 'succeeded', targetName: person.email });
	});

	it('holds for a member who asks for what the role does not allow, too', async () => {
		const before = newest()?.seq ?? 0;
		for (let index = 0; index < 15; index += 1)
			expect(await codeOf(from('192.0.2.1', 'viewer').projects.create({ name: 'mine' }))).toBe('FORBIDDEN');
		app.attempts.members.flush({ isForced: true });
		expect(rowsSince(before)).toBe(22);
		expect(newest()).toMatchObject({
			...{ action: 'projects.create', outcome: 'denied', actorId: seeded.people.viewer.id },
			detail: expect.stringContaining('"tries":5'),
		});
	});
});

it('records a stranger’s well-formed call, and nothing of a malformed one', async () => {
	const { auth } = callerOf(null);
	const password = 'a long Enough passphrase 42';
	const before = newest()?.seq;
	expect(await codeOf(auth.login({ email: 'not an address', password }))).toBe('BAD_INPUT');
	expect(await codeOf(auth.acceptInvitation({ token: 'x'.repeat(200), password }))).toBe('BAD_INPUT');
	expect(newest()?.seq).toBe(before);
	expect(await codeOf(auth.login({ email: 'nobody@example.org', password }))).toBe('LOGIN_FAILED');
	expect(newest()).toMatchObject({ action: 'auth.login', outcome: 'failed', errorCode: 'LOGIN_FAILED' });
	const token = 'x'.repeat(43);
	expect(await codeOf(auth.acceptInvitation({ token, password }))).toBe('INVITATION_INVALID');
	expect(newest()).toMatchObject({ action: 'auth.acceptInvitation', errorCode: 'INVITATION_INVALID' });
	expect(await codeOf(auth.setup({ token, password, email: 'a@example.org' }))).toBe('SETUP_DONE');
	expect(newest()).toMatchObject({ action: 'auth.setup', errorCode: 'SETUP_DONE' });
});

it('records that a statement was run, and of its text the hash alone', async () => {
	const { serviceId } = seeded;
	const text = `ALTER ROLE app PASSWORD 'canary-4711'`;
	await codeOf(callerOf('owner').browser.query({ serviceId, database: 'shop', text, isReadOnly: false }));
	expect(newest()).toMatchObject({ action: 'browser.query', outcome: 'failed' });
	expect(JSON.parse(newest()?.detail ?? '')).toEqual({
		textSha256: createHash('sha256').update(text).digest('hex'),
		database: 'shop',
		isReadOnly: false,
	});
	expect(JSON.stringify(app.db.select().from(auditLog).all())).not.toContain('canary-4711');
});

it.each([
	['among the rules', { commands: ['+get', '>canary-4711'], keyPatterns: [], channelPatterns: [] }],
	['as all rules', { commands: '+@all >canary-4711' }],
	[
		'among the patterns',
		{ commands: [], keyPatterns: ['>canary-4711', 'app:*'], channelPatterns: ['#canary-4711'] },
	],
	['as all there is', 'canary-4711'],
])('keeps no password that was typed %s of a user', async (_where, access) => {
	// As it comes over the network, whatever the types say.
	const text = JSON.stringify({ serviceId: seeded.serviceId, name: 'app', access });
	const input: RouterInputs['databaseUsers']['setAccess'] = JSON.parse(text);
	await codeOf(callerOf('owner').databaseUsers.setAccess(input));
	expect(newest()).toMatchObject({ action: 'databaseUsers.setAccess', detail: expect.stringContaining('…') });
	expect(JSON.stringify(app.db.select().from(auditLog).all())).not.toContain('canary-4711');
});

it.each([
	['as an endpoint’s password', { endpoint: 'https://u:canary-4711@s3.example.com' }],
	['in an endpoint’s path', { endpoint: 'https://s3.example.com/canary-4711?a=canary-4711' }],
	['as an endpoint', { endpoint: 'canary-4711' }],
	['as a key’s id', { accessKeyId: 'AKIAcanary-4711' }],
	['as a region', { region: `canary-4711${'x'.repeat(29)}` }],
	['beside the fields', { secret: 'canary-4711', nested: { secretKey: 'canary-4711' } }],
	['as a way of addressing', { isPathStyle: 'canary-4711' }],
])('keeps no secret that was typed %s of a copy’s source', async (_where, mistake) => {
	const login = { region: 'eu-west-1', accessKeyId: 'AKIAEXAMPLE', isPathStyle: true, isInOwnNetwork: false };
	const source = { kind: 'outside', endpoint: 'https://s3.example.com', ...login, ...mistake };
	const text = JSON.stringify({ serviceId: seeded.serviceId, source });
	const input: RouterInputs['storageCopies']['check'] = JSON.parse(text);
	await codeOf(callerOf('owner').storageCopies.check(input));
	expect(newest()).toMatchObject({ action: 'storageCopies.check' });
	expect(newest()?.detail).toContain('"kind":"outside"');
	expect(JSON.stringify(app.db.select().from(auditLog).all())).not.toContain('canary-4711');
});

it('keeps no secret that was typed as the whole source, and says which source it was', async () => {
	const check = (source: unknown) => {
		const text = JSON.stringify({ serviceId: seeded.serviceId, source });
		const input: RouterInputs['storageCopies']['check'] = JSON.parse(text);
		return codeOf(callerOf('owner').storageCopies.check(input));
	};
	await check('canary-4711');
	expect(newest()?.detail).toBe('{"source":"…"}');
	const login = { region: 'eu-west-1', accessKeyId: 'AKIAEXAMPLE', isPathStyle: true, isInOwnNetwork: false };
	await check({ kind: 'outside', endpoint: 'https://s3.example.com:9000', ...login });
	expect(JSON.parse(newest()?.detail ?? '')).toEqual({
		source: { kind: 'outside', host: 's3.example.com:9000', ...login, accessKeyId: 'AKIA…' },
	});
});

/** The field of a call refused for its input. */
async function badInputOf(promise: Promise<unknown>): Promise<string | null> {
	const error = toAppError(await promise.catch((thrown: unknown) => thrown));
	return error.code === 'BAD_INPUT' ? error.field : error.code;
}

it('tells a token which scope it lacks, and that some things no token may do', async () => {
	const { projectId } = seeded;
	const token = seedToken(app.db, seeded, ['read', 'manage']);
	const script = callerWith({ kind: 'token', token });
	expect(await refusalOf(script.services.stop({ serviceId: seeded.serviceId }))).toMatchObject({
		...{ code: 'TOKEN_SCOPE_MISSING', details: { scope: 'operate' } },
	});
	for (const call of [script.tokens.list({ projectId }), script.projects.create({ name: 'mine' })])
		expect(await refusalOf(call)).toMatchObject({
			...{ code: 'TOKEN_SCOPE_MISSING', details: { reason: 'sessionOnly' } },
		});
});

it('takes no empty list of rights, which would change nothing', async () => {
	const owner = callerOf('owner');
	const { serviceId, storageServiceId } = seeded;
	const grants = owner.databaseUsers.setGrants({ serviceId, name: 'app', grants: [] });
	expect(await badInputOf(grants)).toBe('grants');
	const rights = owner.storageKeys.setPermissions({
		...{ serviceId: storageServiceId, keyId: 'GK1', permissions: [] },
	});
	expect(await badInputOf(rights)).toBe('permissions');
});

it.each(['', 'a\0b', '\ud800'])('takes no cursor that could not be one: %j', async (cursor) => {
	const { serviceId } = seeded;
	expect(await badInputOf(callerOf('owner').databases.list({ serviceId, cursor }))).toBe('cursor');
});

it('keeps no endless text', async () => {
	const { serviceId } = seeded;
	const grants = [{ database: 'd'.repeat(5_000), level: 'read' as const }];
	await codeOf(callerOf('owner').databaseUsers.setGrants({ serviceId, name: 'app', grants }));
	expect(JSON.parse(newest()?.detail ?? '')).toEqual({
		grants: [{ database: `${'d'.repeat(1_000)}…`, level: 'read' }],
	});
});

it('records the last of many grants as well as the first, and of too much its hash', async () => {
	const { serviceId } = seeded;
	const grants = Array.from({ length: 199 }, (_, index) => ({
		database: `d${index}`,
		level: 'read' as const,
	}));
	const all = [...grants, { database: 'payroll', level: 'owner' as const }];
	await codeOf(callerOf('owner').databaseUsers.setGrants({ serviceId, name: 'app', grants: all }));
	expect(newest()).toMatchObject({ action: 'databaseUsers.setGrants' });
	expect(JSON.parse(newest()?.detail ?? '')).toEqual({ grants: all });

	const tooMany = Array.from({ length: 2_000 }, (_, index) => ({
		database: `${'d'.repeat(30)}${index}`,
		level: 'read' as const,
	}));
	await codeOf(callerOf('owner').databaseUsers.setGrants({ serviceId, name: 'app', grants: tooMany }));
	const json = JSON.stringify({ grants: tooMany });
	expect(JSON.parse(newest()?.detail ?? '')).toEqual({
		sha256: createHash('sha256').update(json).digest('hex'),
		characters: json.length,
		beginning: json.slice(0, 64_000),
	});
});

it('says who has a second factor to admins and to the person alone', async () => {
	const { projectId, people } = seeded;
	const known = async (role: 'owner' | 'viewer') => {
		const list = await callerOf(role).members.list({ projectId });
		return list.filter(({ hasSecondFactor }) => hasSecondFactor !== null).map(({ userId }) => userId);
	};
	expect(await known('owner')).toHaveLength(5);
	expect(await known('viewer')).toEqual([people.viewer.id]);
});

it('says how full the disk is to all members, and how much memory is left to admins alone', async () => {
	vi.spyOn(app.catalogue, 'read').mockResolvedValue({
		...{ isDockerUp: true, engines: [], presets: [] },
		memory: { machineBytes: 8, leftBytes: 2 },
		disk: { totalBytes: 9, freeBytes: 3 },
	});
	const { projectId } = seeded;
	const { memory, disk } = await callerOf('owner').services.catalogue({ projectId });
	expect(memory).toEqual({ machineBytes: 8, leftBytes: 2 });
	expect(disk).toEqual({ totalBytes: 9, freeBytes: 3 });
	expect(await callerOf('viewer').services.catalogue({ projectId })).toMatchObject({ memory: null, disk });
});

it('records what was asked for, and a new name beside the old one', async () => {
	const { projectId, serviceId, serviceName, member } = seeded;
	await callerOf('owner').members.setRole({ projectId, userId: member.id, role: 'admin' });
	expect(newest()?.detail).toBe('{"role":"admin"}');
	await callerOf('owner').services.rename({ serviceId, name: 'renamed-now' });
	expect(newest()).toMatchObject({ targetName: serviceName, detail: '{"name":"renamed-now"}' });
	const password = 'a long Enough passphrase 42';
	const wanted = { name: 'ci', scopes: ['read' as const], expiresInDays: 7 };
	await callerOf('owner').tokens.create({ ...wanted, projectId, password });
	expect(newest()?.detail).toBe('{"scopes":["read"],"expiresInDays":7}');
	const everything = JSON.stringify(app.db.select().from(auditLog).all());
	expect(everything).not.toContain(password);
	expect(await app.audit.verify()).toMatchObject({ valid: true });
});

describe('when the outcome cannot be written', () => {
	it('fails the call, and writes it with the next record', async () => {
		const { projectId } = seeded;
		vi.spyOn(app.audit, 'outcome').mockImplementationOnce(() => {
			throw new AppError('DISK_FULL');
		});
		const renamed = callerOf('owner').projects.rename({ projectId, name: 'renamed' });
		expect(await codeOf(renamed)).toBe('DISK_FULL');
		const intentSeq = newest()?.seq ?? 0;
		expect(newest()).toMatchObject({ action: 'projects.rename', phase: 'intent' });
		await callerOf('owner').auth.logout();
		const ends = app.db.select().from(auditLog).where(eq(auditLog.intentSeq, intentSeq)).all();
		expect(ends).toMatchObject([{ action: 'projects.rename', outcome: 'succeeded' }]);
	});
});

describe('while the vault is sealed', () => {
	it('still refuses for the real reason, and records it', async () => {
		seal();
		const { projectId } = seeded;
		expect(await codeOf(callerOf('viewer').projects.rename({ projectId, name: 'x' }))).toBe('FORBIDDEN');
		expect(newest()).toMatchObject({ action: 'projects.rename', outcome: 'denied' });
		expect(await codeOf(callerOf('owner').projects.rename({ projectId, name: 'x' }))).toBe('SEALED');
	});

	it('takes no new people in', async () => {
		seal();
		const before = newest()?.seq;
		const [token, password] = ['x'.repeat(43), 'a long Enough passphrase 42'];
		const { auth } = callerOf(null);
		expect(await codeOf(auth.acceptInvitation({ token, password }))).toBe('SEALED');
		expect(await codeOf(auth.setup({ token, password, email: 'a@example.org' }))).toBe('SEALED');
		expect(newest()?.seq).toBe(before);
	});

	it('counts no login as a guess whose code could not be verified', async () => {
		app.db.delete(loginAttempts).run();
		const { id, email } = seeded.people.owner;
		const values = { totpEnabledAt: new Date(), totpCell: 'v1:x' };
		app.db.update(users).set(values).where(eq(users.id, id)).run();
		seal();
		vi.spyOn(app.vault, 'decrypt').mockImplementation(() => {
			throw new AppError('SEALED');
		});
		const proof = { email, password: 'a long Enough passphrase 42', code: '000000' };
		for (let count = 0; count < 7; count += 1) {
			expect(await codeOf(callerOf(null).auth.login(proof))).toBe('SEALED');
		}
		expect(
			app.db
				.select()
				.from(loginAttempts)
				.all()
				.map(({ failures }) => failures),
		).toEqual([0]);
	});
});
