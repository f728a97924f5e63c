import { randomBytes } from 'node:crypto';
import {
	CopyObjectCommand,
	DeleteObjectCommand,
	GetObjectCommand,
	PutObjectCommand,
	type S3Client,
} from '@aws-sdk/client-s3';
import { describe, it, type TestContext } from 'vitest';
import { MIN_DATA_LIMIT_BYTES } from '$lib/shared/data-limit';
import { writeTransaction } from '../db/client';
import { engines } from '../engines';
import type { StorageEngineDefinition } from '../engines/storage';
import { isAppError } from '../errors';
import { Secret } from '../secret';
import { getService, updateService } from '../services/repository';
import { asApp, useObjectHouse } from '../testing/object-behaviour/house';
import { codeIn } from '../testing/objects-panel';
import { appClient, outcome } from '../testing/storage-app';
import { bucketAndKey, codeOf } from '../testing/storage-behaviour';
import type { StorageServer } from '../testing/storage-server';
import { listBucketQuotas } from './repository';
import { useStorageHouse, type StorageHouse } from './testing';

const KB = 1_000;
const LIMIT_BYTES = 2_000 * KB;
const OBJECT_BYTES = 200 * KB;
const INTERVAL_MS = 2_000;
/** SeaweedFS looks at sizes so often. */
const CYCLE_MS = 60_000;
const wait = { timeout: 4 * CYCLE_MS, interval: INTERVAL_MS };
/** What goes in past the limit, where the engine counts now and then: with what is put until then, one object at each interval. */
const PASSED_BYTES = ((2 * CYCLE_MS) / INTERVAL_MS) * OBJECT_BYTES;

/** MinIO counts a minute after it has counted, unless it is told not to rest. */
function countingOften(definition: StorageEngineDefinition): StorageEngineDefinition {
	const { lifecycle } = definition;
	const containerSpec: typeof lifecycle.containerSpec = (input) => {
		const spec = lifecycle.containerSpec(input);
		return { ...spec, env: { ...spec.env, MINIO_SCANNER_SPEED: 'fastest' } };
	};
	return definition.id === 'minio'
		? { ...definition, lifecycle: { ...lifecycle, containerSpec } }
		: definition;
}

const storageEngines = engines.flatMap((engine) =>
	engine.kind === 'storage' ? [countingOften(engine)] : [],
);

