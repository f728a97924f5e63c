import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MIB } from '$lib/shared/units';
import { LABEL } from '../docker';
import { listOperations } from '../operations/repository';
import { TestApp, testCaller } from '../testing/test-app';
import { checkInvariants } from './invariants';
import { getService, updateService } from './repository';

/** What people do behind the panel's back, and what becomes of it. */
let test: TestApp;
let projectId: string;
let serviceId: string;

beforeAll(async () => {
	test = new TestApp();
	projectId = test.createProject();
	serviceId = await test.createPostgres(projectId, 'orders');
	const admin = await test.app.broker.admin(row());
	await admin.createDatabase({ name: 'kept', owner: null });
});
afterAll(() => test.remove());

const row = () => getService(test.app.db, serviceId);
const name = () => test.app.names.container(serviceId);
const handle = () => test.app.docker.client.engine.getContainer(name());

async function databases() {
	const admin = await test.app.broker.admin(row());
	return (await admin.listDatabases()).items.map((database) => database.name);
}

/** One look of the reconciler, and the end of all it began. */
async function reconcile() {
	const report = await test.app.reconciler.runOnce();
	for (const { row: operation } of listOperations(test.app.db, { projectId, limit: 5 })) {
		await test.app.runner.wait(operation.id);
	}
	return report;
}

const newest = () => listOperations(test.app.db, { projectId, limit: 1 })[0]?.row;

beforeEach(async () => {
	// Sees the service as healthy first.
	await reconcile();
});

describe('a container', () => {
	it('that is as it should be is left alone', async () => {
		const before = await test.app.docker.containers.inspect(name());
		const report = await reconcile();
		expect(report).toMatchObject({ isDockerUp: true, started: [], stopped: [], repaired: [], drifted: [] });
		expect(await test.app.docker.containers.inspect(name())).toEqual(before);
	});

	it('removed by hand is made again from its row, on the same data', async () => {
		await handle().remove({ force: true, v: true });
		const report = await reconcile();
		expect(report.repaired).toEqual([serviceId]);
		expect(newest()).toMatchObject({ kind: 'service.repair', actor: 'sh0', status: 'succeeded' });
		expect(await databases()).toContain('kept');
	});

	it('stopped by hand is started again, and the record says so', async () => {
		await handle().stop();
		expect((await reconcile()).started).toEqual([serviceId]);
		expect(newest()).toMatchObject({ kind: 'service.start', status: 'succeeded' });
		expect(await databases()).toContain('kept');
	});

	it('paused by hand goes on', async () => {
		await handle().pause();
		expect((await reconcile()).started).toEqual([serviceId]);
		expect(await databases()).toContain('kept');
	});

	it('started by hand against the wish is stopped again', async () => {
		await test.succeeded(test.app.manager.stop(serviceId, testCaller));
		await handle().start();
		expect((await reconcile()).stopped).toEqual([serviceId]);
		expect((await test.app.docker.containers.inspect(name()))?.status).toBe('exited');
		await test.succeeded(test.app.manager.start(serviceId, testCaller));
	});

	it('changed by hand is shown as different, and repaired when asked', async () => {
		await handle().update({ Memory: 300 * MIB, MemorySwap: 300 * MIB });
		expect((await reconcile()).drifted).toEqual([serviceId]);
		expect(await test.app.reader.get(serviceId)).toMatchObject({
			status: 'running',
			attention: 'drift',
			drift: [{ field: 'memory', expected: String(256 * MIB), actual: String(300 * MIB) }],
		});
		await test.succeeded(test.app.manager.repair(serviceId, testCaller));
		await reconcile();
		expect(await test.app.reader.get(serviceId)).toMatchObject({ attention: null, drift: [] });
		expect(await databases()).toContain('kept');
	});

	it('renamed by hand is still the one: no second one is made on its data', async () => {
		const other = `${name()}-old`;
		await handle().rename({ name: other });
		const report = await reconcile();
		expect(report).toMatchObject({ repaired: [], drifted: [serviceId] });
		expect(await test.app.docker.containers.list()).toHaveLength(1);
		expect(await databases()).toContain('kept');
		await test.succeeded(test.app.manager.repair(serviceId, testCaller));
		expect((await test.app.docker.containers.list()).map((container) => container.name)).toEqual([name()]);
	});

	it('taken out of its network is put back under its name', async () => {
		const network = test.app.names.network(projectId);
		await test.app.docker.client.engine.getNetwork(network).disconnect({ Container: name() });
		await reconcile();
		const state = await test.app.docker.containers.inspect(name());
		expect(state?.networks[network]).toContain('orders');
		expect(await databases()).toContain('kept');
	});

	it('taken out of its network differs from its service, and has it again after a restart', async () => {
		const network = test.app.names.network(projectId);
		await test.app.docker.client.engine.getNetwork(network).disconnect({ Container: name() });
		expect(await test.app.reader.get(serviceId)).toMatchObject({
			drift: [{ field: 'network', expected: network, actual: null }],
		});
		const began = Date.now();
		await test.succeeded(test.app.manager.restart(serviceId, testCaller));
		expect(Date.now() - began).toBeLessThan(60_000);
		expect((await test.app.reader.get(serviceId)).drift).toEqual([]);
		expect(await databases()).toContain('kept');
	});

	it('whose network was removed by hand while it was stopped starts all the same', async () => {
		await test.succeeded(test.app.manager.stop(serviceId, testCaller));
		await test.app.docker.client.engine.getNetwork(test.app.names.network(projectId)).remove();
		await test.succeeded(test.app.manager.start(serviceId, testCaller));
		expect(await databases()).toContain('kept');
	});
});

