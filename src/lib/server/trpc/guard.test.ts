import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { desc, eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildApp, type App } from '../app';
import { auditLog, loginAttempts, users } from '../db/schema';
import { loadEnv } from '../env';
import { AppError } from '../errors';
import { createLogger, Redactor } from '../log';
import { seedProject, type SeededProject } from '../testing/surface-seed';
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
	return appRouter.createCaller({
		...{ app, requestId: 'r', ip: '127.0.0.1', userAgent: 'test', batchSize: 1 },
		cookies: overSocket ? null : cookies,
		credentials: role === null ? null : { kind: 'session', token: seeded.people[role].sessionToken },
	});
}

const codeOf = (promise: Promise<unknown>) =>
	promise.then(
		() => 'no error',
		(error: unknown) => (error instanceof Error ? error.message : 'no error'),
	);
const newest = () => app.db.select().from(auditLog).orderBy(desc(auditLog.seq)).get();
const outcomesOf = (action: string) =>
	app.db
		.select()
		.from(auditLog)
		.where(eq(auditLog.action, action))
		.orderBy(desc(auditLog.seq))
		.all()
		.map(({ outcome, errorCode }) => ({ outcome, errorCode }));
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
		const [token, password] = ['x'.repeat(43), 'a long Enough passphrase 42'];
		const { auth } = callerOf(null);
		expect(await codeOf(auth.acceptInvitation({ token, password }))).toBe('SEALED');
		expect(await codeOf(auth.setup({ token, password, email: 'a@example.org' }))).toBe('SEALED');
		expect(outcomesOf('auth.setup')).toEqual([]);
	});

	it('counts no login as a guess whose code could not be verified', async () => {
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
