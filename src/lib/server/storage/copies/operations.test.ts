import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { writeTransaction } from '../../db/client';
import { services } from '../../db/schema/index';
import type { BucketQuota } from '../../engines/storage';
import { AppError } from '../../errors';
import { newId } from '../../ids';
import { Secret } from '../../secret';
import { getService, updateService, type ServiceRow } from '../../services/repository';
import { MemoryS3 } from '../../testing/memory-s3';
import { seedCopy } from '../../testing/seeded-copy';
import { TestApp, testCaller } from '../../testing/test-app';
import { cellAddress } from '../../vault';
import { theInternet } from './address';
import { findCopy, listCopyBuckets, saveProgress, updateCopy } from './repository';
import { asAppError, serviceSource } from './sources';

let house: TestApp;
let service: ServiceRow;
let source: MemoryS3;
let target: MemoryS3;
let copyId: string;

beforeEach(async () => {
	house = new TestApp({ network: { ...theInternet, problem: () => null } });
	[source, target] = [new MemoryS3('source'), new MemoryS3('target')];
	await Promise.all([source.start(), target.start()]);
	const changedAt = new Date('2026-02-01T00:00:00Z');
	source.put('big', Buffer.alloc(11 * 1024 * 1024, 'b'), { changedAt, etag: `"${'e'.repeat(32)}-2"` });
	copyId = pausedCopy();
	service = getService(house.app.db, findCopy(house.app.db, copyId)?.serviceId ?? '');
	answer();
});
afterEach(async () => {
	vi.useRealTimers();
	vi.restoreAllMocks();
	source.stop();
	target.stop();
	await house.remove();
});

/** A copy from the server outside that can go on. */
function pausedCopy(): string {
	const { db, vault } = house.app;
	const bucket = seedCopy(db);
	saveProgress(db, { ...bucket, source: 'bucket', target: 'bucket' }, []);
	const secretCell = vault.encrypt(cellAddress.storageCopySecret(bucket.copyId), new Secret('x'.repeat(40)));
	const login = { endpoint: source.endpoint, region: 'us-east-1', accessKeyId: 'AKIAEXAMPLE' };
	writeTransaction(db, (tx) =>
		updateCopy(tx, bucket.copyId, { ...login, state: 'paused', secretCell, isPathStyle: true }),
	);
	return bucket.copyId;
}

/** Lets the target answer; after `calls` accesses to its bucket it is away. */
function answer(calls = Infinity): void {
	let asked = 0;
	const access = () => {
		asked += 1;
		if (asked > calls) return Promise.reject(new AppError('SERVICE_NOT_RUNNING'));
		return Promise.resolve({
			...{ endpoint: target.endpoint, region: 'us-east-1', accessKeyId: 'AKEXAMPLE' },
			...{ secretAccessKey: new Secret('s'.repeat(40)), expiresAt: new Date(Date.now() + 24 * 60 * 60_000) },
		});
	};
	Object.assign(house.app.broker, {
		storageAdmin: () => Promise.resolve({ bucketId: () => Promise.resolve('1'), access }),
	});
}

/** The target has no room for the second part. */
function fill(): void {
	target.refusalName = 'QuotaExceeded';
	target.refuses = ({ method, url }) => method === 'PUT' && url?.includes('partNumber=2') === true;
}

async function run(): Promise<string | null> {
	const { storageCopies, runner } = house.app;
	const operation = await house.ended(storageCopies.resume(runner, service, { copyId, caller: testCaller }));
	return operation.errorCode;
}
const state = () => findCopy(house.app.db, copyId)?.state;
const uploads = (id = copyId) => Object.keys(listCopyBuckets(house.app.db, id)[0]?.uploads ?? {});

it('leaves no parts of objects on the target when it fails', async () => {
	fill();
	expect([await run(), state()]).toEqual(['STORAGE_QUOTA_EXCEEDED', 'failed']);
	const { failure } = house.app.storageCopies.get(service, copyId);
	expect(failure).toMatchObject({ code: 'STORAGE_QUOTA_EXCEEDED' });
	expect([target.began, target.uploads.size, uploads()]).toEqual([1, 0, []]);
	await expect(house.app.storageCopies.stop(service, copyId, 'cancel')).rejects.toThrow('COPY_STATE');
});

