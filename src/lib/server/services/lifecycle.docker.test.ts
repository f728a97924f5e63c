import { createServer } from 'node:net';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GIB, MIB } from '$lib/shared/units';
import { databaseEngineById } from '../engines';
import { services } from '../db/schema';
import { LABEL } from '../docker';
import { listOperations } from '../operations/repository';
import { execIn } from '../testing/exec';
import { smallPostgres, TestApp, testCaller } from '../testing/test-app';
import { getService } from './repository';
import { ROOT_SECRET } from './secrets';

let test: TestApp;
let shop: string;
let lab: string;
/** Two servers of one project and one of another. */
let orders: string;
let stock: string;
let notes: string;

beforeAll(async () => {
	test = new TestApp();
	await test.app.start();
	shop = test.createProject();
	lab = test.createProject();
	[orders, stock, notes] = await Promise.all([
		test.createPostgres(shop, 'orders'),
		test.createPostgres(shop, 'stock'),
		test.createPostgres(lab, 'notes'),
	]);
});
afterAll(() => test.remove());

const containerName = (serviceId: string) => test.app.names.container(serviceId);
const row = (serviceId: string) => getService(test.app.db, serviceId);

async function inspect(serviceId: string) {
	const state = await test.app.docker.containers.inspect(containerName(serviceId));
	if (!state) throw new Error('no container');
	return state;
}

async function status(serviceId: string) {
	return (await test.app.reader.get(serviceId)).status;
}

/** Something to find again. */
async function leaveTrace(serviceId: string, name: string) {
	const admin = await test.app.broker.admin(row(serviceId));
	await admin.createDatabase({ name, owner: null });
}

async function databases(serviceId: string) {
	const admin = await test.app.broker.admin(row(serviceId));
	return (await admin.listDatabases()).items.map(({ name }) => name);
}

describe('a new server', () => {
	it('runs hardened, limited, and on the loopback address only', async () => {
		const info = await test.app.docker.client.engine.getContainer(containerName(orders)).inspect();
		expect(info.HostConfig).toMatchObject({
			Privileged: false,
			CapDrop: ['ALL'],
			SecurityOpt: ['no-new-privileges:true'],
			ReadonlyRootfs: true,
			Memory: 256 * MIB,
			MemorySwap: 256 * MIB,
			Init: true,
			LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
			RestartPolicy: { Name: 'unless-stopped' },
			Binds: null,
			PidMode: '',
			NetworkMode: test.app.names.network(shop),
			PortBindings: { '5432/tcp': [{ HostIp: '127.0.0.1', HostPort: String(row(orders).hostPort) }] },
		});
		expect(info.HostConfig.PidsLimit).toBeGreaterThan(0);
		expect(info.HostConfig.CapAdd).not.toContain('SYS_ADMIN');
		expect(info.Mounts.map(({ Type, Name }) => ({ Type, Name }))).toEqual([
			{ Type: 'volume', Name: test.app.names.volume(orders) },
		]);
		expect(info.Config.Labels).toMatchObject({
			[LABEL.instance]: test.app.instance.instanceId,
			[LABEL.project]: shop,
			[LABEL.service]: orders,
		});
	});

	it('has a root password that is not the one its container was given, and no other secret is left', async () => {
		const info = await test.app.docker.client.engine.getContainer(containerName(orders)).inspect();
		const root = test.app.secrets.root(orders).reveal();
		expect(JSON.stringify(info)).not.toContain(root);
		expect(test.app.secrets.find(orders, 'bootstrap', 'current')).toBeNull();
		expect(test.app.secrets.find(orders, ROOT_SECRET, 'pending')).toBeNull();
		expect(row(orders)).toMatchObject({
			phase: 'ready',
			desiredState: 'running',
			imageOrigin: expect.any(String),
		});
		expect(row(orders).initializedAt).toBeInstanceOf(Date);
	});

	it('is listed with what it is and does', async () => {
		await test.app.sampler.sampleAll();
		await test.app.sampler.sampleAll();
		const items = await test.app.reader.list(shop);
		expect(items.map(({ name }) => name)).toEqual(['orders', 'stock']);
		expect(items[0]).toMatchObject({ id: orders, status: 'running', attention: null, operation: null });
		expect(items[0]?.memoryUsedBytes).toBeGreaterThan(MIB);
		expect(items[0]?.connections).not.toBeNull();
		const { points } = test.app.reader.stats(orders);
		expect(points.at(-1)?.cpuPercent).not.toBeNull();
		expect(test.app.reader.stats(orders, points.at(-1)?.atMs).points).toEqual([]);
	});

	it('shows its log, searched too', async () => {
		const lines = await test.app.logs.read(orders, { tail: 5_000, search: 'READY TO ACCEPT' });
		expect(lines.at(-1)?.line).toContain('ready to accept connections');
		expect((await test.app.logs.read(orders, { tail: 2 })).length).toBe(2);
	});

	it('says how to connect without its password', async () => {
		const connection = await test.app.reader.connection(orders, { database: 'shop', userName: 'shop_app' });
		expect(connection).toMatchObject({
			host: '127.0.0.1',
			port: row(orders).hostPort,
			networkHost: 'orders',
			networkPort: 5432,
			user: 'shop_app',
			database: 'shop',
			isRunning: true,
		});
		expect(connection.uri).toContain('shop_app:PASSWORD@127.0.0.1:');
		expect(connection.networkUri).toContain('@orders:5432/shop');
	});
});

