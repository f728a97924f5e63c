import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { MIB } from '$lib/shared/units';
import type { ReadyImage } from '../images';
import { OtherImages } from '../testing/another-image';
import { TestApp, testCaller } from '../testing/test-app';
import { checkRowsMatchDocker } from './checks/docker-checks';
import { takePicture } from './checks/picture';
import { dataVolume } from './data-volume';
import { getService } from './repository';

const sizeBytes = 300 * MIB;
const partBytes = 100 * MIB;

let test: TestApp;
let others: OtherImages;
let serviceId: string;
let former: ReadyImage;

const row = () => getService(test.app.db, serviceId);
const keepStep = (operationId: string) =>
	test.app.runner.view(operationId)?.steps.find(({ key }) => key === 'keep');

/** The first part is copied at once, and the rest only after a minute. */
function slowDown(): void {
	const run = test.app.docker.runInImage.bind(test.app.docker);
	const part = ['dd', 'if=/from/large', 'of=/to/large', 'bs=1M', `count=${partBytes / MIB}`];
	vi.spyOn(test.app.docker, 'runInImage').mockImplementation((options) => {
		const isCopy = options.commands.some(([program]) => program === 'cp');
		return run(isCopy ? { ...options, commands: [part, ['sleep', '60'], ...options.commands] } : options);
	});
}

async function offer(): Promise<ReadyImage> {
	const image = await others.like(former.ref, 'LABEL newer=yes');
	vi.spyOn(test.app.images, 'resolveNewest').mockResolvedValue(image);
	return image;
}

beforeAll(async () => {
	test = new TestApp();
	others = new OtherImages(test.app.docker.client);
	const wanted = { engine: 'valkey', version: '8', memoryBytes: 128 * MIB, name: 'cache' };
	serviceId = await test.succeeded(
		test.app.manager.create({ ...wanted, projectId: test.createProject() }, testCaller),
	);
	former = { origin: 'built', ref: row().imageRef ?? '', digest: row().imageDigest ?? '' };
	const admin = await test.app.broker.admin(row());
	await admin.createUser({ name: 'kept', password: test.app.secrets.root(serviceId) });
	await test.app.docker.runInImage({
		image: former.ref,
		on: [{ volume: dataVolume(test.app.names, row()), path: '/data', isReadOnly: false }],
		commands: [['dd', 'if=/dev/urandom', 'of=/data/large', 'bs=1M', `count=${sizeBytes / MIB}`]],
	});
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
	await test?.remove();
	await others?.remove();
});

describe('the copy of a large volume before an upgrade', () => {
	it('tells how far it is and can be cancelled: its helper ends, and the server is as it was', async () => {
		const before = row();
		await offer();
		slowDown();
		const { operationId } = test.app.manager.upgrade(serviceId, undefined, testCaller);
		await expect
			.poll(() => keepStep(operationId)?.progress?.done ?? 0, { timeout: 90_000 })
			.toBeGreaterThanOrEqual(partBytes);
		const progress = keepStep(operationId)?.progress;
		expect(progress).toMatchObject({ unit: 'bytes' });
		expect(progress?.total).toBeGreaterThanOrEqual(sizeBytes);
		expect(progress?.done).toBeLessThan(sizeBytes);
		expect(test.app.runner.view(operationId)).toMatchObject({ canCancel: true });
		const cancelledMs = Date.now();
		test.app.runner.cancel(operationId);
		expect(await test.app.runner.wait(operationId)).toMatchObject({
			...{ status: 'undone', errorCode: 'OPERATION_CANCELLED' },
		});
		expect(Date.now() - cancelledMs).toBeLessThan(40_000);
		expect(row()).toEqual(before);
		const containers = await test.app.docker.containers.list();
		expect(containers.map(({ imageId, status }) => [imageId, status])).toEqual([[former.digest, 'running']]);
		const volumes = await test.app.docker.volumes.list();
		expect(volumes.map(({ name }) => name)).toEqual([dataVolume(test.app.names, before)]);
		const { items } = await (await test.app.broker.admin(row())).listUsers();
		expect(items.map(({ name }) => name)).toEqual(['kept']);
		expect(checkRowsMatchDocker(await takePicture(test.app))).toEqual([]);
	});

	it('ends with all bytes copied', async () => {
		const image = await offer();
		const { operationId } = test.app.manager.upgrade(serviceId, undefined, testCaller);
		expect(await test.app.runner.wait(operationId)).toMatchObject({ status: 'succeeded' });
		const progress = keepStep(operationId)?.progress;
		expect(progress?.done).toBeGreaterThanOrEqual(sizeBytes);
		expect(progress?.done).toBe(progress?.total);
		expect(row()).toMatchObject({ imageDigest: image.digest });
	});
});