it('frees parts of objects later when the target was away, and stays failed', async () => {
	fill();
	answer(1);
	expect([await run(), state(), target.uploads.size, uploads()]).toEqual([
		...['STORAGE_QUOTA_EXCEEDED', 'failed'],
		...[1, ['big']],
	]);
	target.hangsUp = ({ method }) => method === 'DELETE';
	answer();
	await house.app.storageCopies.stop(service, copyId, 'cancel');
	expect(uploads()).toEqual(['big']);
	target.hangsUp = () => false;
	await house.app.storageCopies.stop(service, copyId, 'cancel');
	expect([state(), target.uploads.size, uploads()]).toEqual(['failed', 0, []]);
});

it('asks no more for parts of objects that went with their bucket', async () => {
	fill();
	answer(1);
	await run();
	expect(uploads()).toEqual(['big']);
	const access = () => Promise.reject(new AppError('BUCKET_NOT_FOUND'));
	Object.assign(house.app.broker, { storageAdmin: () => Promise.resolve({ access }) });
	await house.app.storageCopies.stop(service, copyId, 'cancel');
	expect([state(), uploads()]).toEqual(['failed', []]);
});

it('frees what an earlier copy has left', async () => {
	fill();
	answer(1);
	await run();
	const failed = copyId;
	target.refuses = () => false;
	answer();
	copyId = pausedCopy();
	writeTransaction(house.app.db, (tx) => updateCopy(tx, copyId, { serviceId: service.id }));
	expect(await run()).toBeNull();
	expect([target.began, target.uploads.size, uploads(failed)]).toEqual([2, 0, []]);
	expect(findCopy(house.app.db, failed)?.state).toBe('failed');
});

it('keeps parts of objects while the copy is only paused', async () => {
	target.hangsUp = ({ method, url }) => {
		if (method !== 'PUT' || url?.includes('partNumber=2') !== true) return false;
		void house.app.storageCopies.stop(service, copyId, 'pause');
		return true;
	};
	expect([await run(), state()]).toEqual(['COPY_PAUSED', 'paused']);
	expect([target.uploads.size, uploads()]).toEqual([1, ['big']]);
	target.hangsUp = () => false;
	expect([await run(), state()]).toEqual([null, 'done']);
	expect([target.began, target.uploads.size, target.written]).toEqual([1, 0, ['big']]);
});

it('keeps parts of objects while the panel starts again', async () => {
	target.hangsUp = ({ method, url }) => method === 'PUT' && url?.includes('partNumber=2') === true;
	const { operationId } = house.app.storageCopies.resume(house.app.runner, service, {
		...{ copyId, caller: testCaller },
	});
	await expect.poll(() => uploads()).toEqual(['big']);
	await house.rebuild();
	expect([state(), target.uploads.size, uploads()]).toEqual(['running', 1, ['big']]);
	target.hangsUp = () => false;
	answer();
	await house.app.runner.resumeAll();
	expect((await house.app.runner.wait(operationId)).status).toBe('succeeded');
	expect([target.began, target.written]).toEqual([1, ['big']]);
});

it('keeps the buckets that it makes to the data limit of the server before an object is in them', async () => {
	const { app } = house;
	const limitBytes = 5_000_000;
	writeTransaction(app.db, (tx) => updateService(tx, service.id, { dataLimitBytes: limitBytes }));
	const quotas = new Map<string, BucketQuota>();
	const asSoon: (number | null | undefined)[] = [];
	target.refuses = ({ method }) => {
		if (method === 'PUT') asSoon.push(quotas.get('bucket')?.maxBytes);
		return false;
	};
	const size = { name: 'bucket', createdAt: null, objects: 0, sizeBytes: 0 };
	const admin = await app.broker.storageAdmin(service);
	const made = {
		...admin,
		bucketId: (name: string) =>
			quotas.has(name) ? Promise.resolve('1') : Promise.reject(new AppError('BUCKET_NOT_FOUND')),
		createBucket: (name: string) =>
			Promise.resolve(void quotas.set(name, { maxBytes: null, maxObjects: null })),
		measureBuckets: () => Promise.resolve(quotas.has('bucket') ? [size] : []),
		findBucket: (name: string) => Promise.resolve({ ...size, quota: quotas.get(name) }),
		listBuckets: () =>
			Promise.resolve({ items: [{ ...size, quota: quotas.get('bucket') }], nextCursor: null, total: 1 }),
		setQuota: ({ bucket, quota }: { bucket: string; quota: BucketQuota }) =>
			Promise.resolve(void quotas.set(bucket, quota)),
	};
	Object.assign(app.broker, { storageAdmin: () => Promise.resolve(made) });
	expect(await run()).toBeNull();
	expect(asSoon).toEqual([limitBytes, limitBytes]);
});

