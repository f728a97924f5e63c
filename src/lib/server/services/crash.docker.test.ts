import { setTimeout as sleep } from 'node:timers/promises';
import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { MIB } from '$lib/shared/units';
import { operations } from '../db/schema';
import { createDocker } from '../docker';
import { databaseEngineById } from '../engines';
import { AppError } from '../errors';
import { findOperation, listOperations } from '../operations/repository';
import { startDockerProxy, type DockerProxy } from '../testing/docker-proxy';
import { smallPostgres, TestApp, testCaller } from '../testing/test-app';
import { findService, getService } from './repository';

/** What a panel that ends, and a Docker that goes away, leave behind: nothing. */
let proxy: DockerProxy;
let test: TestApp;
let projectId: string;

beforeAll(async () => {
	proxy = await startDockerProxy();
	test = new TestApp({ dockerSocket: proxy.host.slice('unix://'.length) });
	projectId = test.createProject();
});
afterEach(() => {
	vi.restoreAllMocks();
	proxy.arm(null);
	proxy.setBroken(false);
});
afterAll(async () => {
	proxy.setBroken(false);
	await test.remove();
	await proxy.close();
});

const create = (name: string) => test.app.manager.create({ ...smallPostgres, projectId, name }, testCaller);

const stepIs = (operationId: string, key: string) =>
	expect
		.poll(() => findOperation(test.app.db, operationId)?.steps.find((step) => step.key === key)?.status, {
			timeout: 90_000,
			interval: 20,
		})
		.toBe('running');

/** Lets no server answer until it is called off: step `ready` lasts as long, however fast the machine is. */
function keepUnready(): () => void {
	const { lifecycle } = databaseEngineById(smallPostgres.engine);
	const probe = vi.spyOn(lifecycle, 'probe').mockRejectedValue(new AppError('ENGINE_NOT_READY'));
	return () => probe.mockRestore();
}

/** It was seen to end. One that only does not answer has the same code, after minutes. */
const killed = { errorCode: 'ENGINE_NOT_READY', errorDetails: { exitCode: 137 } };

async function databases(serviceId: string) {
	const admin = await test.app.broker.admin(getService(test.app.db, serviceId));
	return (await admin.listDatabases()).items.map(({ name }) => name);
}

async function leftOver() {
	const { docker } = test.app;
	return {
		containers: (await docker.containers.list()).map(({ name }) => name),
		volumes: (await docker.volumes.list()).map(({ name }) => name),
		networks: (await docker.networks.list()).map(({ name }) => name),
	};
}

describe('a panel that ends while a server is being made', () => {
	it.each(['container', 'ready', 'credentials'])(
		'in step %s, makes it anew after its restart',
		async (key) => {
			const { operationId, serviceId } = await create(`made-${key}`);
			await test.rebuildIn(operationId, key);
			expect(findOperation(test.app.db, operationId)?.row).toMatchObject({ status: 'running' });
			await test.app.runner.resumeAll();
			expect(await test.app.runner.wait(operationId)).toMatchObject({ status: 'succeeded', attempts: 2 });
			expect(await databases(serviceId)).toContain('postgres');
			expect(test.app.secrets.find(serviceId, 'bootstrap', 'current')).toBeNull();
			await test.succeeded(test.app.manager.remove(serviceId, `made-${key}`, testCaller));
			await test.succeeded(test.app.manager.purge(serviceId, `made-${key}`, testCaller));
		},
	);
});

describe('a server that cannot be made', () => {
	it('leaves nothing behind, and its name and port are free', async () => {
		const letAnswer = keepUnready();
		const started = await create('doomed');
		await stepIs(started.operationId, 'ready');
		// The engine ends each time, as one that runs out of memory.
		const name = test.app.names.container(started.serviceId);
		const killing = new AbortController();
		const killer = (async () => {
			while (!killing.signal.aborted) {
				await test.app.docker.client.engine
					.getContainer(name)
					.kill()
					.catch(() => {});
				await sleep(100);
			}
		})();
		const operation = await test.ended(started);
		killing.abort();
		await killer;
		letAnswer();
		expect(operation).toMatchObject({ status: 'undone', ...killed });
		expect(findService(test.app.db, started.serviceId)).toBeUndefined();
		expect(await leftOver()).toEqual({ containers: [], volumes: [], networks: [] });
		await test.createPostgres(projectId, 'doomed');
	});

	it('in another size has its former size again', async () => {
		const [item] = await test.app.reader.list(projectId);
		const serviceId = item?.id ?? '';
		const letAnswer = keepUnready();
		const started = test.app.manager.resize(serviceId, 512 * MIB, testCaller);
		const { operationId } = await started;
		await stepIs(operationId, 'ready');
		const name = test.app.names.container(serviceId);
		await test.app.docker.client.engine.getContainer(name).kill();
		letAnswer();
		expect(await test.ended(started)).toMatchObject({ status: 'undone', ...killed });
		expect(getService(test.app.db, serviceId).memoryBytes).toBe(256 * MIB);
		expect(await test.app.docker.containers.inspect(name)).toMatchObject({
			memoryBytes: 256 * MIB,
			status: 'running',
		});
		await test.succeeded(test.app.manager.remove(serviceId, 'doomed', testCaller));
		await test.succeeded(test.app.manager.purge(serviceId, 'doomed', testCaller));
	});
});

