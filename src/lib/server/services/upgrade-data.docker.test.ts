import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { MIB } from '$lib/shared/units';
import { AppError } from '../errors';
import type { ReadyImage } from '../images';
import { findOperation } from '../operations/repository';
import { TestApp, testCaller } from '../testing/test-app';
import { OtherImages } from '../testing/another-image';
import { KeptData } from './kept-data';
import { getService } from './repository';

/** A newer image that leaves the data of its engine in ruins, and then the way back. */
let test: TestApp;
let others: OtherImages;
let serviceId: string;
let former: ReadyImage;
let good: ReadyImage;
let ruinous: ReadyImage;

const row = () => getService(test.app.db, serviceId);
const container = () => test.app.docker.containers.inspect(test.app.names.container(serviceId));
const volumes = async () => (await test.app.docker.volumes.list()).map(({ name }) => name).sort();
const onlyItsOwn = () => [test.app.names.volume(serviceId)];
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
		on: [{ volume: test.app.names.volume(serviceId), path: '/data', isReadOnly: true }],
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
	it('leaves no copy behind when it comes up', async () => {
		offer(good);
		await test.succeeded(upgrade());
		expect(imageOfRow()).toEqual(good);
		expect(await users()).toContain('kept');
		expect(await volumes()).toEqual(onlyItsOwn());
		offer(former);
		await test.succeeded(upgrade());
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
		expect(await volumes()).toEqual(onlyItsOwn());
	});

	it('is refused before the server is stopped when the disk has no room for a copy', async () => {
		const details = { neededBytes: 2, freeBytes: 1 };
		vi.spyOn(KeptData.prototype, 'assertRoom').mockRejectedValue(
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

	it('that could not bring the data back brings them back before anything starts on them', async () => {
		vi.spyOn(KeptData.prototype, 'bringBack').mockRejectedValueOnce(new Error('no way'));
		offer(ruinous);
		const { operationId } = upgrade();
		expect(await test.app.runner.wait(operationId)).toMatchObject({ status: 'failed' });
		expect(await container()).toBeNull();
		expect(await volumes()).toEqual([...onlyItsOwn(), test.app.names.keptVolume(serviceId)].sort());
		vi.restoreAllMocks();
		await test.succeeded(test.app.manager.repair(serviceId, testCaller));
		expect(imageOfRow()).toEqual(former);
		expect(await users()).toContain('kept');
		expect(await volumes()).toEqual(onlyItsOwn());
	});

	it.each(['keep', 'container', 'ready'])(
		'of a panel that ends in step %s goes back after its restart, with all data',
		async (key) => {
			offer(ruinous);
			const { operationId } = upgrade();
			await expect
				.poll(
					() => findOperation(test.app.db, operationId)?.steps.find((step) => step.key === key)?.startedAt,
					{ timeout: 30_000, interval: 5 },
				)
				.toBeInstanceOf(Date);
			await test.rebuild();
			offer(ruinous);
			await test.app.runner.resumeAll();
			expect(await test.app.runner.wait(operationId)).toMatchObject({ status: 'undone', attempts: 2 });
			expect(imageOfRow()).toEqual(former);
			expect(await users()).toContain('kept');
			expect(await volumes()).toEqual(onlyItsOwn());
		},
	);
});
