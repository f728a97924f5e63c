import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { MIB } from '$lib/shared/units';
import { writeTransaction } from '../db/client';
import { ProgramInImageError } from '../docker/images-run';
import { AppError } from '../errors';
import type { ReadyImage } from '../images';
import { TestApp, testCaller } from '../testing/test-app';
import { OtherImages } from '../testing/another-image';
import { Containers } from './containers';
import { DataCopies, dataVolume } from './data-copies';
import { columnsOf } from './image';
import { getService, updateService } from './repository';

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
	const ruin = 'ENTRYPOINT ["find", "/data", "-mindepth", "1", "-delete"]';
	ruinous = await others.like(former.ref, ruin, 'CMD []', 'USER valkey');
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
	await test.remove();
	await others.remove();
});

describe('an upgrade whose newer image may write the data in another form', () => {
	it('goes on with a copy of the data when it comes up, and the former volume goes', async () => {
		const before = ownVolume();
		offer(good);
		await test.succeeded(upgrade());
		expect(imageOfRow()).toEqual(good);
		expect(await users()).toContain('kept');
		expect(ownVolume()).not.toBe(before);
		expect(await volumes()).toEqual([ownVolume()]);
		offer(former);
		await test.succeeded(upgrade());
		expect(await users()).toContain('kept');
	});

	it('goes back to the former image with all data, owners and modes, when the newer one ruins them', async () => {
		const before = await files();
		expect(before).toContain('valkey.conf valkey valkey 600');
		offer(ruinous);
		expect(await test.ended(upgrade())).toMatchObject({ status: 'undone', errorCode: 'ENGINE_NOT_READY' });
		expect(imageOfRow()).toEqual(former);
		expect(await container()).toMatchObject({ status: 'running', imageId: former.digest });
		expect(await users()).toContain('kept');
		expect(await files()).toEqual(before);
		expect(await volumes()).toEqual([ownVolume()]);
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
		expect(await volumes()).toEqual([before, ownVolume()].sort());
		remove.mockRestore();
		// As somebody would by hand, who knows that the server never worked with it.
		await test.app.containers.remove(serviceId);
		writeTransaction(test.app.db, (tx) =>
			updateService(tx, serviceId, { ...columnsOf(former), dataVolume: before }),
		);
		await test.succeeded(test.app.manager.repair(serviceId, testCaller));
		expect(await users()).toContain('kept');
		expect(await volumes()).toEqual([before]);
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
			expect(await volumes()).toEqual([ownVolume()]);
		},
	);
});
