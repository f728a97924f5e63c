import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { inspectImage } from '../docker/images';
import type { ReadyImage } from '../images';
import { TestApp, testCaller } from '../testing/test-app';
import { OtherImages } from '../testing/another-image';
import { getService } from './repository';

/** Another image of the same version under a server's data: a good one, one that ends at once, and none. */
let test: TestApp;
let serviceId: string;
let former: ReadyImage;
let good: ReadyImage;
let broken: ReadyImage;
let others: OtherImages;

const row = () => getService(test.app.db, serviceId);
const container = () => test.app.docker.containers.inspect(test.app.names.container(serviceId));
const imageOfRow = () => {
	const { imageRef, imageDigest, imageOrigin } = row();
	return { ref: imageRef, digest: imageDigest, origin: imageOrigin };
};

/** From now on the newest there is. */
const offer = (image: ReadyImage) =>
	vi.spyOn(test.app.images, 'resolveNewest').mockImplementation(() => Promise.resolve(image));

const upgrade = () => test.app.manager.upgrade(serviceId, undefined, testCaller);

async function databases() {
	const admin = await test.app.broker.admin(row());
	return (await admin.listDatabases()).items.map(({ name }) => name);
}

beforeAll(async () => {
	test = new TestApp();
	serviceId = await test.createPostgres(test.createProject(), 'orders');
	const admin = await test.app.broker.admin(row());
	await admin.createDatabase({ name: 'kept', owner: null });
	const { imageRef, imageDigest } = row();
	former = { origin: 'built', ref: imageRef ?? '', digest: imageDigest ?? '' };
	others = new OtherImages(test.app.docker.client);
	good = await others.like(former.ref, 'LABEL newer=yes');
	broken = await others.like(former.ref, 'ENTRYPOINT ["/bin/false"]');
});
afterAll(async () => {
	await test.remove();
	await others.remove();
});

describe('an upgrade', () => {
	it('to another version is refused with both, and to an unknown one as such', () => {
		const { manager } = test.app;
		expect(() => manager.upgrade(serviceId, '17', testCaller)).toThrowError(
			expect.objectContaining({ code: 'UPGRADE_MAJOR', details: { from: '18', to: '17' } }),
		);
		expect(() => manager.upgrade(serviceId, '3', testCaller)).toThrowError(
			expect.objectContaining({ code: 'ENGINE_VERSION_UNKNOWN' }),
		);
	});

	it('without anything newer touches nothing', async () => {
		offer(former);
		const before = await container();
		expect(await test.ended(upgrade())).toMatchObject({ status: 'undone', errorCode: 'ALREADY_NEWEST' });
		expect(await container()).toEqual(before);
		expect(imageOfRow()).toEqual(former);
	});

	it('to an image that ends at once goes back to the former one, with the data', async () => {
		offer(broken);
		const ended = await test.ended(upgrade());
		expect(ended).toMatchObject({ status: 'undone', errorCode: 'ENGINE_NOT_READY' });
		expect(imageOfRow()).toEqual(former);
		expect(await container()).toMatchObject({ status: 'running', imageId: former.digest });
		expect(await databases()).toContain('kept');
	});

	it('puts the newer image under the same data and keeps the former one', async () => {
		offer(good);
		await test.succeeded(upgrade());
		expect(imageOfRow()).toEqual(good);
		expect(await container()).toMatchObject({ status: 'running', imageId: good.digest });
		expect(await databases()).toContain('kept');
		expect(await inspectImage(test.app.docker.client, former.ref)).toMatchObject({ id: former.digest });
		expect((await test.app.reconciler.runOnce()).drifted).toEqual([]);
	});

	it.each(['image', 'removeContainer', 'container', 'ready'])(
		'of a panel that ends in step %s is brought to its end',
		async (key) => {
			const next = row().imageRef === good.ref ? former : good;
			offer(next);
			const { operationId } = upgrade();
			await test.rebuildIn(operationId, key);
			offer(next);
			await test.app.runner.resumeAll();
			expect(await test.app.runner.wait(operationId)).toMatchObject({ status: 'succeeded', attempts: 2 });
			expect(imageOfRow()).toEqual(next);
			expect(await container()).toMatchObject({ status: 'running', imageId: next.digest });
			expect(await databases()).toContain('kept');
		},
	);

	it('of a server that is stopped is refused: nobody could see whether it comes up', async () => {
		await test.succeeded(test.app.manager.stop(serviceId, testCaller));
		expect(upgrade).toThrowError(expect.objectContaining({ code: 'SERVICE_NOT_RUNNING' }));
	});
});