describe('projects', () => {
	it('let their own servers meet by name, and nobody else', async () => {
		const ask = (host: string) =>
			execIn(test.app.docker, containerName(orders), ['pg_isready', '-h', host, '-t', '2']);
		const addressOf = async (serviceId: string, projectId: string) => {
			const info = await test.app.docker.client.engine.getContainer(containerName(serviceId)).inspect();
			return info.NetworkSettings.Networks[test.app.names.network(projectId)]?.IPAddress ?? '';
		};
		expect(await ask('stock')).toBe(0);
		expect(await ask(await addressOf(stock, shop))).toBe(0);
		const foreign = await addressOf(notes, lab);
		expect(foreign).toMatch(/^10\.213\./);
		expect(await ask(foreign)).toBe(2);
		expect(await ask('notes')).toBe(2);
	});

	it('have networks that do not overlap with those of another instance', async () => {
		const other = new TestApp();
		try {
			const projectId = other.createProject();
			await other.app.containers.ensureNetwork(projectId);
			const [theirs] = await other.app.docker.networks.list();
			const ours = await test.app.docker.networks.list();
			expect(ours.map(({ subnet }) => subnet)).not.toContain(theirs?.subnet);
			expect(ours.map(({ name }) => name)).not.toContain(theirs?.name);
		} finally {
			await other.remove();
		}
	});
});

describe('what cannot be made', () => {
	const create = (wish: Partial<Parameters<typeof test.app.manager.create>[0]>) =>
		test.app.manager.create({ ...smallPostgres, projectId: shop, name: 'spare', ...wish }, testCaller);

	it('is refused with the reason', async () => {
		await expect(create({ name: 'orders' })).rejects.toMatchObject({ code: 'NAME_TAKEN', field: 'name' });
		await expect(create({ version: '9' })).rejects.toMatchObject({ code: 'ENGINE_VERSION_UNKNOWN' });
		await expect(create({ engine: 'oracle' })).rejects.toMatchObject({ code: 'ENGINE_VERSION_UNKNOWN' });
		await expect(create({ memoryBytes: 64 * MIB })).rejects.toMatchObject({
			code: 'MEMORY_TOO_SMALL',
			details: { minBytes: 256 * MIB },
		});
		await expect(create({ memoryBytes: 4_000 * GIB })).rejects.toMatchObject({
			code: 'NOT_ENOUGH_MEMORY',
			details: { memoryBytes: 4_000 * GIB },
		});
		expect(await test.app.reader.list(shop)).toHaveLength(2);
	});
});

