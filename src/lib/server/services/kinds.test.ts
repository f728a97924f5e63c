import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildApp, type App } from '../app';
import { services } from '../db/schema';
import { loadEnv } from '../env';
import { AppError } from '../errors';
import { createLogger, Redactor } from '../log';
import { proceduresOf } from '../testing/procedures';
import { samples } from '../testing/surface-samples';
import { seedProject, type SeededProject } from '../testing/surface-seed';
import { appRouter } from '../trpc/router';

/** What is for servers of one kind is refused for those of another, whether they run or not. No Docker answers here. */
let dataDir: string;
let app: App;
let databases: SeededProject;
let storage: SeededProject;

beforeAll(() => {
	dataDir = mkdtempSync(join(tmpdir(), 'sh0-kinds-'));
	app = buildApp(
		{ ...loadEnv({}), dataDir, dockerSocket: join(dataDir, 'none.sock') },
		{ log: createLogger({ level: 'error', redactor: new Redactor(), write: () => {} }) },
	);
	databases = seedProject(app.db);
	storage = seedProject(app.db);
	app.db
		.update(services)
		.set({ kind: 'storage', engine: 'garage', version: '2' })
		.where(eq(services.id, storage.serviceId))
		.run();
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
	await app.stop();
	rmSync(dataDir, { recursive: true });
});

const queriesAndMutations = proceduresOf().filter(({ type }) => type !== 'subscription');
const under = (...rooms: string[]) =>
	queriesAndMutations.map(({ path }) => path).filter((path) => rooms.some((room) => path.startsWith(room)));

async function codeOf(path: keyof typeof samples, project: SeededProject): Promise<string> {
	const caller: unknown = appRouter.createCaller({
		...{ app, requestId: 'r', ip: '127.0.0.1', userAgent: 'test', cookies: null, batchSize: 1 },
		credentials: { kind: 'session', token: project.people.owner.sessionToken },
	});
	const call = path
		.split('.')
		.reduce<unknown>((part, key) => (isIndexable(part) ? Reflect.get(part, key) : undefined), caller);
	if (typeof call !== 'function') throw new Error(`no procedure ${path}`);
	try {
		const input = { ...samples[path](project, 'owner'), serviceId: project.serviceId };
		await Reflect.apply(call, undefined, [input]);
		return 'no error';
	} catch (error) {
		return error instanceof Error ? error.message : String(error);
	}
}

const isIndexable = (value: unknown): value is object =>
	(typeof value === 'object' && value !== null) || typeof value === 'function';

describe('on a storage server', () => {
	it.each(under('databases.', 'databaseUsers.', 'databaseSessions.', 'browser.', 'services.settings.'))(
		'%s is not supported',
		async (path) => expect(await codeOf(path, storage)).toBe('NOT_SUPPORTED'),
	);

	it.each(['services.get', 'services.connection', 'services.stats', 'services.growth'] as const)(
		'%s answers as for any other',
		async (path) => expect(await codeOf(path, storage)).toBe('no error'),
	);

	it('a public link is found while no secret can be opened', async () => {
		const { serviceId } = storage;
		vi.spyOn(app.containers, 'find').mockResolvedValue({
			...{ id: 'c', name: 'c', labels: {}, status: 'running', imageId: 'i', imageRef: 'i', specHash: null },
			...{ startedAt: null, finishedAt: null, exitCode: null, restartCount: 0, oomKilled: false },
			...{ health: 'none', memoryBytes: 0, requestedPorts: {}, networks: {}, volumes: {}, restartPolicy: '' },
			hostPorts: { 3900: 51_000, 3902: 51_001, 3903: 51_002 },
		});
		vi.spyOn(app.secrets, 'root').mockImplementation(() => {
			throw new AppError('SEALED');
		});
		const object = { serviceId, bucket: 'photos', key: 'a.png', method: 'GET' as const };
		const link = app.objectBytes.link({ ...object, signature: [], headers: {} });
		expect(await link).toMatchObject({ port: 51_001 });
	});

	it('the port of websites is told as the engine has it, and from this machine only while it runs', async () => {
		const connection = await app.reader.connection(storage.serviceId, {});
		expect(connection.storage?.web).toEqual({
			address: null,
			networkAddress: `${connection.networkHost}:3902`,
		});
	});
});

describe('on a database server', () => {
	it.each(under('buckets.', 'storageKeys.', 'objects.'))('%s is not supported', async (path) =>
		expect(await codeOf(path, databases)).toBe('NOT_SUPPORTED'),
	);
});
