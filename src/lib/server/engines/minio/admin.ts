import { z } from 'zod';
import { AppError, nullOn } from '../../errors';
import { byName, pageOf, type PageRequest } from '../page';
import { s3Endpoint } from '../s3-family/admin-api';
import {
	isPublicRead,
	isVersionedBucket,
	getLifecycle,
	setLifecycle,
	setPublicRead,
	setVersioning,
} from '../s3-family/bucket-settings';
import {
	createS3Bucket,
	getS3BucketId,
	listS3BucketNames,
	listS3Buckets,
	removeS3Bucket,
} from '../s3-family/buckets';
import { checkedLifecycle } from '../s3-family/checked';
import { assertBucketName, assertCan, assertNewBucketName, assertQuota } from '../s3-family/checks';
import { openS3, type S3Client } from '../s3-family/client';
import { REGION } from '../s3-family/container';
import { isOwnKey } from '../s3-family/key-material';
import { OwnKeys } from '../s3-family/own-keys';
import type { BucketInfo, BucketQuota, ServerUsage, StorageAdmin, StorageTarget } from '../storage';
import { forEachOf, oneAtATime } from '../turns';
import { capabilities } from './capabilities';
import { askLeast, MinioClient } from './client';
import { allKeys, bucketKeys, createKey, forgetBucket, removeKey, type AssertBuckets } from './keys';

const MOST_LOOKS = 4;

/** The server's own name for itself. */
const RESERVED_BUCKET = 'minio';

/** What the scanner has counted so far. */
const countsSchema = z.object({
	bucketsUsageInfo: z
		.record(z.string(), z.object({ size: z.number().default(0), objectsCount: z.number().default(0) }))
		.nullish(),
});
const quotaSchema = z.object({ size: z.number().default(0), quota: z.number().default(0) });
const diskSchema = z.object({
	Disks: z
		.array(z.object({ totalspace: z.number().default(0), availspace: z.number().default(0) }))
		.nullish(),
});

function quotaBody({ maxBytes }: BucketQuota): object {
	return maxBytes === null ? { quota: 0, size: 0 } : { quota: maxBytes, size: maxBytes, quotatype: 'hard' };
}

/** All buckets with what the scanner has counted of each, in two calls. The admin API's own list is some seconds old. */
async function allBuckets(client: MinioClient, s3: S3Client): Promise<BucketInfo[]> {
	const [listed, counts] = await Promise.all([listS3Buckets(s3), client.get('datausageinfo', countsSchema)]);
	return listed.map(({ name, createdAt }) => {
		const counted = counts.bucketsUsageInfo?.[name];
		return {
			...{ name, createdAt, isForeign: false, isVersioned: false },
			sizeBytes: counted?.size ?? null,
			objects: counted?.objectsCount ?? null,
			quota: { maxBytes: null, maxObjects: null },
			publicAccess: { kind: 'none' },
		};
	});
}

async function quotaOf(client: MinioClient, bucket: string): Promise<BucketQuota> {
	const { size, quota } = await client.get('get-bucket-quota', quotaSchema, { query: { bucket } });
	return { maxBytes: size || quota || null, maxObjects: null };
}

async function usage(client: MinioClient): Promise<ServerUsage> {
	const [counts, { Disks }] = await Promise.all([
		client.get('datausageinfo', countsSchema),
		client.get('storageinfo', diskSchema),
	]);
	const all = counts.bucketsUsageInfo ? Object.values(counts.bucketsUsageInfo) : null;
	const disk = Disks?.[0];
	return {
		sizeBytes: all?.reduce((sum, bucket) => sum + bucket.size, 0) ?? null,
		objects: all?.reduce((sum, bucket) => sum + bucket.objectsCount, 0) ?? null,
		diskTotalBytes: disk?.totalspace ?? null,
		diskFreeBytes: disk?.availspace ?? null,
	};
}

function ownKeys(client: MinioClient, target: StorageTarget, assertBuckets: AssertBuckets): OwnKeys {
	return new OwnKeys({
		endpoint: s3Endpoint(target),
		region: REGION,
		async make({ id, secret, bucket, level, expiresAt }) {
			const permissions = [{ bucket, read: true, write: level !== 'read', owner: false }];
			const key = { id, isNewId: true, secret, description: 'sh0', expiresAt, permissions };
			await createKey(client, key, assertBuckets);
		},
		async sweep() {
			for (const { name, expiresAt } of await allKeys(client))
				if (isOwnKey(name) && (!expiresAt || expiresAt <= new Date())) await removeKey(client, name);
		},
	});
}