describe('stop, start, restart', () => {
	it('end cleanly and come back on the same port with the same data', async () => {
		await leaveTrace(stock, 'kept');
		const { port } = await test.app.reader.connection(stock, {});
		await test.succeeded(test.app.manager.stop(stock, testCaller));
		expect(await inspect(stock)).toMatchObject({ status: 'exited', exitCode: 0 });
		expect(await status(stock)).toBe('stopped');
		await expect(test.app.broker.admin(row(stock))).rejects.toMatchObject({ code: 'SERVICE_NOT_RUNNING' });
		await test.succeeded(test.app.manager.start(stock, testCaller));
		expect(await status(stock)).toBe('running');
		await test.succeeded(test.app.manager.restart(stock, testCaller));
		expect((await test.app.reader.connection(stock, {})).port).toBe(port);
		expect(await databases(stock)).toContain('kept');
	});

	it('take another port when somebody else took theirs', async () => {
		const port = row(stock).hostPort ?? 0;
		await test.succeeded(test.app.manager.stop(stock, testCaller));
		const squatter = createServer();
		await new Promise<void>((resolve) => squatter.listen(port, '127.0.0.1', resolve));
		try {
			await test.succeeded(test.app.manager.start(stock, testCaller));
			expect(row(stock).hostPort).not.toBe(port);
			expect((await test.app.reader.connection(stock, {})).port).toBe(row(stock).hostPort);
			expect(await databases(stock)).toContain('kept');
		} finally {
			await new Promise((resolve) => squatter.close(resolve));
		}
	});

	it('let one of two people win', async () => {
		const first = test.app.manager.restart(stock, testCaller);
		expect(() => test.app.manager.stop(stock, testCaller)).toThrowError(
			expect.objectContaining({
				code: 'SERVICE_BUSY',
				details: { operationId: first.operationId, kind: 'service.restart' },
			}),
		);
		expect(await status(stock)).toBe('working');
		await test.succeeded(first);
		expect(row(stock).desiredState).toBe('running');
	});
});

describe('resize', () => {
	it('gives the container and the engine another size on the same data', async () => {
		await test.succeeded(test.app.manager.resize(stock, 512 * MIB, testCaller));
		expect(await inspect(stock)).toMatchObject({ memoryBytes: 512 * MIB, status: 'running' });
		const settings = await test.app.settingsReader.read(stock);
		expect(settings.find(({ spec }) => spec.key === 'shared_buffers')).toMatchObject({
			actualValue: 128 * MIB,
			isPending: false,
		});
		expect(await databases(stock)).toContain('kept');
	});

	it('to the size that it has leaves the container alone', async () => {
		const before = await inspect(stock);
		await test.succeeded(test.app.manager.resize(stock, 512 * MIB, testCaller));
		expect(await inspect(stock)).toEqual(before);
	});

	it('is refused below the least and above what is left', async () => {
		const { manager } = test.app;
		await expect(manager.resize(stock, MIB, testCaller)).rejects.toMatchObject({ code: 'MEMORY_TOO_SMALL' });
		await expect(manager.resize(stock, 4_000 * GIB, testCaller)).rejects.toMatchObject({
			code: 'NOT_ENOUGH_MEMORY',
		});
		expect(row(stock).memoryBytes).toBe(512 * MIB);
	});
});

describe('rename', () => {
	it('moves the DNS name in the network', async () => {
		await test.app.manager.rename(stock, 'goods');
		const ask = (host: string) =>
			execIn(test.app.docker, containerName(orders), ['pg_isready', '-h', host, '-t', '2']);
		// Docker's own name server learns of it a moment later.
		await expect.poll(() => ask('goods'), { timeout: 30_000 }).toBe(0);
		expect(await ask('stock')).toBe(2);
		// Its published port is away for a moment while it enters the network anew.
		await expect.poll(() => databases(stock).catch(() => []), { timeout: 30_000 }).toContain('kept');
		await expect(test.app.manager.rename(stock, 'orders')).rejects.toMatchObject({ code: 'NAME_TAKEN' });
	});
});