// Each waits for its engine most of the time. Of tests side by side each has an `expect` of its own.
describe.concurrent.each(storageEngines)('a data limit of $label', (definition) => {
	let server: StorageServer;
	let house: StorageHouse;
	let put: (bucket: string, key: string, sizeBytes: number) => Promise<string>;
	let s3: S3Client;
	const isExact = definition.storageAdmin.traits('').usage === 'atOnce';

	useStorageHouse(definition, (opened) => ({ server, house } = opened));

	const api = () => house.as('admin');
	const on = () => ({ serviceId: house.serviceId });
	const quotaAtEngine = async (bucket: string) => (await server.admin().findBucket(bucket))?.quota.maxBytes;
	const shownQuota = async (name: string) =>
		(await api().buckets.get({ ...on(), name })).bucket.quota.maxBytes;

	/** A limit of less than people may set, so that it can be reached here. */
	async function limitTo(dataLimitBytes: number): Promise<void> {
		writeTransaction(house.app.db, (tx) => updateService(tx, house.serviceId, { dataLimitBytes }));
		await nextRound();
	}

	/** As the minute's round does. */
	async function nextRound(): Promise<void> {
		await house.app.dataLimits.keepWithin(getService(house.app.db, house.serviceId));
	}

	/** Puts objects until the engine refuses one; answers how many bytes went in. */
	async function fill({ expect }: TestContext, bucket: string): Promise<number> {
		let bytes = 0;
		const one = async () => {
			const answer = await put(bucket, `fill/${bytes}`, OBJECT_BYTES);
			if (answer === 'ok') bytes += OBJECT_BYTES;
			else return answer;
			if (!isExact) await nextRound();
			return 'ok';
		};
		// Up to the limit at once: an engine that counts now and then shall see all of it.
		while (!isExact && bytes < LIMIT_BYTES) expect(await one()).toBe('ok');
		await expect.poll(one, isExact ? { timeout: 60_000, interval: 1 } : wait).not.toBe('ok');
		return bytes;
	}

	it.sequential(
		'holds buckets without a quota, shows what people set, and ends without a trace',
		async (context) => {
			const { expect } = context;
			await api().buckets.create({ ...on(), name: 'open-one' });
			const own = { maxBytes: 5_000 * KB, maxObjects: null };
			await api().buckets.create({ ...on(), name: 'own-quota', quota: own });
			const full = { read: true, write: true, owner: false };
			const permissions = ['open-one', 'own-quota', 'later-one'].map((bucket) => ({ bucket, ...full }));
			const { id, secret } = await api().storageKeys.create({
				...on(),
				permissions: permissions.slice(0, 2),
			});
			s3 = appClient(server.endpoint(), { id, secret: new Secret(secret) });
			// Text would be pressed together by some engines, and is counted as it is kept.
			put = (Bucket, Key, sizeBytes) =>
				outcome(s3.send(new PutObjectCommand({ Bucket, Key, Body: randomBytes(sizeBytes) })));
			expect(await put('open-one', 'before', 300 * KB)).toBe('ok');

			await limitTo(LIMIT_BYTES);
			expect(await quotaAtEngine('open-one')).toBeLessThanOrEqual(LIMIT_BYTES);
			expect(await shownQuota('open-one')).toBeNull();
			expect(await shownQuota('own-quota')).toBe(own.maxBytes);
			const { items } = await api().buckets.list(on());
			expect(items.map(({ quota }) => quota.maxBytes)).toEqual([null, own.maxBytes]);

			const filled = await fill(context, 'open-one');
			expect(filled).toBeGreaterThan(0);
			expect(300 * KB + filled).toBeLessThanOrEqual(LIMIT_BYTES + (isExact ? 0 : PASSED_BYTES));

			// What one has used is gone for the others, and for one that is made now.
			await nextRound();
			const enough = async (bucket: string) => {
				await nextRound();
				return (await quotaAtEngine(bucket)) ?? Infinity;
			};
			const left = 2 * OBJECT_BYTES;
			await expect.poll(() => enough('own-quota'), wait).toBeLessThan(left);
			await api().buckets.create({ ...on(), name: 'later-one' });
			expect(await quotaAtEngine('later-one')).toBeLessThan(left);
			expect(await shownQuota('later-one')).toBeNull();
			await api().storageKeys.setPermissions({ ...on(), keyId: id, permissions });
			if (isExact) {
				expect(await put('own-quota', 'x', left)).toBe('AccessDenied');
				expect(await put('later-one', 'x', left)).toBe('AccessDenied');
			}

			// Reading and removing go on.
			const what = { Bucket: 'open-one', Key: 'before' };
			expect(await outcome(s3.send(new GetObjectCommand(what)))).toBe('ok');
			expect(await outcome(s3.send(new DeleteObjectCommand(what)))).toBe('ok');

			// A changed quota is the bucket's own, and no more than there is room for.
			const raised = { maxBytes: 9_000 * KB, maxObjects: null };
			const changed = await api().buckets.update({ ...on(), name: 'own-quota', quota: raised });
			expect(changed.bucket.quota).toEqual(raised);
			expect(await quotaAtEngine('own-quota')).toBeLessThan(LIMIT_BYTES);

			// The panel began anew meanwhile: what people set is still known.
			await house.restart();
			await api().services.setDataLimit({ ...on(), dataLimitBytes: null });
			expect(await quotaAtEngine('open-one')).toBeNull();
			expect(await quotaAtEngine('own-quota')).toBe(raised.maxBytes);
			expect(listBucketQuotas(house.app.db, house.serviceId)).toEqual([]);
			await expect.poll(() => put('open-one', 'after', 600 * KB), wait).toBe('ok');
		},
		900_000,
	);

	it.sequential('is told with the server, bounded below, and asked of admins only', async ({ expect }) => {
		const set = (dataLimitBytes: number | null, role: 'admin' | 'operator' = 'admin') =>
			house
				.as(role)
				.services.setDataLimit({ ...on(), dataLimitBytes })
				.then(
					() => null,
					(error: unknown) => {
						const cause = error instanceof Error ? error.cause : null;
						return isAppError(cause) ? cause.code : error instanceof Error ? error.message : 'unknown';
					},
				);
		expect(await set(MIN_DATA_LIMIT_BYTES - 1)).toBe('BAD_INPUT');
		expect(await set(MIN_DATA_LIMIT_BYTES, 'operator')).toBe('FORBIDDEN');
		expect(await set(MIN_DATA_LIMIT_BYTES)).toBeNull();
		const listed = await house.as('viewer').services.list({ projectId: house.people.projectId });
		expect(listed.find(({ id }) => id === house.serviceId)?.dataLimitBytes).toBe(MIN_DATA_LIMIT_BYTES);
		expect((await house.as('viewer').services.get(on())).dataLimitBytes).toBe(MIN_DATA_LIMIT_BYTES);
		expect(await set(null)).toBeNull();
	});
});