it('copies nothing before the data limit of the server is told, however long that takes', async () => {
	const { dataLimits } = house.app;
	const asked: string[] = [];
	let tellLimit = (): void => undefined;
	vi.spyOn(dataLimits, 'keepWithin').mockImplementation(() => {
		asked.push('limit');
		return new Promise((resolve) => (tellLimit = resolve));
	});
	target.refuses = ({ method }) => {
		if (method === 'PUT') asked.push('object');
		return false;
	};
	vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
	const { operationId } = house.app.storageCopies.resume(house.app.runner, service, {
		...{ copyId, caller: testCaller },
	});
	await vi.waitFor(() => expect(asked).toEqual(['limit']));
	await vi.advanceTimersByTimeAsync(60_000);
	expect(asked).toEqual(['limit']);
	vi.useRealTimers();
	tellLimit();
	await house.app.runner.wait(operationId);
	expect(asked.slice(0, 2)).toEqual(['limit', 'object']);
});

it('can be paused while the data limit is told', async () => {
	vi.spyOn(house.app.dataLimits, 'keepWithin').mockReturnValue(new Promise(() => undefined));
	const ended = run();
	await expect.poll(state).toBe('running');
	await house.app.storageCopies.stop(service, copyId, 'pause');
	expect([await ended, state()]).toEqual(['COPY_PAUSED', 'paused']);
});

it('ends when its own bucket cannot be told its limit, and not for another one', async () => {
	const { app } = house;
	writeTransaction(app.db, (tx) => updateService(tx, service.id, { dataLimitBytes: 1_000 }));
	vi.spyOn(app.dataLimits, 'keepWithin').mockRejectedValue(new AppError('ENGINE_REFUSED'));
	const admin = await app.broker.storageAdmin(service);
	let maxBytes: number | null = null;
	const findBucket = () => Promise.resolve({ quota: { maxBytes, maxObjects: null } });
	Object.assign(app.broker, { storageAdmin: () => Promise.resolve({ ...admin, findBucket }) });
	expect([await run(), target.written]).toEqual(['ENGINE_REFUSED', []]);
	copyId = pausedCopy();
	writeTransaction(app.db, (tx) => updateCopy(tx, copyId, { serviceId: service.id }));
	maxBytes = 1_000;
	expect([await run(), target.written]).toEqual([null, ['big']]);
});

it('says at once whom it waits for, and goes on as soon as that answers', async () => {
	let isAway = true;
	// The first object alone is asked for before any is copied.
	const isListing = (url = '') => url.includes('list-type') && !/max-keys=1(?:&|$)/.test(url);
	source.hangsUp = ({ url }) => isAway && isListing(url);
	const { operationId } = house.app.storageCopies.resume(house.app.runner, service, {
		...{ copyId, caller: testCaller },
	});
	const step = () => house.app.runner.view(operationId)?.steps.find(({ status }) => status === 'running');
	await expect.poll(() => step()?.progress?.waitsFor).toBe('source');
	expect(step()?.key).toBe('copyObjects');
	await expect.poll(() => house.app.storageCopies.get(service, copyId).waitsFor).toBe('source');
	isAway = false;
	expect((await house.app.runner.wait(operationId)).status).toBe('succeeded');
	expect(house.app.storageCopies.get(service, copyId).waitsFor).toBeNull();
});

