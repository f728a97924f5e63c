import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MIB } from '$lib/shared/units';
import type { SettingValue } from '$lib/shared/settings';
import { databaseEngineById } from '../engines';
import { AppError } from '../errors';
import { findOperation } from '../operations/repository';
import { TestApp, testCaller } from '../testing/test-app';
import { getService } from './repository';

/** Settings of a real server: changed while it runs, with a new start, refused, and after a crash. */
let test: TestApp;
let serviceId: string;

const row = () => getService(test.app.db, serviceId);
const name = () => test.app.names.container(serviceId);
const container = () => test.app.docker.containers.inspect(name());
const configure = (values: Record<string, SettingValue | null>) =>
	test.app.manager.configure(serviceId, values, testCaller);

async function setting(key: string) {
	const found = (await test.app.settingsReader.read(serviceId)).find(({ spec }) => spec.key === key);
	if (!found) throw new Error(`no setting ${key}`);
	const { spec: _spec, ...view } = found;
	return view;
}

async function databases() {
	const admin = await test.app.broker.admin(row());
	return (await admin.listDatabases()).items.map((database) => database.name);
}

beforeAll(async () => {
	test = new TestApp();
	serviceId = await test.createPostgres(test.createProject(), 'orders');
	const admin = await test.app.broker.admin(row());
	await admin.createDatabase({ name: 'kept', owner: null });
});
afterAll(async () => {
	vi.restoreAllMocks();
	await test.remove();
});

/** No value of PostgreSQL's settings keeps it from coming up, so this one is given an argument that does. */
const FATAL_CONNECTIONS = 99;
function makeFatal(): void {
	const { lifecycle } = databaseEngineById('postgres');
	const { containerSpec } = lifecycle;
	vi.spyOn(lifecycle, 'containerSpec').mockImplementation((input) => {
		const spec = containerSpec(input);
		const isFatal = input.settings.max_connections === FATAL_CONNECTIONS;
		return isFatal ? { ...spec, command: [...spec.command, '-c', 'no_such_setting=1'] } : spec;
	});
}

