import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { MIB } from '$lib/shared/units';
import { sql } from 'drizzle-orm';
import { writeTransaction } from '../db/client';
import { operations } from '../db/schema';
import { LABEL } from '../docker';
import { ProgramInImageError } from '../docker/images-run';
import { AppError } from '../errors';
import type { ReadyImage } from '../images';
import { TestApp, testCaller } from '../testing/test-app';
import { OtherImages } from '../testing/another-image';
import { EngineBroker } from './broker';
import { checkRowsMatchDocker } from './checks/docker-checks';
import { takePicture } from './checks/picture';
import { Containers } from './containers';
import { DataCopies } from './data-copies';
import { dataVolume } from './data-volume';
import { columnsOf } from './image';
import { findService, getService, updateService, type ServiceRow } from './repository';
import { LiveSettings } from './settings/live';

const DAY_MS = 24 * 60 * 60 * 1_000;

/** A newer image that leaves the data of its engine in ruins, and then the way back. */
let test: TestApp;
let others: OtherImages;
let serviceId: string;
let former: ReadyImage;
let good: ReadyImage;
let ruinous: ReadyImage;

const row = () => getService(test.app.db, serviceId);
const container = () => test.app.docker.containers.inspect(test.app.names.container(serviceId));
/** Those that are left when the useless ones are cleared. */
const volumes = async () => {
	await test.app.copies.clear();
	return (await test.app.docker.volumes.list()).map(({ name }) => name).sort();
};
const ownVolume = () => dataVolume(test.app.names, row());
const imageOfRow = () => {
	const { imageRef, imageDigest, imageOrigin } = row();
	return { ref: imageRef, digest: imageDigest, origin: imageOrigin };
};
const offer = (image: ReadyImage) =>
	vi.spyOn(test.app.images, 'resolveNewest').mockImplementation(() => Promise.resolve(image));
const upgrade = () => test.app.manager.upgrade(serviceId, undefined, testCaller);

const daysUntil = (date: Date | null | undefined) => ((date?.getTime() ?? 0) - Date.now()) / DAY_MS;
/** As if the upgrades had been so many days earlier. */
const later = (days: number) =>
	test.app.db
		.update(operations)
		.set({
			createdAt: sql`${operations.createdAt} - ${days * DAY_MS}`,
			finishedAt: sql`${operations.finishedAt} - ${days * DAY_MS}`,
		})
		.run();
/** A server was started on it, which apps may have written to: it is kept as long as the former volume of an upgrade that succeeded. */
async function copyIsKept(operationId: string): Promise<void> {
	expect(await volumes()).toEqual([ownVolume(), test.app.names.copyVolume(serviceId, operationId)].sort());
	expect(await problems()).toEqual([]);
	await later(4);
	expect(await volumes()).toEqual([ownVolume()]);
}
/** What the doctor finds wrong between the records and Docker. */
const problems = async () => checkRowsMatchDocker(await takePicture(test.app));

async function users() {
	const admin = await test.app.broker.admin(row());
	return (await admin.listUsers()).items.map(({ name }) => name);
}

/** Those of the configuration by name, with owner, mode and size. */
async function files() {
	const [list] = await test.app.docker.runInImage({
		image: former.ref,
		on: [{ volume: ownVolume(), path: '/data', isReadOnly: true }],
		commands: [['find', '/data', '-name', '*.conf', '-printf', '%p %u %g %m %s\n']],
	});
	return list;
}

beforeAll(async () => {
	test = new TestApp();
	others = new OtherImages(test.app.docker.client);
	const wanted = { engine: 'valkey', version: '8', memoryBytes: 128 * MIB, name: 'cache' };
	const projectId = test.createProject();
	serviceId = await test.succeeded(test.app.manager.create({ ...wanted, projectId }, testCaller));
	const admin = await test.app.broker.admin(row());
	await admin.createUser({ name: 'kept', password: test.app.secrets.root(serviceId) });
	const { imageRef, imageDigest } = row();
	former = { origin: 'built', ref: imageRef ?? '', digest: imageDigest ?? '' };
	good = await others.like(former.ref, 'LABEL newer=yes');
	// The engine's own command comes after it, as names of files that there are none of.
	const ruin = 'ENTRYPOINT ["rm", "-rf", "--", "/data/dump.rdb", "/data/valkey.conf"]';
	ruinous = await others.like(former.ref, ruin, 'USER valkey');
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
	await test.remove();
	await others.remove();
});