describe('a removal', () => {
	it('that failed half way is brought to its end', async () => {
		updateService(test.app.db, serviceId, { phase: 'removing', desiredState: 'stopped' });
		expect((await reconcile()).removed).toEqual([serviceId]);
		expect(row().phase).toBe('trashed');
		expect(await test.app.docker.containers.list()).toEqual([]);
		await test.succeeded(test.app.manager.restoreFromTrash(serviceId, undefined, testCaller));
		expect(await databases()).toContain('kept');
	});
});

describe('what belongs to nobody', () => {
	const orphanId = () =>
		`svc_${randomBytes(10)
			.toString('hex')
			.replace(/[0189]/g, 'a')}`;

	it('is removed if it is a container or a network, and only reported if it is a volume', async () => {
		const { docker, names } = test.app;
		const orphan = orphanId();
		const project = 'prj_aaaaaaaaaaaaaaaaaaaa';
		const labels = { [LABEL.service]: orphan, [LABEL.project]: project };
		await docker.networks.ensure({ name: names.network(project), preferredIndex: 7, labels });
		await docker.volumes.ensure({ name: names.volume(orphan), labels });
		const { imageRef } = row();
		await docker.client.engine.createContainer({
			name: names.container(orphan),
			Image: imageRef ?? '',
			Labels: { ...labels, [LABEL.instance]: test.app.instance.instanceId },
		});
		const report = await reconcile();
		expect(report).toMatchObject({
			removedContainers: [names.container(orphan)],
			removedNetworks: [names.network(project)],
			orphanVolumes: [names.volume(orphan)],
		});
		expect(await docker.volumes.inspect(names.volume(orphan))).not.toBeNull();
		await docker.volumes.remove(names.volume(orphan));
	});

	it('is removed when it was for moments only and they are over, and not before', async () => {
		const { docker, instance } = test.app;
		const make = async (untilMs: number) => {
			const name = `sh0-${instance.instanceId}-run-${randomBytes(4).toString('hex')}`;
			const labels = { [LABEL.instance]: instance.instanceId, [LABEL.until]: String(untilMs) };
			await docker.networks.ensure({ name, preferredIndex: 900, labels });
			await docker.client.engine.createContainer({ name, Image: row().imageRef ?? '', Labels: labels });
			return name;
		};
		const inUse = await make(Date.now() + 60_000);
		const over = await make(Date.now() - 1_000);
		expect(await reconcile()).toMatchObject({ removedContainers: [over], removedNetworks: [over] });
		expect(await docker.containers.inspect(inUse)).not.toBeNull();
		expect(await docker.networks.inspect(inUse)).not.toBeNull();
		const invariants = await checkInvariants({ ...test.app, dataDir: test.app.env.dataDir });
		expect(invariants.find(({ number }) => number === 1)).toMatchObject({ problems: [] });
		await docker.containers.remove(inUse);
		await docker.networks.remove(inUse);
	});

	it('is left alone when it carries the label of another instance', async () => {
		const { client } = test.app.docker;
		const container = await client.engine.createContainer({
			name: `x-foreign-${randomBytes(4).toString('hex')}`,
			Image: row().imageRef ?? '',
			Labels: { [LABEL.instance]: 'ffffffff', [LABEL.service]: orphanId() },
		});
		try {
			expect((await reconcile()).removedContainers).toEqual([]);
			expect(await test.app.docker.containers.inspect(container.id)).toBeNull();
			await test.app.docker.containers.remove(container.id);
			expect((await container.inspect()).State.Status).toBe('created');
		} finally {
			await container.remove({ v: true });
		}
	});
});