describe('settings', () => {
	it('that follow from the memory size are in force from the start', async () => {
		const views = await test.app.settingsReader.read(serviceId);
		expect(views.length).toBeGreaterThan(10);
		expect(views.filter(({ isPending }) => isPending)).toEqual([]);
		expect(await setting('shared_buffers')).toEqual({
			...{ profileValue: 64 * MIB, declaredValue: null, actualValue: 64 * MIB, isPending: false },
		});
		expect(await setting('work_mem')).toMatchObject({
			actualValue: (await setting('work_mem')).profileValue,
		});
	});

	it('are changed in the running server where that will do, and taken back to what they were', async () => {
		const before = await container();
		await test.succeeded(configure({ work_mem: 3 * MIB, statement_timeout: 60_000 }));
		expect(await setting('work_mem')).toMatchObject({ declaredValue: 3 * MIB, actualValue: 3 * MIB });
		expect(await setting('statement_timeout')).toMatchObject({ actualValue: 60_000, isPending: false });
		await test.succeeded(configure({ work_mem: null, statement_timeout: null }));
		const { profileValue, actualValue } = await setting('work_mem');
		expect(actualValue).toBe(profileValue);
		expect(await setting('statement_timeout')).toMatchObject({ actualValue: 0, declaredValue: null });
		expect(row().settings).toEqual({});
		expect(await container()).toEqual(before);
	});

	it('that need a new start get one, on the same data', async () => {
		const before = await container();
		await test.succeeded(configure({ max_connections: 77, work_mem: 2 * MIB }));
		expect((await container())?.id).not.toBe(before?.id);
		expect(await setting('max_connections')).toMatchObject({ actualValue: 77, isPending: false });
		expect(await setting('work_mem')).toMatchObject({ actualValue: 2 * MIB, isPending: false });
		expect(await databases()).toContain('kept');
		expect((await test.app.reconciler.runOnce()).drifted).toEqual([]);
	});

	it('that it does not come up with are taken back, and the former ones are in force', async () => {
		makeFatal();
		const ended = await test.ended(configure({ max_connections: FATAL_CONNECTIONS, work_mem: 4 * MIB }));
		expect(ended).toMatchObject({ status: 'undone', errorCode: 'SETTING_REFUSED' });
		expect(ended.errorDetails).toMatchObject({ key: 'max_connections' });
		expect(row().settings).toEqual({ max_connections: 77, work_mem: 2 * MIB });
		expect(await setting('max_connections')).toMatchObject({ actualValue: 77, isPending: false });
		expect(await setting('work_mem')).toMatchObject({ actualValue: 2 * MIB });
		expect(await databases()).toContain('kept');
		expect((await test.app.reconciler.runOnce()).drifted).toEqual([]);
	});

	it('that it refuses while it runs are taken back together', async () => {
		const { configurable } = databaseEngineById('postgres');
		if (!configurable) throw new Error('no settings');
		const refusal = new AppError('SETTING_REFUSED', { details: { key: 'statement_timeout' } });
		vi.spyOn(configurable, 'apply').mockRejectedValueOnce(refusal);
		const before = await container();
		const ended = await test.ended(configure({ statement_timeout: 60_000, work_mem: 5 * MIB }));
		expect(ended).toMatchObject({ status: 'undone', errorCode: 'SETTING_REFUSED' });
		expect(row().settings).toEqual({ max_connections: 77, work_mem: 2 * MIB });
		expect(await setting('work_mem')).toMatchObject({ actualValue: 2 * MIB, isPending: false });
		expect(await container()).toEqual(before);
	});

	it('are refused before anything is done when no such value can be', () => {
		const refused = (values: Record<string, SettingValue>) => () => configure(values);
		const invalid = (details: object) =>
			expect.objectContaining({ code: 'SETTING_INVALID', details: expect.objectContaining(details) });
		expect(refused({ max_connections: 1 })).toThrowError(invalid({ key: 'max_connections', min: 20 }));
		expect(refused({ data_directory: '/' })).toThrowError(invalid({ key: 'data_directory' }));
		expect(refused({ wal_level: 'minimal' })).toThrowError(invalid({ key: 'wal_level' }));
	});

	it('follow the memory size where nobody declared them', async () => {
		await test.succeeded(test.app.manager.resize(serviceId, 512 * MIB, testCaller));
		expect(await setting('shared_buffers')).toMatchObject({ actualValue: 128 * MIB, isPending: false });
		expect(await setting('effective_cache_size')).toMatchObject({ actualValue: 384 * MIB });
		expect(await setting('work_mem')).toMatchObject({ actualValue: 2 * MIB });
		await test.succeeded(test.app.manager.resize(serviceId, 256 * MIB, testCaller));
		expect(await setting('effective_cache_size')).toMatchObject({ actualValue: 192 * MIB });
	});

	it('lost behind our back are set again when the server is seen to have started anew', async () => {
		const target = await test.app.broker.target(row(), test.app.secrets.root(serviceId));
		await databaseEngineById('postgres').configurable?.apply(target, { work_mem: 1 * MIB });
		await expect.poll(async () => (await setting('work_mem')).isPending, { timeout: 30_000 }).toBe(true);
		await test.app.docker.client.engine.getContainer(name()).restart();
		await expect
			.poll(
				async () => {
					await test.app.reconciler.runOnce();
					return (await setting('work_mem')).actualValue;
				},
				{ timeout: 30_000, interval: 500 },
			)
			.toBe(2 * MIB);
	});

	it('of a stopped server are taken at its next start', async () => {
		await test.succeeded(test.app.manager.stop(serviceId, testCaller));
		await test.succeeded(configure({ max_connections: 66, work_mem: 3 * MIB }));
		expect((await container())?.status).toBe('created');
		expect(await setting('max_connections')).toMatchObject({ declaredValue: 66, actualValue: null });
		await test.succeeded(test.app.manager.start(serviceId, testCaller));
		expect(await setting('max_connections')).toMatchObject({ actualValue: 66, isPending: false });
		expect(await setting('work_mem')).toMatchObject({ actualValue: 3 * MIB, isPending: false });
		expect(await databases()).toContain('kept');
	});
});

describe('a panel that ends while settings are changed', () => {
	it.each(['settings', 'container', 'ready', 'verify'])(
		'in step %s, brings them to their end after its restart',
		async (key) => {
			const next = row().settings.max_connections === 77 ? 66 : 77;
			const { operationId } = configure({ max_connections: next, work_mem: next * MIB });
			await test.rebuildIn(operationId, key);
			await test.app.runner.resumeAll();
			const ended = await test.app.runner.wait(operationId);
			expect(ended.status).toBe('succeeded');
			// The last step may have been over by then.
			if (key !== 'verify') expect(ended.attempts).toBe(2);
			expect(await setting('max_connections')).toMatchObject({ actualValue: next, isPending: false });
			expect(await setting('work_mem')).toMatchObject({ actualValue: next * MIB, isPending: false });
			expect(await databases()).toContain('kept');
		},
	);

	it('while they are taken back, goes on taking them back', async () => {
		const before = row().settings;
		const { operationId } = configure({ max_connections: FATAL_CONNECTIONS });
		await expect
			.poll(() => findOperation(test.app.db, operationId)?.row.errorCode, { timeout: 60_000, interval: 5 })
			.toBe('SETTING_REFUSED');
		await test.rebuild();
		await test.app.runner.resumeAll();
		expect(await test.app.runner.wait(operationId)).toMatchObject({ status: 'undone', attempts: 2 });
		expect(row().settings).toEqual(before);
		expect(await setting('max_connections')).toMatchObject({ actualValue: before.max_connections });
		expect(await databases()).toContain('kept');
	});
});