/** Opens a few connections to one server. */
export function connectAdmin(target: StorageTarget): StorageAdmin {
	const client = new MinioClient(target);
	const s3 = openS3({
		endpoint: s3Endpoint(target),
		region: REGION,
		user: target.user,
		secret: target.password,
	});
	const inTurn = oneAtATime();

	async function assertBuckets(names: string[]): Promise<void> {
		if (names.length === 0) return;
		const there = new Set((await listS3Buckets(s3)).map((bucket) => bucket.name));
		if (!names.every((name) => there.has(name))) throw new AppError('BUCKET_NOT_FOUND');
	}

	/** Its settings are in no list; they are looked up for those that are shown. Null for one that goes meanwhile. */
	async function withSettings(bucket: BucketInfo): Promise<BucketInfo | null> {
		const asked = Promise.all([
			isPublicRead(s3, bucket.name),
			isVersionedBucket(s3, bucket.name),
			quotaOf(client, bucket.name),
		]);
		const known = await nullOn('BUCKET_NOT_FOUND', asked);
		if (known === null) return null;
		const [isPublic, isVersioned, quota] = known;
		return { ...bucket, isVersioned, quota, publicAccess: { kind: isPublic ? 'read' : 'none' } };
	}

	async function listBuckets(request?: PageRequest): ReturnType<StorageAdmin['listBuckets']> {
		const page = pageOf(await allBuckets(client, s3), request);
		const found = await forEachOf(page.items, { most: MOST_LOOKS }, withSettings);
		return { ...page, items: found.filter((bucket) => bucket !== null) };
	}

	const own = ownKeys(client, target, assertBuckets);
	return {
		listBuckets,
		bucketNames: () => listS3BucketNames(s3),
		async measureBuckets() {
			const known = await allBuckets(client, s3);
			return byName(
				known.map(({ name, createdAt, sizeBytes, objects }) => ({ name, createdAt, sizeBytes, objects })),
			);
		},
		async findBucket(name) {
			assertBucketName(name);
			const bucket = (await allBuckets(client, s3)).find((one) => one.name === name);
			return bucket ? withSettings(bucket) : null;
		},
		async bucketId(name) {
			assertBucketName(name);
			return getS3BucketId(s3, name);
		},
		async createBucket(name) {
			assertNewBucketName(name);
			if (name === RESERVED_BUCKET) throw new AppError('NAME_RESERVED', { field: 'name' });
			await inTurn(async () => {
				const [keys] = await Promise.all([allKeys(client), createS3Bucket(s3, name)]);
				// Rights of keys outlive a bucket that was removed by other means.
				await forgetBucket(client, { bucket: name, keys });
			});
			// One kept from a bucket of this name that was removed by other means opens nothing any more.
			own.forget(name);
		},
		async removeBucket(name) {
			assertBucketName(name);
			await inTurn(async () => {
				await removeS3Bucket(s3, name);
				await forgetBucket(client, { bucket: name, keys: await allKeys(client) });
			});
			own.forget(name);
		},
		async setQuota({ bucket, quota }) {
			assertBucketName(bucket);
			assertQuota(quota);
			if (quota.maxObjects !== null) assertCan(capabilities, 'quotaObjects');
			await client.change('PUT', 'set-bucket-quota', { query: { bucket }, body: quotaBody(quota) });
		},
		async setPublicAccess({ bucket, access }) {
			assertBucketName(bucket);
			if (access.kind === 'website') assertCan(capabilities, 'website');
			await setPublicRead(s3, { bucket, isPublic: access.kind === 'read' });
		},
		versioning: {
			async set(input) {
				assertBucketName(input.bucket);
				await setVersioning(s3, input);
			},
		},
		cors: null,
		lifecycle: checkedLifecycle(
			{ get: (bucket) => getLifecycle(s3, bucket), set: (bucket, rules) => setLifecycle(s3, bucket, rules) },
			{ capabilities, inTurn },
		),
		removeUnfinishedUploads: null,
		keys: bucketKeys(client, { inTurn, assertBuckets }),
		usage: () => usage(client),
		async version() {
			// One that is compiled from its sources calls itself a development version.
			await askLeast(client);
			return null;
		},
		async access(request) {
			assertBucketName(request.bucket);
			return own.access(request);
		},
		async close() {
			await inTurn(() => Promise.resolve());
			client.close();
			s3.destroy();
		},
	};
}