describe('an upgrade whose newer image may write the data in another form', () => {
	it('goes on with a copy of the data when it comes up, and the former volume goes three days later', async () => {
		const before = ownVolume();
		offer(good);
		await test.succeeded(upgrade());
		expect(imageOfRow()).toEqual(good);
		expect(await users()).toContain('kept');
		expect(ownVolume()).not.toBe(before);
		expect(await volumes()).toEqual([before, ownVolume()].sort());
		const { formerData } = await test.app.reader.get(serviceId);
		expect(daysUntil(formerData?.keptUntil)).toBeCloseTo(3, 1);
		expect(await problems()).toEqual([]);
		await later(4);
		expect(await volumes()).toEqual([ownVolume()]);
		expect(await test.app.reader.get(serviceId)).toMatchObject({ formerData: null });
		offer(former);
		await test.succeeded(upgrade());
		expect(await users()).toContain('kept');
		await later(4);
		await volumes();
	});

	it('goes back to the former image with all data, owners and modes, when the newer one ruins them', async () => {
		const before = await files();
		expect(before).toContain('valkey.conf valkey valkey 600');
		offer(ruinous);
		const ended = await test.ended(upgrade());
		expect(ended).toMatchObject({ status: 'undone', errorCode: 'ENGINE_NOT_READY' });
		expect(imageOfRow()).toEqual(former);
		expect(await container()).toMatchObject({ status: 'running', imageId: former.digest });
		expect(await users()).toContain('kept');
		expect(await files()).toEqual(before);
		await copyIsKept(ended.id);
	});

	it('is refused before the server is stopped when the disk has no room for a copy', async () => {
		const details = { neededBytes: 2, freeBytes: 1 };
		vi.spyOn(DataCopies.prototype, 'assertRoom').mockRejectedValue(
			new AppError('UPGRADE_NEEDS_SPACE', { details }),
		);
		const before = await container();
		offer(good);
		const ended = await test.ended(upgrade());
		expect(ended).toMatchObject({
			status: 'undone',
			errorCode: 'UPGRADE_NEEDS_SPACE',
			errorDetails: details,
		});
		expect(await container()).toEqual(before);
		expect(imageOfRow()).toEqual(former);
	});

	it('whose container cannot be taken away leaves image and data together, and the former volume in peace', async () => {
		const before = ownVolume();
		const remove = vi.spyOn(Containers.prototype, 'remove');
		offer(ruinous);
		const { operationId } = upgrade();
		await expect.poll(() => row().dataVolume, { timeout: 60_000, interval: 5 }).not.toBe(before);
		remove.mockRejectedValue(new Error('no way'));
		expect(await test.app.runner.wait(operationId)).toMatchObject({ status: 'failed' });
		expect(imageOfRow()).toEqual(ruinous);
		expect(ownVolume()).not.toBe(before);
		expect(await files()).toBe('');
		expect(await volumes()).toEqual([before, ownVolume()].sort());
		expect(await problems()).toHaveLength(1);
		expect(await test.app.reader.get(serviceId)).toMatchObject({ formerData: { keptUntil: null } });
		remove.mockRestore();
		await test.succeeded(test.app.manager.repair(serviceId, testCaller));
		expect(await users()).toContain('kept');
		expect(ownVolume()).toBe(before);
		expect(imageOfRow()).toEqual(former);
		expect(await test.app.reader.get(serviceId)).toMatchObject({ formerData: null });
		await copyIsKept(operationId);
	});

	it('leaves no part of a copy that found the disk full', async () => {
		const before = ownVolume();
		const full = new ProgramInImageError('cp ended with 1: cp: error writing: No space left on device');
		const run = test.app.docker.runInImage.bind(test.app.docker);
		vi.spyOn(test.app.docker, 'runInImage').mockImplementation((options) =>
			options.commands.some(([program]) => program === 'cp') ? Promise.reject(full) : run(options),
		);
		offer(good);
		expect(await test.ended(upgrade())).toMatchObject({ status: 'undone' });
		expect(ownVolume()).toBe(before);
		expect((await test.app.docker.volumes.list()).map(({ name }) => name)).toEqual([before]);
		expect(imageOfRow()).toEqual(former);
		expect(await users()).toContain('kept');
	});

	it.each(['keep', 'container', 'ready'])(
		'of a panel that ends in step %s goes back after its restart, with all data',
		async (key) => {
			offer(ruinous);
			const { operationId } = upgrade();
			await test.rebuildIn(operationId, key);
			offer(ruinous);
			await test.app.runner.resumeAll();
			expect(await test.app.runner.wait(operationId)).toMatchObject({ status: 'undone', attempts: 2 });
			expect(imageOfRow()).toEqual(former);
			expect(await users()).toContain('kept');
			await copyIsKept(operationId);
		},
	);

	it('whose server an app wrote to before sh0 asked it, and that ended while the panel was away, loses none of it', async () => {
		const server = vi.spyOn(EngineBroker.prototype, 'serverIn').mockReturnValue(null);
		offer(good);
		const { operationId } = upgrade();
		await test.rebuildIn(operationId, 'ready');
		server.mockRestore();
		const answers = async () => (await test.app.broker.admin(row())).listUsers();
		const isUp = () => answers().then(Boolean, () => false);
		await expect.poll(isUp, { timeout: 30_000 }).toBe(true);
		const admin = await test.app.broker.admin(row());
		await admin.createUser({ name: 'early', password: test.app.secrets.root(serviceId) });
		await test.app.broker.close(serviceId);
		await test.app.containers.stop(row());
		expect(await container()).toMatchObject({ status: 'exited' });
		await test.app.runner.resumeAll();
		expect(await test.app.runner.wait(operationId)).toMatchObject({ status: 'succeeded', attempts: 2 });
		expect(imageOfRow()).toEqual(good);
		expect(await users()).toEqual(expect.arrayContaining(['kept', 'early']));
		offer(former);
		await test.succeeded(upgrade());
		await later(4);
		await volumes();
	});

	it('that has answered a login goes forward, whatever becomes of its panel and its server then', async () => {
		offer(good);
		let kill = (): void => undefined;
		const killed = new Promise<never>((_resolve, reject) => (kill = () => reject(new Error('killed'))));
		const apply = vi.spyOn(LiveSettings.prototype, 'tryToApply');
		apply.mockImplementationOnce(() => killed);
		const { operationId } = upgrade();
		await expect.poll(() => apply.mock.calls.length, { timeout: 60_000, interval: 20 }).toBe(1);
		const admin = await test.app.broker.admin(row());
		await admin.createUser({ name: 'late', password: test.app.secrets.root(serviceId) });
		await test.app.broker.close(serviceId);
		const ending = test.rebuild();
		kill();
		await ending;
		await test.app.containers.remove(serviceId);
		offer(good);
		await test.app.runner.resumeAll();
		expect(await test.app.runner.wait(operationId)).toMatchObject({ status: 'succeeded', attempts: 2 });
		await test.succeeded(test.app.manager.repair(serviceId, testCaller));
		expect(imageOfRow()).toEqual(good);
		expect(await users()).toEqual(expect.arrayContaining(['kept', 'late']));
	});
});

