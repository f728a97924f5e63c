import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../errors';
import { byName, pageOf } from '../page';
import { s3Endpoint } from '../s3-family/admin-api';
import { checkedCors, checkedLifecycle } from '../s3-family/checked';
import { assertBucketName, assertNewBucketName, assertPublicAccess, assertQuota } from '../s3-family/checks';
import { REGION } from '../s3-family/container';
import { isOwnKey } from '../s3-family/key-material';
import { OwnKeys } from '../s3-family/own-keys';
import type { ServerUsage, StorageAdmin, StorageTarget } from '../storage';
import { oneAtATime, type Turns } from '../turns';
import { statusSchema } from './answers';
import {
	cleanUploads,
	createBucket,
	findBucket,
	getBucket,
	infoOf,
	listBucketNames,
	listBuckets,
	publicAccessBody,
	quotaBody,
	removeBucket,
	updateBucket,
} from './buckets';
import { capabilities } from './capabilities';
import { GarageClient } from './client';
import { allKeys, bucketKeys, grant, importKey, removeKey } from './keys';
import { fromGarageCors, fromGarageLifecycle, toGarageCors, toGarageLifecycle } from './rules';

async function usage(client: GarageClient): Promise<ServerUsage> {
	const [buckets, { nodes }] = await Promise.all([
		listBuckets(client),
		client.get('GetClusterStatus', statusSchema),
	]);
	const disk = nodes.find((node) => node.dataPartition)?.dataPartition;
	return {
		sizeBytes: buckets.reduce((sum, bucket) => sum + bucket.bytes, 0),
		objects: buckets.reduce((sum, bucket) => sum + bucket.objects, 0),
		diskTotalBytes: disk?.total ?? null,
		diskFreeBytes: disk?.available ?? null,
	};
}

function ownKeys(client: GarageClient, target: StorageTarget): OwnKeys {
	return new OwnKeys({
		endpoint: s3Endpoint(target),
		region: REGION,
		async make({ id, secret, bucket, level, expiresAt }) {
			const { id: bucketId } = await getBucket(client, bucket);
			await importKey(client, { id, secret: secret.reveal(), description: 'sh0', expiresAt });
			const permission = { read: true, write: level !== 'read', owner: false };
			await grant(client, { bucketId, accessKeyId: id, permission });
		},
		async sweep() {
			for (const { accessKeyId, expired, expiration } of await allKeys(client)) {
				// One without an end was left before it got one, and has no rights.
				const isOver = expired || !expiration;
				if (isOver && isOwnKey(accessKeyId)) await removeKey(client, accessKeyId);
			}
		},
	});
}

function corsRules(client: GarageClient, inTurn: Turns): StorageAdmin['cors'] {
	return checkedCors(
		{
			get: async (bucket) => fromGarageCors((await getBucket(client, bucket)).corsRules ?? []),
			async set(bucket, rules) {
				const { id } = await getBucket(client, bucket);
				const after = await updateBucket(client, id, { corsRules: rules.map(toGarageCors) });
				if (!isDeepStrictEqual(fromGarageCors(after.corsRules ?? []), rules))
					throw new AppError('SETTING_REFUSED', { details: { key: 'cors' } });
			},
		},
		inTurn,
	);
}

function lifecycleRules(client: GarageClient, inTurn: Turns): StorageAdmin['lifecycle'] {
	return checkedLifecycle(
		{
			get: async (bucket) => fromGarageLifecycle((await getBucket(client, bucket)).lifecycleRules ?? []),
			async set(bucket, rules) {
				const { id } = await getBucket(client, bucket);
				const after = await updateBucket(client, id, { lifecycleRules: rules.map(toGarageLifecycle) });
				if (isDeepStrictEqual(fromGarageLifecycle(after.lifecycleRules ?? []), rules)) return;
				await updateBucket(client, id, { lifecycleRules: [] });
				throw new AppError('SETTING_REFUSED', { details: { key: 'lifecycle' } });
			},
		},
		{ capabilities, inTurn },
	);
}

/** Opens at most two connections to one server. */
export function connectAdmin(target: StorageTarget): StorageAdmin {
	const client = new GarageClient(target);
	const inTurn = oneAtATime();
	const own = ownKeys(client, target);
	return {
		listBuckets: async (request) => pageOf((await listBuckets(client)).map(infoOf), request),
		bucketNames: () => listBucketNames(client),
		async measureBuckets() {
			const all = (await listBuckets(client)).map((bucket) => ({ id: bucket.id, ...infoOf(bucket) }));
			const known = all.filter(({ isForeign }) => !isForeign);
			return byName(
				known.map(({ id, name, createdAt, sizeBytes, objects }) => ({
					...{ id, name, createdAt, sizeBytes, objects },
				})),
			);
		},
		async findBucket(name) {
			assertBucketName(name);
			const bucket = await findBucket(client, name);
			return bucket && { ...infoOf(bucket), name };
		},
		async bucketId(name) {
			assertBucketName(name);
			return (await getBucket(client, name)).id;
		},
		async createBucket(name) {
			assertNewBucketName(name);
			await inTurn(() => createBucket(client, name));
			// One kept from a bucket of this name that was removed by other means opens nothing any more.
			own.forget(name);
		},
		async removeBucket(name) {
			assertBucketName(name);
			await inTurn(() => removeBucket(client, name));
			own.forget(name);
		},
		async setQuota({ bucket, id, quota }) {
			assertBucketName(bucket);
			assertQuota(quota);
			await inTurn(async () => {
				const known = id ?? (await getBucket(client, bucket)).id;
				await updateBucket(client, known, quotaBody(quota));
			});
		},
		async setPublicAccess({ bucket, access }) {
			assertBucketName(bucket);
			assertPublicAccess(access);
			await inTurn(async () => {
				const { id } = await getBucket(client, bucket);
				await updateBucket(client, id, publicAccessBody(access));
			});
		},
		versioning: null,
		cors: corsRules(client, inTurn),
		lifecycle: lifecycleRules(client, inTurn),
		async removeUnfinishedUploads({ bucket, olderThanSeconds }) {
			assertBucketName(bucket);
			const { id } = await getBucket(client, bucket);
			return cleanUploads(client, { bucketId: id, olderThanSecs: olderThanSeconds });
		},
		keys: bucketKeys(client, inTurn),
		usage: () => usage(client),
		async version() {
			const { nodes } = await client.get('GetClusterStatus', statusSchema);
			// One built from its crate says so before its version.
			return nodes[0]?.garageVersion?.replace(/^(v|cargo:)/, '') ?? null;
		},
		async access(request) {
			assertBucketName(request.bucket);
			return own.access(request);
		},
		async close() {
			await inTurn(() => Promise.resolve());
			client.close();
		},
	};
}
