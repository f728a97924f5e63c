import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { LABEL } from '../docker';
import { newKey } from '../engines/s3-family/key-material';
import type { StorageEngineDefinition } from '../engines/storage';
import { findRunning } from '../operations/repository';
import type { Secret } from '../secret';
import { getService } from '../services/repository';
import { BOOTSTRAP_SECRET, ROOT_SECRET } from '../services/secrets';
import { rootLogin } from '../services/server';
import { OtherImages } from './another-image';
import { versionsHere } from './images-here';
import { appClient, type AppKey } from './storage-app';
import { TestApp, testCaller } from './test-app';

/** The life of a server of this engine, from its making to the loss of its data, in this order. */
export function storageLifeBehaviour(engine: StorageEngineDefinition): void {
	const { minMemoryBytes, root } = engine.lifecycle;
	let test: TestApp;
	let version: string;
	let isHere = false;
	let files1: string;
	let key: AppKey;

	const row = () => getService(test.app.db, files1);
	const storage = () => test.app.broker.storageAdmin(row());
	const buckets = async () => (await (await storage()).listBuckets()).items.map(({ name }) => name);
	const inspect = () =>
		test.app.docker.client.engine.getContainer(test.app.names.container(files1)).inspect();
	const endpoint = async () => `http://127.0.0.1:${(await test.app.broker.storagePorts(row())).s3}`;

	/** Whether root gets in with this secret just now. */
	async function logsIn(password: Secret): Promise<boolean> {
		const server = await test.app.broker.server(row(), rootLogin(engine, password));
		if (server.kind !== 'storage') throw new Error('no storage');
		return engine.lifecycle.probe(server.target).then(
			() => true,
			() => false,
		);
	}

	beforeAll(async () => {
		const [here] = await versionsHere(
			engine.id,
			engine.versions.map(({ version }) => version),
		);
		isHere = here !== undefined;
		if (here === undefined) return;
		version = here;
		test = new TestApp();
		await test.app.start();
		const request = { engine: engine.id, version, name: 'files', memoryBytes: minMemoryBytes };
		const projectId = test.createProject();
		files1 = await test.succeeded(test.app.manager.create({ projectId, ...request }, testCaller));
		key = newKey();
		const admin = await storage();
		await admin.createBucket('photos');
		const rights = { bucket: 'photos', read: true, write: true, owner: false };
		await admin.keys.import({ ...key, description: 'app', expiresAt: null, permissions: [rights] });
	});
	// Compiling one takes from ten minutes to an hour.
	beforeEach((context) => context.skip(!isHere, `the image of ${engine.label} is not on this machine`));
	afterAll(() => test?.remove());

	async function write(Key: string): Promise<void> {
		const app = appClient(await endpoint(), key);
		await app.send(new PutObjectCommand({ Bucket: 'photos', Key, Body: Key }));
		app.destroy();
	}

	it('runs hardened as a user of its own, each port on the loopback address only', async () => {
		const info = await inspect();
		expect(info.HostConfig).toMatchObject({ CapDrop: ['ALL'], ReadonlyRootfs: true, Memory: minMemoryBytes });
		expect(info.Config.User).toBe('1000:1000');
		const { ports } = engine.lifecycle.containerSpec({ version, memoryBytes: minMemoryBytes });
		const published = Object.entries(info.NetworkSettings.Ports).flatMap(([port, at]) => (at ? [port] : []));
		expect(published.sort()).toEqual([...new Set(Object.values(ports))].map((port) => `${port}/tcp`).sort());
		for (const bindings of Object.values(info.NetworkSettings.Ports))
			for (const { HostIp } of bindings ?? []) expect(HostIp).toBe('127.0.0.1');
		expect(await test.app.broker.storagePorts(row())).toMatchObject({ s3: row().hostPort });
	});

	it('has one root secret, which is in the vault alone', async () => {
		const secret = test.app.secrets.root(files1).reveal();
		expect(JSON.stringify(await inspect())).not.toContain(secret);
		expect(test.app.secrets.find(files1, BOOTSTRAP_SECRET, 'current')).toBeNull();
		expect(test.app.secrets.find(files1, ROOT_SECRET, 'pending')).toBeNull();
		expect(row().initializedAt).toBeInstanceOf(Date);
	});

	it('keeps root’s login, buckets, keys and objects over a restart, a stop and a start', async () => {
		const secret = test.app.secrets.root(files1).reveal();
		await write('before');
		await test.succeeded(test.app.manager.restart(files1, testCaller));
		expect(await buckets()).toEqual(['photos']);
		await test.succeeded(test.app.manager.stop(files1, testCaller));
		await expect(storage()).rejects.toMatchObject({ code: 'SERVICE_NOT_RUNNING' });
		expect((await inspect()).State.ExitCode).toBe(0);
		await test.succeeded(test.app.manager.start(files1, testCaller));
		expect(test.app.secrets.root(files1).reveal()).toBe(secret);
		await write('after');
		expect((await test.app.reader.get(files1)).drift).toEqual([]);
	});

	it('comes back by itself after a crash', async () => {
		const container = test.app.docker.client.engine.getContainer(test.app.names.container(files1));
		await container.kill();
		await expect
			.poll(async () => (await inspect()).State.Running, { timeout: 30_000, interval: 100 })
			.toBe(true);
		await expect.poll(() => buckets().catch(() => []), { timeout: 30_000 }).toEqual(['photos']);
		await expect.poll(() => findRunning(test.app.db, files1), { timeout: 30_000 }).toBeUndefined();
	});

	it('gets another root secret without a restart, and the former one is over', async () => {
		const former = test.app.secrets.root(files1);
		const before = (await inspect()).State.StartedAt;
		await test.succeeded(test.app.manager.rotateRoot(files1, testCaller));
		const fresh = test.app.secrets.root(files1);
		expect(fresh.reveal()).not.toBe(former.reveal());
		expect([await logsIn(fresh), await logsIn(former)]).toEqual([true, false]);
		expect((await inspect()).State.StartedAt).toBe(before);
		expect(await buckets()).toEqual(['photos']);
	});

	it('knows which root secret works when the panel ended between setting and keeping it', async () => {
		const former = test.app.secrets.root(files1);
		const server = await test.app.broker.server(row(), rootLogin(engine, former));
		if (server.kind !== 'storage') throw new Error('no storage');
		if (root.kind === 'chosen') {
			const pending = test.app.secrets.create(files1, ROOT_SECRET, 'pending');
			await root.set(server.target, pending);
			expect(await logsIn(pending)).toBe(true);
		} else {
			// One was kept, and an earlier one was lost before it could be.
			const lost = await root.issue(server.target);
			const secret = await root.issue(server.target);
			test.app.secrets.keep(files1, { name: ROOT_SECRET, state: 'pending', secret });
			await test.succeeded(test.app.manager.rotateRoot(files1, testCaller));
			expect(await logsIn(lost)).toBe(false);
		}
		if (root.kind === 'chosen') await test.succeeded(test.app.manager.rotateRoot(files1, testCaller));
		expect(test.app.secrets.find(files1, ROOT_SECRET, 'pending')).toBeNull();
		expect([await logsIn(test.app.secrets.root(files1)), await logsIn(former)]).toEqual([true, false]);
		expect(await buckets()).toEqual(['photos']);
	});

	it('writes no secret to its log', async () => {
		const lines = await test.app.docker.containers.logs(test.app.names.container(files1), { tail: 10_000 });
		const log = lines.map(({ line }) => line).join('\n');
		expect(log.length).toBeGreaterThan(100);
		for (const secret of [test.app.secrets.root(files1), key.secret])
			expect(log).not.toContain(secret.reveal());
	});

	it('takes another memory size on the same data', async () => {
		const memoryBytes = 2 * minMemoryBytes;
		await test.succeeded(test.app.manager.resize(files1, memoryBytes, testCaller));
		expect((await inspect()).HostConfig.Memory).toBe(memoryBytes);
		await write('resized');
		expect(await buckets()).toEqual(['photos']);
	});

	it('takes a newer image under the same data', async () => {
		const others = new OtherImages(test.app.docker.client);
		try {
			const newer = await others.like(row().imageRef ?? '', 'LABEL newer=yes');
			const offered = vi.spyOn(test.app.images, 'resolveNewest').mockResolvedValue(newer);
			const former = { origin: 'built' as const, ref: row().imageRef ?? '', digest: row().imageDigest ?? '' };
			await test.succeeded(test.app.manager.upgrade(files1, undefined, testCaller));
			expect((await inspect()).Image).toBe(newer.digest);
			await write('newer');
			offered.mockResolvedValue(former);
			await test.succeeded(test.app.manager.upgrade(files1, undefined, testCaller));
			expect((await inspect()).Image).toBe(former.digest);
			offered.mockRestore();
			expect(await buckets()).toEqual(['photos']);
		} finally {
			await others.remove();
		}
	});

	it('is measured', async () => {
		const seen = () => test.app.reader.get(files1);
		await expect
			.poll(
				async () => {
					await test.app.sampler.sampleAll();
					return (await seen()).usage;
				},
				{ timeout: 20_000 },
			)
			.not.toBeNull();
		const { status, startedAt, engineVersion } = await seen();
		expect({ status, startedAt }).toEqual({ status: 'running', startedAt: expect.any(Date) });
		// MinIO, compiled from its sources, has no name for its release.
		if (engine.id === 'garage') expect(engineVersion).toMatch(/^2\.\d/);
	});

	it('goes to the trash and comes back with its data', async () => {
		const { manager } = test.app;
		await test.succeeded(manager.remove(files1, 'files', testCaller));
		expect(await test.app.containers.hasVolume(files1)).toBe(true);
		await test.succeeded(manager.restoreFromTrash(files1, 'files-again', testCaller));
		await write('restored');
		expect(await buckets()).toEqual(['photos']);
		expect((await test.app.reader.connection(files1, {})).uri).toBe(await endpoint());
	});

	// Every other point is tried by testing/kill-create-storage.docker.test.ts.
	it('is made anew when the panel ends while its credentials are made, and goes without a trace', async () => {
		const projectId = test.createProject();
		const request = { engine: engine.id, version, name: 'again', memoryBytes: minMemoryBytes };
		const started = await test.app.manager.create({ projectId, ...request }, testCaller);
		await test.rebuildIn(started.operationId, 'credentials');
		await test.app.start();
		expect(await test.ended(started)).toMatchObject({ status: 'succeeded' });
		const made = getService(test.app.db, started.serviceId);
		expect((await (await test.app.broker.storageAdmin(made)).listBuckets()).items).toEqual([]);
		expect(test.app.secrets.find(made.id, BOOTSTRAP_SECRET, 'current')).toBeNull();
		await test.succeeded(test.app.manager.remove(made.id, 'again', testCaller));
		await test.succeeded(test.app.manager.purge(made.id, 'again', testCaller));
		expect(await test.app.docker.volumes.inspect(test.app.names.volume(made.id))).toBeNull();
	});

	it('is said to have lost its data when its volume is gone, and gets no empty one', async () => {
		const { docker, names } = test.app;
		// An upgrade may have left it on a copy of its data; and the container may be made anew before its volume is gone.
		const left = async () => {
			await docker.containers.remove(names.container(files1));
			for (const { name } of await docker.volumes.list({ [LABEL.service]: files1 }))
				await docker.volumes.remove(name).catch(() => {});
			return docker.volumes.list({ [LABEL.service]: files1 });
		};
		await expect.poll(left, { timeout: 30_000, interval: 20 }).toEqual([]);
		await expect.poll(() => row().phase, { timeout: 30_000 }).toBe('data_lost');
		expect(await docker.volumes.list({ [LABEL.service]: files1 })).toEqual([]);
		await test.succeeded(test.app.manager.remove(files1, 'files-again', testCaller));
		await expect.poll(() => docker.containers.list()).toEqual([]);
	});
}