describe('a container that somebody removes', () => {
	it.each([
		['stopped', /\/stop$/],
		['started', /\/start$/],
	] as const)('just as it is %s is made anew, on the same data', async (_when, call) => {
		const serviceId = await test.createPostgres(projectId, 'taken');
		const direct = createDocker({
			socketPath: '/var/run/docker.sock',
			instanceId: test.app.instance.instanceId,
		});
		const name = test.app.names.container(serviceId);
		const before = await direct.containers.inspect(name);
		proxy.arm(null);
		proxy.hold(call);
		const restarted = test.ended(test.app.manager.restart(serviceId, testCaller));
		await expect.poll(() => proxy.calls().some((made) => call.test(made)), { timeout: 20_000 }).toBe(true);
		await direct.containers.remove(name);
		proxy.hold(null);
		expect(await restarted).toMatchObject({ status: 'succeeded' });
		expect((await direct.containers.inspect(name))?.id).not.toBe(before?.id);
		expect(await databases(serviceId)).toContain('postgres');
		await test.succeeded(test.app.manager.remove(serviceId, 'taken', testCaller));
		await test.succeeded(test.app.manager.purge(serviceId, 'taken', testCaller));
	});
});

describe('Docker away', () => {
	it('holds work up, fails nothing, and lets it go on by itself', async () => {
		const letAnswer = keepUnready();
		const started = await create('patient');
		await stepIs(started.operationId, 'ready');
		proxy.setBroken(true);
		letAnswer();
		await expect
			.poll(() => test.app.runner.view(started.operationId)?.waitingFor, { timeout: 20_000 })
			.toBe('docker');
		expect(await test.app.reader.list(projectId)).toMatchObject([{ status: 'creating' }]);
		proxy.setBroken(false);
		expect((await test.ended(started)).status).toBe('succeeded');
		expect(await databases(started.serviceId)).toContain('postgres');
	});

	it('is said of services, and the reconciler is back within 15 s of its return', async () => {
		await test.app.start();
		for (const { row } of listOperations(test.app.db, { projectId, limit: 50 }))
			await test.app.runner.wait(row.id);
		const service = test.app.db.query.services
			.findFirst({ where: (table) => eq(table.name, 'patient') })
			.sync();
		const serviceId = service?.id ?? '';
		const status = async () => (await test.app.reader.get(serviceId)).status;
		await expect.poll(status, { timeout: 30_000 }).toBe('running');
		proxy.setBroken(true);
		await expect.poll(status, { timeout: 30_000 }).toBe('unknown');
		await expect(test.app.catalogue.read()).resolves.toMatchObject({ isDockerUp: false });
		// Meanwhile somebody removes the container, which the panel cannot see.
		const direct = createDocker({
			socketPath: '/var/run/docker.sock',
			instanceId: test.app.instance.instanceId,
		});
		await direct.containers.remove(test.app.names.container(serviceId));
		await sleep(2_000);
		proxy.setBroken(false);
		const backAt = Date.now();
		await expect.poll(async () => (await direct.containers.list()).length, { timeout: 15_000 }).toBe(1);
		expect(Date.now() - backAt).toBeLessThan(15_000);
		await expect.poll(status, { timeout: 20_000 }).toBe('running');
		expect(await databases(serviceId)).toContain('postgres');
	});

	it('is noticed by an event when a container is removed under a running panel', async () => {
		const service = test.app.db.query.services
			.findFirst({ where: (table) => eq(table.name, 'patient') })
			.sync();
		const serviceId = service?.id ?? '';
		const before = await test.app.docker.containers.inspect(test.app.names.container(serviceId));
		await test.app.docker.client.engine.getContainer(before?.id ?? '').remove({ force: true, v: true });
		await expect
			.poll(async () => (await test.app.docker.containers.list()).filter(({ id }) => id !== before?.id), {
				timeout: 20_000,
			})
			.toHaveLength(1);
		await expect
			.poll(
				() => test.app.db.select().from(operations).where(eq(operations.status, 'running')).all().length,
				{ timeout: 20_000 },
			)
			.toBe(0);
		expect(await databases(serviceId)).toContain('postgres');
	});

	it('tries again as soon as it may what failed once', async () => {
		const [item] = await test.app.reader.list(projectId);
		const serviceId = item?.id ?? '';
		const container = test.app.docker.client.engine.getContainer(test.app.names.container(serviceId));
		const starts = () =>
			listOperations(test.app.db, { projectId, limit: 50 }).filter(({ row }) => row.kind === 'service.start');
		const before = starts().length;
		const letAnswer = keepUnready();
		await container.kill();
		await expect.poll(() => starts().length, { timeout: 30_000, interval: 20 }).toBe(before + 1);
		await stepIs(starts()[0]?.row.id ?? '', 'ready');
		await container.kill();
		letAnswer();
		// Well before the look at everything, which comes every 30 s.
		await expect.poll(() => starts().length, { timeout: 15_000 }).toBe(before + 2);
		const [again, failed] = starts();
		expect(failed?.row).toMatchObject({ status: 'failed', ...killed });
		expect((await test.app.runner.wait(again?.row.id ?? '')).status).toBe('succeeded');
		expect(await databases(serviceId)).toContain('postgres');
	});
});