describe('an image', () => {
	const recorded = () => {
		const { imageRef, imageDigest, imageOrigin } = row();
		return { imageRef, imageDigest, imageOrigin };
	};

	it('that was built anew under its name comes under data only when a person asks', async () => {
		const before = recorded();
		const older = { imageOrigin: 'built', imageDigest: `sha256:${'0'.repeat(64)}` } as const;
		updateService(test.app.db, serviceId, older);
		await handle().remove({ force: true, v: true });
		await reconcile();
		const refused = { kind: 'service.repair', errorCode: 'IMAGE_UNAVAILABLE' };
		expect(newest()).toMatchObject({ ...refused, errorDetails: { recorded: before.imageRef } });
		expect(recorded()).toEqual({ ...before, ...older });
		await test.succeeded(test.app.manager.start(serviceId, testCaller));
		expect(recorded()).toEqual(before);
		expect(await databases()).toContain('kept');
	});

	it('of another recipe or digest never comes under data', async () => {
		const before = recorded();
		updateService(test.app.db, serviceId, { imageRef: 'sh0/postgres:18-000000000000' });
		await handle().remove({ force: true, v: true });
		for (const kind of ['start', 'repair'] as const) {
			expect(await test.ended(test.app.manager[kind](serviceId, testCaller))).toMatchObject({
				errorCode: 'IMAGE_UNAVAILABLE',
				errorDetails: { recorded: 'sh0/postgres:18-000000000000' },
			});
		}
		expect(await test.app.docker.containers.inspect(name())).toBeNull();
		updateService(test.app.db, serviceId, before);
		await test.succeeded(test.app.manager.repair(serviceId, testCaller));
		expect(await databases()).toContain('kept');
	});
});

describe('a volume', () => {
	it('that is gone is never replaced: the service says that its data are lost', async () => {
		await handle().remove({ force: true, v: true });
		const volume = test.app.names.volume(serviceId);
		await test.app.docker.client.engine.getVolume(volume).remove();
		const report = await reconcile();
		expect(report).toMatchObject({ dataLost: [serviceId], repaired: [] });
		expect(await test.app.reader.get(serviceId)).toMatchObject({
			status: 'data_lost',
			attention: 'data_lost',
		});
		expect(() => test.app.manager.start(serviceId, testCaller)).toThrowError(
			expect.objectContaining({ code: 'DATA_LOST' }),
		);
		await reconcile();
		expect(await test.app.docker.volumes.inspect(volume)).toBeNull();
		expect(await test.app.docker.containers.inspect(name())).toBeNull();
	});

	it('that came back before its service went is not deleted, and the service is ready again', async () => {
		const { docker, names, manager } = test.app;
		const volume = names.volume(serviceId);
		await docker.volumes.ensure({
			name: volume,
			labels: { [LABEL.project]: projectId, [LABEL.service]: serviceId },
		});
		expect(row()).toMatchObject({ phase: 'data_lost' });
		expect(await test.ended(manager.remove(serviceId, 'orders', testCaller))).toMatchObject({
			kind: 'service.purge',
			status: 'failed',
			errorCode: 'DATA_FOUND',
		});
		expect(await docker.volumes.inspect(volume)).not.toBeNull();
		expect(row()).toMatchObject({ phase: 'ready' });
		// As when the volume is found between the person's wish and its operation.
		updateService(test.app.db, serviceId, { phase: 'data_lost' });
		const started = await manager.remove(serviceId, 'orders', testCaller);
		updateService(test.app.db, serviceId, { phase: 'removing' });
		expect(await test.ended(started)).toMatchObject({ errorCode: 'DATA_FOUND' });
		await docker.volumes.remove(volume);
		expect((await reconcile()).dataLost).toEqual([serviceId]);
	});

	it('that is lost can only be let go', async () => {
		await test.succeeded(test.app.manager.remove(serviceId, 'orders', testCaller));
		expect(await test.app.reader.list(projectId)).toEqual([]);
		expect(await test.app.docker.networks.list()).toEqual([]);
		expect(await test.app.audit.verify()).toMatchObject({ valid: true });
	});
});
