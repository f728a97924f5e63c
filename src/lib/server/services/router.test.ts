import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { buildApp, type App } from '../app';
import { members, operations, sessions } from '../db/schema';
import { loadEnv } from '../env';
import { createLogger, Redactor } from '../log';
import { RECHECK_MS } from '../operations/live';
import { operationView, type OperationView } from '../operations/view';
import { findOperation } from '../operations/repository';
import { seedProject, type SeededProject } from '../testing/surface-seed';
import { appRouter } from '../trpc/router';

/** The API where no Docker answers. */
let dataDir: string;
let app: App;
let seeded: SeededProject;

beforeAll(() => {
	dataDir = mkdtempSync(join(tmpdir(), 'sh0-router-'));
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

function callerOf(role: 'owner' | 'viewer') {
	return appRouter.createCaller({
		...{ app, requestId: 'r', ip: '127.0.0.1', userAgent: 'test', cookies: null, batchSize: 1 },
		credentials: { kind: 'session', token: seeded.people[role].sessionToken },
	});
}

const codeOf = (promise: Promise<unknown>) =>
	promise.then(
		() => 'no error',
		(error: unknown) => (error instanceof Error ? error.message : 'no error'),
	);

describe('without Docker', () => {
	it('lists what there is, as unknown', async () => {
		const { projectId, serviceId } = seeded;
		const [item] = await callerOf('viewer').services.list({ projectId });
		expect(item).toMatchObject({ id: serviceId });
		expect(item?.status).toBe('unknown');
		expect(await callerOf('viewer').services.get({ serviceId })).toMatchObject({ id: serviceId });
		expect(await callerOf('viewer').services.connection({ serviceId })).toMatchObject({ isRunning: false });
		expect((await callerOf('viewer').services.stats({ serviceId })).points).toEqual([]);
	});

	it('says so in the catalogue, quickly', async () => {
		const began = Date.now();
		const catalogue = await callerOf('viewer').services.catalogue({ projectId: seeded.projectId });
		expect(Date.now() - began).toBeLessThan(2_000);
		expect(catalogue).toMatchObject({ isDockerUp: false, memory: null });
		expect(catalogue.engines[0]?.versions.length).toBeGreaterThan(3);
		expect(catalogue.presets.every(({ allowed }) => !allowed)).toBe(true);
	});

	it('refuses to make a server, leaves no row, and records the failure', async () => {
		const input = { projectId: seeded.projectId, engine: 'postgres', version: '18', memoryBytes: 2 ** 28 };
		const before = (await callerOf('owner').services.list({ projectId: seeded.projectId })).length;
		expect(await codeOf(callerOf('owner').services.create({ ...input, name: 'orders' }))).toBe(
			'DOCKER_UNAVAILABLE',
		);
		expect(await callerOf('owner').services.list({ projectId: seeded.projectId })).toHaveLength(before);
		const { entries } = await callerOf('owner').activity.list({ projectId: seeded.projectId });
		expect(entries[0]).toMatchObject({ action: 'services.create', outcome: 'failed' });
	});

	it('refuses names and sizes before anything is asked of Docker', async () => {
		const input = { projectId: seeded.projectId, engine: 'postgres', version: '18', memoryBytes: 2 ** 28 };
		const create = (more: object) =>
			codeOf(callerOf('owner').services.create({ ...input, name: 'orders', ...more }));
		expect(await create({ name: 'Not-A-Name' })).toMatch(/NAME_INVALID|NAME/);
		expect(await create({ name: 'localhost' })).toMatch(/NAME_RESERVED/);
		expect(await create({ version: '3' })).toBe('ENGINE_VERSION_UNKNOWN');
		expect(await create({ dataLimitBytes: 2 ** 33 })).toBe('NOT_SUPPORTED');
		expect(await create({ engine: 'garage', version: '2', dataLimitBytes: 2 ** 20 })).toBe('BAD_INPUT');
		vi.spyOn(app.catalogue, 'isUnavailable').mockResolvedValueOnce(true);
		expect(await create({})).toBe('IMAGE_UNAVAILABLE');
	});
});

describe('a watched operation', () => {
	const watch = async (role: 'owner' | 'viewer') => {
		const seen: OperationView[] = [];
		const ends: string[] = [];
		const subscription = await callerOf(role).operations.watch({ operationId: seeded.operationId });
		const { unsubscribe } = subscription.subscribe({
			next: (view) => seen.push(view),
			error: (error: unknown) => ends.push(error instanceof Error ? error.message : 'unknown'),
			complete: () => ends.push('complete'),
		});
		return { seen, ends, unsubscribe };
	};

	function current(): OperationView {
		const found = findOperation(app.db, seeded.operationId);
		if (!found) throw new Error('no such operation');
		return operationView(found.row, found.steps);
	}

	it('is told as it is, then each change, and completes with its end', async () => {
		const running = { status: 'running', finishedAt: null } as const;
		app.db.update(operations).set(running).where(eq(operations.id, seeded.operationId)).run();
		const { seen, ends } = await watch('viewer');
		app.runner.bus.publish({ ...current(), attempts: 2 });
		app.runner.bus.publish({ ...current(), id: 'opr_other' });
		app.runner.bus.publish({ ...current(), status: 'succeeded' });
		await expect.poll(() => ends).toEqual(['complete']);
		expect(seen.map(({ attempts, status }) => [attempts, status])).toEqual([
			[current().attempts, 'running'],
			[2, 'running'],
			[current().attempts, 'succeeded'],
		]);
	});

	it('that has ended is told once', async () => {
		const { seen, ends } = await watch('viewer');
		await expect.poll(() => ends).toEqual(['complete']);
		expect(seen).toEqual([current()]);
	});

	it.each([
		[
			'the session is revoked',
			'NOT_SIGNED_IN',
			() => app.db.delete(sessions).where(eq(sessions.userId, seeded.people.viewer.id)).run(),
		],
		[
			'the membership ends',
			'NOT_FOUND',
			() => app.db.delete(members).where(eq(members.userId, seeded.people.viewer.id)).run(),
		],
	])('is told no longer when %s', async (_what, code, end) => {
		vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
		try {
			const subscription = await callerOf('viewer').operations.watchProject({ projectId: seeded.projectId });
			const ends: string[] = [];
			subscription.subscribe({
				next: () => {},
				error: (error: unknown) => ends.push(error instanceof Error ? error.message : 'unknown'),
				complete: () => {},
			});
			vi.advanceTimersByTime(RECHECK_MS);
			await new Promise((resolve) => setImmediate(resolve));
			expect(ends).toEqual([]);
			end();
			vi.advanceTimersByTime(RECHECK_MS);
			await expect.poll(() => ends).toEqual([code]);
		} finally {
			vi.useRealTimers();
		}
	});
});