it('says of a server of the project that it is the source that does not answer', async () => {
	const from = serviceSource({ ...house.app, network: theInternet }, service);
	for (const [given, told] of [
		[new AppError('SERVICE_NOT_RUNNING'), 'COPY_SOURCE_UNREACHABLE'],
		[new AppError('ENGINE_UNREACHABLE', { details: { reason: 'login' } }), 'COPY_SOURCE_LOGIN'],
		[new AppError('DOCKER_UNAVAILABLE'), 'DOCKER_UNAVAILABLE'],
	] as const) {
		Object.assign(house.app.broker, { storageAdmin: () => Promise.reject(given) });
		const failure = await from.open('bucket').catch((error: unknown) => asAppError(error));
		expect(failure).toMatchObject({ code: told });
	}
});

/** Another storage server of the project, of which the copy is from now on. */
function copyFrom(admin: () => Promise<unknown>): string {
	const { app } = house;
	const id = newId('service');
	writeTransaction(app.db, (tx) => {
		tx.insert(services)
			.values({ ...service, id, name: 'other' })
			.run();
		updateCopy(tx, copyId, { sourceServiceId: id, carriesKeys: true });
	});
	const { storageAdmin } = app.broker;
	Object.assign(app.broker, {
		storageAdmin: (asked: ServiceRow) => (asked.id === id ? admin() : storageAdmin(asked)),
	});
	return id;
}

it('says of a server of the project that it refuses sh0, and not a key of somebody', async () => {
	vi.useFakeTimers({ toFake: ['Date'] });
	const serviceId = copyFrom(() => {
		// Longer than anybody waits for a login.
		vi.setSystemTime(Date.now() + 10_000);
		return Promise.reject(new AppError('ENGINE_UNREACHABLE', { details: { reason: 'login' } }));
	});
	const own = { code: 'COPY_SOURCE_LOGIN', details: { source: 'service' } };
	const wanted = { source: { kind: 'service' as const, serviceId } };
	await expect(house.app.storageCopies.check(service, wanted)).rejects.toMatchObject(own);
	await run();
	expect(house.app.storageCopies.get(service, copyId).failure).toMatchObject(own);
});

it('says of a key that it carried over, and not that it was there, when it was paused after it', async () => {
	const permissions = [{ bucket: 'bucket', read: true, write: false, owner: false }];
	const facts = { description: '', createdAt: null, expiresAt: null, hasOtherRights: false };
	const key = { ...facts, name: 'KEYNUMBERONE', permissions };
	const secret = new Secret('s'.repeat(40));
	let there: typeof key | null = null;
	const target = await house.app.broker.storageAdmin(service);
	const keys = {
		find: () => Promise.resolve(there),
		import: () => Promise.resolve(void (there = key)),
		setPermission: () => Promise.resolve(),
		list: () => Promise.resolve({ items: [key], total: 1, nextCursor: null }),
		exportSecret: () => Promise.resolve(secret),
	};
	Object.assign(house.app.broker, { storageAdmin: () => Promise.resolve({ ...target, keys }) });
	const access = () => target.access({ bucket: 'bucket', level: 'read', lifetimeMs: 1 });
	const rest = { measureBuckets: () => Promise.resolve([]), findBucket: () => Promise.resolve(null) };
	const lifecycle = { get: () => Promise.resolve([]) };
	copyFrom(() =>
		Promise.resolve({
			...{ ...rest, lifecycle, cors: null, keys },
			access: async () => ({ ...(await access()), endpoint: source.endpoint }),
		}),
	);
	const outcomes = () => house.app.storageCopies.report(service, copyId).keys.map(({ outcome }) => outcome);
	expect([await run(), outcomes()]).toEqual([null, ['carried']]);
	writeTransaction(house.app.db, (tx) => updateCopy(tx, copyId, { state: 'paused' }));
	expect([await run(), outcomes()]).toEqual([null, ['carried']]);
});

it('waits for a source that is away from the first step on', async () => {
	let isAway = true;
	source.hangsUp = () => isAway;
	const { operationId } = house.app.storageCopies.resume(house.app.runner, service, {
		...{ copyId, caller: testCaller },
	});
	await expect.poll(() => house.app.storageCopies.get(service, copyId).waitsFor).toBe('source');
	isAway = false;
	expect((await house.app.runner.wait(operationId)).status).toBe('succeeded');
});