const denying = storageEngines.filter(({ storageAdmin }) => storageAdmin.traits('').deniesWhenFull);

// Here and not with what else the engine promises, since these wait for the same minute as the limits do.
describe.concurrent.each(denying)('a full bucket of $label', (definition) => {
	const house = useObjectHouse(definition);
	const { place, newBucket, traits } = house;
	const setQuota = (bucket: string, maxBytes: number | null) =>
		house.server.admin().setQuota({ bucket, quota: { maxBytes, maxObjects: null } });

	it('is shut for writers some time after it is full, and open when there is room again', async ({
		expect,
	}) => {
		const { bucket, s3 } = await bucketAndKey(house.server, { read: true, write: true, owner: true });
		await setQuota(bucket, 100 * KB);
		// Text would be pressed together, and is counted as it is kept.
		const Body = randomBytes(OBJECT_BYTES);
		const one = (Key: string) => outcome(s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body })));
		expect(await one('a')).toBe('ok');
		await expect.poll(() => one('b'), wait).toBe('AccessDenied');
		expect(await outcome(s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'a' })))).toBe('ok');
		const copy = new CopyObjectCommand({ Bucket: bucket, Key: 'c', CopySource: `${bucket}/a` });
		expect((await outcome(s3.send(copy))) === 'ok').toBe(traits.copiesEscapeQuota);
		expect((await house.server.admin().findBucket(bucket))?.sizeBytes).toBeGreaterThan(100 * KB);
		await setQuota(bucket, null);
		await expect.poll(() => one('b'), wait).toBe('ok');
	}, 900_000);

	it('is what an upload is told once the engine denies it, and of nothing else', async ({ expect }) => {
		const bucket = await newBucket();
		await setQuota(bucket, 100 * KB);
		const { serviceId } = house.panel;
		const api = house.panel.caller().objects;
		const { uploadId } = await api.createUpload(place(bucket, 'b'));
		const one = async (key: string) => codeIn(await house.panel.put(bucket, key, randomBytes(OBJECT_BYTES)));
		expect(await one('a')).toBeNull();
		await expect.poll(() => one('c'), wait).not.toBeNull();
		expect(await one('c')).toBe('STORAGE_QUOTA_EXCEEDED');
		const part = await house.panel.put(bucket, 'b', randomBytes(KB), {}, { uploadId, partNumber: 1 });
		expect(codeIn(part)).toBe('STORAGE_QUOTA_EXCEEDED');
		const folder = api.createFolder({ serviceId, bucket, prefix: '', name: 'f' });
		expect(await codeOf(asApp(folder))).toBe('STORAGE_QUOTA_EXCEEDED');
		await setQuota(bucket, 100_000 * KB);
		// It is shut for some moments more.
		expect(await one('c')).not.toBe('STORAGE_QUOTA_EXCEEDED');
		expect((await house.panel.get(bucket, 'a')).status).toBe(200);
	}, 900_000);
});
