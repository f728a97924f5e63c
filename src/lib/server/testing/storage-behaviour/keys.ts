import {
	CompleteMultipartUploadCommand,
	CopyObjectCommand,
	CreateMultipartUploadCommand,
	DeleteObjectCommand,
	GetObjectCommand,
	ListObjectsV2Command,
	PutBucketLifecycleConfigurationCommand,
	PutObjectCommand,
	UploadPartCommand,
	type ObjectCannedACL,
	type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { newKey } from '../../engines/s3-family/key-material';
import type { BucketPermission } from '../../engines/storage';
import { Secret } from '../../secret';
import { appClient, outcome } from '../storage-app';
import type { StorageServer } from '../storage-server';
import { bucketAndKey, codeOf, full } from './fixtures';

const bodies = { small: 'a'.repeat(100) };

/** What programs send with their uploads unasked, and what their settings offer. */
const usualAcls: ObjectCannedACL[] = [
	...(['private', 'public-read', 'public-read-write', 'authenticated-read'] as const),
	...(['bucket-owner-read', 'bucket-owner-full-control'] as const),
];

/** What apps can do with their keys. */
export function keyBehaviour(server: () => StorageServer): void {
	describe('permissions of a key, each tried and its opposite refused', () => {
		it.each<[string, BucketPermission]>([
			['nothing', { read: false, write: false, owner: false }],
			['read', { read: true, write: false, owner: false }],
			['write', { read: false, write: true, owner: false }],
			['owner', { read: false, write: false, owner: true }],
			['read and write', { read: true, write: true, owner: false }],
			['all', full],
		])('%s', async (_what, permission) => {
			const { bucket, s3, key } = await bucketAndKey(server(), permission);
			const { s3: filler, bucket: other } = await bucketAndKey(server(), full);
			await server()
				.admin()
				.keys.setPermission({ id: (await fillerId(filler)) ?? '', bucket, permission: full });
			await filler.send(new PutObjectCommand({ Bucket: bucket, Key: 'old', Body: bodies.small }));

			const reads = permission.read ? 'ok' : 'AccessDenied';
			const writes = permission.write ? 'ok' : 'AccessDenied';
			const Bucket = bucket;
			expect(await outcome(s3.send(new GetObjectCommand({ Bucket, Key: 'old' })))).toBe(reads);
			expect(await outcome(s3.send(new ListObjectsV2Command({ Bucket })))).toBe(reads);
			expect(await outcome(s3.send(new PutObjectCommand({ Bucket, Key: 'new', Body: 'x' })))).toBe(writes);
			expect(await outcome(s3.send(new DeleteObjectCommand({ Bucket, Key: 'new' })))).toBe(writes);
			expect(await outcome(changeLifecycle(s3, bucket))).toBe(permission.owner ? 'ok' : 'AccessDenied');
			expect(await outcome(s3.send(new ListObjectsV2Command({ Bucket: other })))).toBe('AccessDenied');
			expect((await server().admin().keys.find(key.id))?.permissions).toEqual(
				Object.values(permission).some(Boolean) ? [{ bucket, ...permission }] : [],
			);
		});

		it.each(usualAcls)('covers uploads of every kind with the ACL %s, which opens nothing', async (ACL) => {
			const { bucket: Bucket, s3 } = await bucketAndKey(server(), { read: true, write: true, owner: false });
			const { s3: stranger } = await bucketAndKey(server(), full);
			await s3.send(new PutObjectCommand({ Bucket, Key: 'one', Body: bodies.small, ACL }));
			await s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/one`, ACL }));
			await uploadInParts(s3, { Bucket, Key: 'parts', ACL });
			for (const Key of ['one', 'copy', 'parts']) {
				const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
				expect(await Body?.transformToString()).toBe(bodies.small);
				expect(await outcome(stranger.send(new GetObjectCommand({ Bucket, Key })))).toBe('AccessDenied');
				const address = `${server().endpoint()}/${Bucket}/${Key}`;
				expect((await fetch(address)).status).toBe(403);
				expect((await fetch(address, { method: 'HEAD' })).status).toBe(403);
				expect((await fetch(address, { method: 'PUT', body: 'x' })).status).toBe(403);
			}
			expect((await fetch(`${server().endpoint()}/${Bucket}`)).status).toBe(403);
			expect((await server().admin().findBucket(Bucket))?.publicAccess).toEqual({ kind: 'none' });
		});

		it('holds from the next request on when it is changed, and ends with the key', async () => {
			const { bucket, key, s3 } = await bucketAndKey(server(), full);
			const put = () => outcome(s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'x' })));
			expect(await put()).toBe('ok');
			await server()
				.admin()
				.keys.setPermission({
					id: key.id,
					bucket,
					permission: { read: true, write: false, owner: false },
				});
			expect(await put()).toBe('AccessDenied');
			expect(await outcome(s3.send(new ListObjectsV2Command({ Bucket: bucket })))).toBe('ok');
			await server().admin().keys.remove(key.id);
			expect(await outcome(s3.send(new ListObjectsV2Command({ Bucket: bucket })))).not.toBe('ok');
			expect(await codeOf(server().admin().keys.remove(key.id))).toBe('STORAGE_KEY_NOT_FOUND');
			expect(await server().admin().keys.find(key.id)).toBeNull();
		});

		it('survives a restart with the key and the settings of its bucket', async () => {
			const { bucket, key } = await bucketAndKey(server(), full);
			const quota = { maxBytes: 1_000, maxObjects: null };
			await server().admin().setQuota({ bucket, quota });
			await server().restart();
			const s3 = appClient(server().endpoint(), key);
			expect(await outcome(s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'x' })))).toBe(
				'ok',
			);
			expect(await server().admin().keys.find(key.id)).toMatchObject({
				permissions: [{ bucket, ...full }],
				hasOtherRights: false,
			});
			expect((await server().admin().findBucket(bucket))?.quota).toEqual(quota);
		});

		it('ends with its time', async () => {
			const { bucket, key, s3 } = await bucketAndKey(server(), full);
			const list = () => outcome(s3.send(new ListObjectsV2Command({ Bucket: bucket })));
			const expiresAt = new Date(Math.floor(Date.now() / 1_000) * 1_000 + 3_600_000);
			await server().admin().keys.update({ id: key.id, expiresAt });
			expect((await server().admin().keys.find(key.id))?.expiresAt).toEqual(expiresAt);
			expect(await list()).toBe('ok');
			await server()
				.admin()
				.keys.update({ id: key.id, expiresAt: new Date(Date.now() - 5_000) });
			expect(await list()).not.toBe('ok');
			await server().admin().keys.update({ id: key.id, expiresAt: null });
			expect(await list()).toBe('ok');
		});

		it('refuses a key that is there, one of sh0’s own kind and one for no bucket', async () => {
			const { key } = await bucketAndKey(server(), full);
			const rest = { description: '', expiresAt: null, permissions: [] };
			const attempt = (input: Partial<Parameters<ReturnType<StorageServer['admin']>['keys']['import']>[0]>) =>
				codeOf(
					server()
						.admin()
						.keys.import({ ...newKey(), ...rest, ...input }),
				);
			expect(await attempt({ id: key.id })).toBe('STORAGE_KEY_EXISTS');
			expect(await attempt({ id: newKey({ isOwn: true }).id })).toBe('NAME_RESERVED');
			expect(await attempt({ secret: new Secret('short') })).toBe('PASSWORD_UNUSABLE');
			const permissions = [{ bucket: 'not-there', ...full }];
			for (const isNewId of [false, true]) {
				const { id } = newKey();
				expect(await attempt({ id, isNewId, permissions })).toBe('BUCKET_NOT_FOUND');
				expect(await server().admin().keys.find(id), 'what was begun is taken back').toBeNull();
			}
		});
	});
}

async function uploadInParts(
	s3: S3Client,
	{ ACL, ...object }: { Bucket: string; Key: string; ACL: ObjectCannedACL },
): Promise<void> {
	const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...object, ACL }));
	const part = { ...object, UploadId, PartNumber: 1, Body: bodies.small };
	const { ETag } = await s3.send(new UploadPartCommand(part));
	const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
	await s3.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload }));
}

/** The id that a client signs with. */
async function fillerId(s3: S3Client): Promise<string | undefined> {
	return (await s3.config.credentials()).accessKeyId;
}

function changeLifecycle(s3: S3Client, bucket: string): Promise<unknown> {
	return s3.send(
		new PutBucketLifecycleConfigurationCommand({
			Bucket: bucket,
			LifecycleConfiguration: {
				Rules: [{ ID: 'x', Status: 'Enabled', Filter: { Prefix: 'x/' }, Expiration: { Days: 1 } }],
			},
		}),
	);
}
