import { nullOn } from '../../errors';
import { byName, pageOf, type PageRequest } from '../page';
import { s3Endpoint } from '../s3-family/admin-api';
import { getLifecycle, isVersionedBucket, setLifecycle, setVersioning } from '../s3-family/bucket-settings';
import {
	createS3Bucket,
	getS3BucketId,
	listS3BucketNames,
	listS3Buckets,
	removeS3Bucket,
} from '../s3-family/buckets';
import { checkedCors, checkedLifecycle } from '../s3-family/checked';
import { assertBucketName, assertCan, assertNewBucketName, assertQuota } from '../s3-family/checks';
import { openS3 } from '../s3-family/client';
import { REGION } from '../s3-family/container';
import { getCors, setCors } from '../s3-family/cors';
import { OwnKeys } from '../s3-family/own-keys';
import { abortUploads } from '../s3-family/uploads';
import type { BucketInfo, BucketSize, ServerUsage, StorageAdmin, StorageTarget } from '../storage';
import { forEachOf, oneAtATime, type Turns } from '../turns';
import { changeRights, getRights } from './bucket-policies';
import { capabilities } from './capabilities';
import { SeaweedClient } from './client';
import { rootKeyId } from './container';
import { bucketKeys, createKey, sweepOwnKeys, type Server } from './keys';
import { isPublic, withPublicRead } from './policies';

const MOST_CALLS = 4;

type Listed = { name: string; createdAt: Date | null };

/** Sizes are in no list: each bucket is asked for its own. Objects are not counted. */
async function measure(server: Server, buckets: Listed[]): Promise<BucketSize[]> {
	return forEachOf(buckets, { most: MOST_CALLS }, async ({ name, createdAt }) => {
		// It may have gone meanwhile.
		const capacity = await nullOn('BUCKET_NOT_FOUND', server.client.getCapacity(name));
		return { name, createdAt, sizeBytes: capacity?.usedBytes ?? null, objects: null };
	});
}

/** Null for one that goes meanwhile. */
async function findInfo({ client, s3 }: Server, { name, createdAt }: Listed): Promise<BucketInfo | null> {
	const asked = Promise.all([
		client.getCapacity(name),
		getRights(s3, name),
		isVersionedBucket(s3, name),
		client.getQuota(name),
	]);
	const known = await nullOn('BUCKET_NOT_FOUND', asked);
	if (known === null) return null;
	const [capacity, rights, isVersioned, maxBytes] = known;
	return {
		...{ name, createdAt, isVersioned, isForeign: false },
		...{ sizeBytes: capacity.usedBytes, objects: null },
		quota: { maxBytes, maxObjects: null },
		publicAccess: { kind: isPublic(rights) ? 'read' : 'none' },
	};
}

async function listBuckets(server: Server, request?: PageRequest): ReturnType<StorageAdmin['listBuckets']> {
	const page = pageOf(await listS3Buckets(server.s3), request);
	const found = await forEachOf(page.items, { most: MOST_CALLS }, (bucket) => findInfo(server, bucket));
	return { ...page, items: found.filter((info) => info !== null) };
}

/** What the first of these answers that is there and has something to say; those after it are not asked. */
async function firstOf<B, T>(buckets: B[], ask: (bucket: B) => Promise<T | null>): Promise<T | null> {
	for (const bucket of buckets) {
		const answer = await nullOn('BUCKET_NOT_FOUND', ask(bucket));
		if (answer !== null) return answer;
	}
	return null;
}

/** The disk's size is told with a bucket's, unless that has a limit of its own. */
async function usage({ client, s3 }: Server): Promise<ServerUsage> {
	const asked = await forEachOf(await listS3Buckets(s3), { most: MOST_CALLS }, async ({ name }) => {
		const capacity = await nullOn('BUCKET_NOT_FOUND', client.getCapacity(name));
		return capacity && { name, ...capacity };
	});
	const known = asked.filter((bucket) => bucket !== null);
	const disk = await firstOf(known, async (bucket) =>
		(await client.getQuota(bucket.name)) === null ? bucket : null,
	);
	return {
		sizeBytes: known.reduce((sum, { usedBytes }) => sum + usedBytes, 0),
		objects: null,
		diskTotalBytes: disk?.totalBytes ?? null,
		diskFreeBytes: disk?.freeBytes ?? null,
	};
}