describe('a container that was made for another volume or from another image', () => {
	it('is not started: the one that the row asks for is made', async () => {
		const right = { ...row() };
		await test.succeeded(test.app.manager.stop(serviceId, testCaller));
		const other = test.app.names.copyVolume(serviceId, 'op_other');
		const labels = { [LABEL.service]: serviceId };
		await test.app.docker.volumes.ensure({ name: other, labels });
		await test.app.containers.remove(serviceId);
		const setRow = (values: Partial<ServiceRow>) =>
			writeTransaction(test.app.db, (tx) => updateService(tx, serviceId, values));
		setRow({ ...columnsOf(former), dataVolume: other });
		await test.app.containers.ensure(serviceId, { operationId: 'op_other', isStarted: false });
		expect(await container()).toMatchObject({ imageId: former.digest, volumes: { [other]: '/data' } });
		setRow({ dataVolume: right.dataVolume });
		await test.succeeded(test.app.manager.start(serviceId, testCaller));
		expect((await container())?.volumes).toEqual({ [ownVolume()]: '/data' });
		setRow(right);
		await test.succeeded(test.app.manager.restart(serviceId, testCaller));
		expect(await container()).toMatchObject({ imageId: right.imageDigest, status: 'running' });
		expect(await users()).toContain('kept');
		await test.app.docker.volumes.remove(other);
	});
});

describe('a server whose data are lost while those from before its upgrade are kept', () => {
	const lose = async () => {
		await test.app.containers.remove(serviceId);
		await test.app.docker.volumes.remove(ownVolume());
		await test.app.reconciler.runOnce();
		expect(row().phase).toBe('data_lost');
	};
	const rotate = () => test.succeeded(test.app.manager.rotateRoot(serviceId, testCaller));
	const upgradeTo = async (image: ReadyImage) => {
		const before = ownVolume();
		offer(image);
		await test.succeeded(upgrade());
		await test.app.copies.clear();
		return before;
	};

	it("comes back with them, and with the image and root's password that they belong to", async () => {
		const image = imageOfRow();
		const password = test.app.secrets.root(serviceId).reveal();
		const before = await upgradeTo(image.digest === good.digest ? former : good);
		await rotate();
		expect(test.app.secrets.root(serviceId).reveal()).not.toBe(password);
		await lose();
		expect(await test.app.reader.get(serviceId)).toMatchObject({
			status: 'data_lost',
			formerData: { keptUntil: expect.any(Date) },
		});
		expect(await problems()).toEqual([]);
		await test.succeeded(test.app.manager.repair(serviceId, testCaller));
		expect(test.app.secrets.root(serviceId).reveal()).toBe(password);
		expect(ownVolume()).toBe(before);
		expect(imageOfRow()).toEqual(image);
		expect(await users()).toContain('kept');
	});

	it('goes to the trash with them, from where it comes back or is let go', async () => {
		const before = await upgradeTo(imageOfRow().digest === good.digest ? former : good);
		await rotate();
		await lose();
		const { manager } = test.app;
		await test.succeeded(manager.remove(serviceId, 'cache', testCaller));
		expect(row().phase).toBe('trashed');
		await test.succeeded(manager.restoreFromTrash(serviceId, undefined, testCaller));
		expect(ownVolume()).toBe(before);
		expect(await users()).toContain('kept');
		await upgradeTo(imageOfRow().digest === good.digest ? former : good);
		await lose();
		await test.succeeded(manager.remove(serviceId, 'cache', testCaller));
		await test.succeeded(manager.purge(serviceId, 'cache', testCaller));
		expect(await test.app.docker.volumes.list()).toEqual([]);
		expect(findService(test.app.db, serviceId)).toBeUndefined();
	});
});
