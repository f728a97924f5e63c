import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { BucketPermission, StorageEngineDefinition } from '../../engines/storage';
import { Secret } from '../../secret';
import { useStorageHouse, type StorageHouse } from '../../storage/testing';
import { refusalOf } from '../refusal';
import { appClient } from '../storage-app';
import type { StorageServer } from '../storage-server';

export const full: BucketPermission = { read: true, write: true, owner: true };
export const none: BucketPermission = { read: false, write: false, owner: false };

export const codeOf = async (attempt: Promise<unknown>) => (await refusalOf(attempt))?.code ?? null;

let made = 0;

export type ApiHouse = ReturnType<typeof useApiHouse>;

/** One server of this engine with the whole API over it, for all tests of a file; they are there from the first test on. */
export function useApiHouse(definition: StorageEngineDefinition) {
	let server: StorageServer;
	let house: StorageHouse;
	const matrix = definition.storageAdmin.capabilities('');
	const traits = definition.storageAdmin.traits('');
	const isExact = traits.usage === 'atOnce';

	useStorageHouse(definition, (opened) => ({ server, house } = opened));

	const api = () => house.as('admin');
	const on = () => ({ serviceId: house.serviceId });

	async function newBucket(): Promise<string> {
		made += 1;
		const name = `b-${made}-${Date.now().toString(36)}`;
		await api().buckets.create({ ...on(), name });
		return name;
	}

	async function newKey(permissions: (BucketPermission & { bucket: string })[]) {
		const { id, secret } = await api().storageKeys.create({ ...on(), description: 'test', permissions });
		return { id, secret, s3: appClient(server.endpoint(), { id, secret: new Secret(secret) }) };
	}

	async function bucketAndKey(permission: BucketPermission = full) {
		const bucket = await newBucket();
		return { bucket, ...(await newKey([{ bucket, ...permission }])) };
	}

	const put = (s3: S3Client, bucket: string, Key: string, Body = 'x') =>
		s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));

	return {
		...{ definition, matrix, traits, isExact, api, on, newBucket, newKey, bucketAndKey, put },
		get server() {
			return server;
		},
		get house() {
			return house;
		},
	};
}