describe('the root password', () => {
	it('is rotated: the new one logs in, the old one no longer', async () => {
		const old = test.app.secrets.root(orders);
		await test.succeeded(test.app.manager.rotateRoot(orders, testCaller));
		const fresh = test.app.secrets.root(orders);
		expect(fresh.reveal()).not.toBe(old.reveal());
		const { lifecycle } = databaseEngineById('postgres');
		await lifecycle.probe(await test.app.broker.target(row(orders), fresh));
		const target = await test.app.broker.target(row(orders), old);
		await expect(lifecycle.probe(target)).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
		expect(await databases(orders)).toContain('postgres');
	});

	it('is found again when the panel died between setting and promoting it', async () => {
		const { secrets, broker } = test.app;
		const pending = secrets.create(orders, ROOT_SECRET, 'pending');
		const target = await broker.target(row(orders), secrets.root(orders));
		await databaseEngineById('postgres').lifecycle.setRootPassword(target, pending);
		await test.succeeded(test.app.manager.rotateRoot(orders, testCaller));
		expect(secrets.root(orders).reveal()).toBe(pending.reveal());
		expect(secrets.find(orders, ROOT_SECRET, 'pending')).toBeNull();
		expect(await databases(orders)).toContain('postgres');
	});
});

describe('the trash', () => {
	it('takes a server whose name was typed, and gives it back with its data', async () => {
		const { manager } = test.app;
		await expect(manager.remove(stock, 'wrong', testCaller)).rejects.toThrowError(
			expect.objectContaining({ code: 'CONFIRMATION_MISMATCH' }),
		);
		await test.succeeded(manager.remove(stock, 'goods', testCaller));
		expect(await test.app.docker.containers.inspect(containerName(stock))).toBeNull();
		expect(await test.app.containers.hasVolume(stock)).toBe(true);
		const trashed = row(stock);
		expect(trashed).toMatchObject({ phase: 'trashed', hostPort: null });
		const days = ((trashed.purgeAfter?.getTime() ?? 0) - Date.now()) / 86_400_000;
		expect(days).toBeGreaterThan(6.9);
		expect(days).toBeLessThan(7.1);
		expect(() => manager.start(stock, testCaller)).toThrowError(
			expect.objectContaining({ code: 'SERVICE_IN_TRASH' }),
		);

		const namesake = await test.createPostgres(shop, 'goods');
		await expect(manager.restoreFromTrash(stock, undefined, testCaller)).rejects.toMatchObject({
			code: 'NAME_TAKEN',
		});
		await test.succeeded(manager.restoreFromTrash(stock, 'goods-again', testCaller));
		expect(await databases(stock)).toContain('kept');
		expect(row(stock)).toMatchObject({ phase: 'ready', name: 'goods-again', trashedAt: null });

		await test.succeeded(manager.remove(namesake, 'goods', testCaller));
		await test.succeeded(manager.purge(namesake, 'goods', testCaller));
		expect(await test.app.docker.volumes.inspect(test.app.names.volume(namesake))).toBeNull();
		expect(() => row(namesake)).toThrowError(expect.objectContaining({ code: 'NOT_FOUND' }));
	});

	it('is emptied when the days are over, with the network when it was the last server', async () => {
		await test.succeeded(test.app.manager.remove(notes, 'notes', testCaller));
		test.app.db
			.update(services)
			.set({ purgeAfter: new Date(Date.now() - 1_000) })
			.where(eq(services.id, notes))
			.run();
		await test.app.reconciler.runOnce();
		await expect.poll(() => test.app.reader.list(lab), { timeout: 30_000 }).toEqual([]);
		expect(await test.app.docker.volumes.inspect(test.app.names.volume(notes))).toBeNull();
		expect(await test.app.docker.networks.inspect(test.app.names.network(lab))).toBeNull();
		const [newest] = listOperations(test.app.db, { projectId: lab, limit: 1 });
		expect(newest?.row).toMatchObject({ kind: 'service.purge', actor: 'sh0', status: 'succeeded' });
	});
});
