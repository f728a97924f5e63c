import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApp, type App } from '../app';
import { services } from '../db/schema';
import { loadEnv } from '../env';
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
});

describe('on a database server', () => {
	it.each(under('buckets.', 'storageKeys.', 'objects.'))('%s is not supported', async (path) =>
		expect(await codeOf(path, databases)).toBe('NOT_SUPPORTED'),
	);
});