/** A server without any bucket does not tell. */
async function version({ client, s3 }: Server): Promise<string | null> {
	const model = await firstOf(await listS3Buckets(s3), ({ name }) => client.getModel(name));
	return /\d+\.\d+/.exec(model ?? '')?.[0] ?? null;
}

function ownKeys(server: Server, target: StorageTarget, inTurn: Turns): OwnKeys {
	return new OwnKeys({
		endpoint: s3Endpoint(target),
		region: REGION,
		make: ({ bucket, level, ...key }) =>
			inTurn(async () => {
				await getRights(server.s3, bucket);
				const permissions = [{ bucket, read: true, write: level !== 'read', owner: false }];
				// Only a right without an end covers every key there may be (policies.ts): it ends by being swept away.
				const rightsEnd = level === 'remove' ? null : key.expiresAt;
				const made = { ...key, isNewId: true, description: 'sh0', permissions };
				await createKey(server, made, { rightsEnd });
			}),
		sweep: () => inTurn(() => sweepOwnKeys(server)),
	});
}

/** Opens a few connections to one server. */
export function connectAdmin(target: StorageTarget): StorageAdmin {
	const client = new SeaweedClient(target);
	const s3 = openS3({
		endpoint: s3Endpoint(target),
		region: REGION,
		user: rootKeyId(target.password),
		secret: target.password,
	});
	const server = { client, s3 };
	const inTurn = oneAtATime();
	const own = ownKeys(server, target, inTurn);
	return {
		listBuckets: (request) => listBuckets(server, request),
		bucketNames: () => listS3BucketNames(s3),
		measureBuckets: async () => byName(await measure(server, await listS3Buckets(s3))),
		async findBucket(name) {
			assertBucketName(name);
			const bucket = (await listS3Buckets(s3)).find((one) => one.name === name);
			return bucket ? findInfo(server, bucket) : null;
		},
		async bucketId(name) {
			assertBucketName(name);
			return getS3BucketId(s3, name);
		},
		async createBucket(name) {
			assertNewBucketName(name);
			await inTurn(() => createS3Bucket(s3, name));
			// One kept from a bucket of this name that was removed by other means opens nothing any more.
			own.forget(name);
		},
		async removeBucket(name) {
			assertBucketName(name);
			await inTurn(() => removeS3Bucket(s3, name));
			own.forget(name);
		},
		async setQuota({ bucket, quota }) {
			assertBucketName(bucket);
			assertQuota(quota);
			if (quota.maxObjects !== null) assertCan(capabilities, 'quotaObjects');
			try {
				await client.setQuota(bucket, quota.maxBytes);
			} catch (error) {
				// It answers 500 for a bucket that is not there.
				await getS3BucketId(s3, bucket);
				throw error;
			}
		},
		async setPublicAccess({ bucket, access }) {
			assertBucketName(bucket);
			if (access.kind === 'website') assertCan(capabilities, 'website');
			const isOpen = access.kind === 'read';
			await inTurn(() => changeRights(s3, bucket, (current) => withPublicRead(current, isOpen)));
		},
		versioning: {
			async set(input) {
				assertBucketName(input.bucket);
				await setVersioning(s3, input);
			},
		},
		cors: checkedCors(
			{ get: (bucket) => getCors(s3, bucket), set: (bucket, rules) => setCors(s3, bucket, rules) },
			inTurn,
		),
		lifecycle: checkedLifecycle(
			{ get: (bucket) => getLifecycle(s3, bucket), set: (bucket, rules) => setLifecycle(s3, bucket, rules) },
			{ capabilities, inTurn },
		),
		async removeUnfinishedUploads(input) {
			assertBucketName(input.bucket);
			return abortUploads(s3, input);
		},
		keys: bucketKeys(server, inTurn),
		usage: () => usage(server),
		version: () => version(server),
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
