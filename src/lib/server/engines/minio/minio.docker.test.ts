import {
	CreateBucketCommand,
	GetBucketVersioningCommand,
	GetObjectCommand,
	PutBucketPolicyCommand,
	PutObjectCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { appClient, outcome } from '../../testing/storage-app';
import { bucketAndKey, codeOf, freshName, storageBehaviour } from '../../testing/storage-behaviour';
import { MinioClient } from './client';
import { minio } from './definition';

const server = storageBehaviour(minio);
const full = { read: true, write: true, owner: true };

describe('buckets of MinIO', () => {
	it('are public or not', async () => {
		const { bucket, s3 } = await bucketAndKey(server(), full);
		const Key = `a b/é'(1).txt`;
		await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'x' }));
		const { path } = minio.storageAdmin.publicObject({ bucket, key: Key });
		const get = async (at = path) => (await fetch(`${server().endpoint()}${at}`)).status;
		expect(await get()).toBe(403);
		await server()
			.admin()
			.setPublicAccess({ bucket, access: { kind: 'read' } });
		expect((await server().admin().findBucket(bucket))?.publicAccess).toEqual({ kind: 'read' });
		expect(await get()).toBe(200);
		expect(await get(`/${bucket}/`)).toBe(403);
		await server()
			.admin()
			.setPublicAccess({ bucket, access: { kind: 'none' } });
		expect(await get()).toBe(403);
		const access = { kind: 'website' as const, indexDocument: 'index.html', errorDocument: null };
		expect(await codeOf(server().admin().setPublicAccess({ bucket, access }))).toBe('NOT_SUPPORTED');
	});

	it('keep versions when told to', async () => {
		const { bucket, s3 } = await bucketAndKey(server(), full);
		await server().admin().versioning?.set({ bucket, isVersioned: true });
		expect((await server().admin().findBucket(bucket))?.isVersioned).toBe(true);
		const first = await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'one' }));
		await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'two' }));
		const get = new GetObjectCommand({ Bucket: bucket, Key: 'x', VersionId: first.VersionId });
		expect(await (await s3.send(get)).Body?.transformToString()).toBe('one');
		await server().admin().versioning?.set({ bucket, isVersioned: false });
		const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket: bucket }));
		expect(Status).toBe('Suspended');
	});

	it('take a quota in bytes only', async () => {
		const { bucket } = await bucketAndKey(server(), full);
		await server()
			.admin()
			.setQuota({ bucket, quota: { maxBytes: 10_000, maxObjects: null } });
		expect((await server().admin().findBucket(bucket))?.quota).toEqual({
			maxBytes: 10_000,
			maxObjects: null,
		});
		await server()
			.admin()
			.setQuota({ bucket, quota: { maxBytes: null, maxObjects: null } });
		expect((await server().admin().findBucket(bucket))?.quota.maxBytes).toBeNull();
		const quota = { maxBytes: null, maxObjects: 5 };
		expect(await codeOf(server().admin().setQuota({ bucket, quota }))).toBe('NOT_SUPPORTED');
		expect(await server().admin().usage()).toMatchObject({ diskTotalBytes: expect.any(Number) });
	});

	it('keep a rule about former versions, and refuse one about uploads', async () => {
		const { bucket } = await bucketAndKey(server(), full);
		const rule = {
			...{ id: 'v', isEnabled: true, prefix: 'p/', largerThanBytes: null, smallerThanBytes: null },
			...{ expireAfterDays: null, expireOn: null, abortUploadsAfterDays: null, expireVersionsAfterDays: 1 },
		};
		await server()
			.admin()
			.lifecycle.set({ bucket, rules: [rule] });
		expect(await server().admin().lifecycle.get(bucket)).toEqual([rule]);
		const uploads = { ...rule, expireVersionsAfterDays: null, abortUploadsAfterDays: 1 };
		expect(
			await codeOf(
				server()
					.admin()
					.lifecycle.set({ bucket, rules: [uploads] }),
			),
		).toBe('NOT_SUPPORTED');
	});

	it('refuse a second writer who says so', async () => {
		const { bucket, s3 } = await bucketAndKey(server(), full);
		const put = () =>
			s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'x', IfNoneMatch: '*' }));
		expect(await outcome(put())).toBe('ok');
		expect(await outcome(put())).toBe('PreconditionFailed');
	});
});

describe('an app’s key on MinIO', () => {
	it('makes no buckets, opens none to everybody, and changes and adds no accounts', async () => {
		const { bucket, key, s3 } = await bucketAndKey(server(), full);
		expect(await outcome(s3.send(new CreateBucketCommand({ Bucket: freshName() })))).toBe('AccessDenied');
		const Policy = JSON.stringify({
			Version: '2012-10-17',
			Statement: [
				{ Effect: 'Allow', Principal: '*', Action: ['s3:GetObject'], Resource: [`arn:aws:s3:::${bucket}/*`] },
			],
		});
		expect(await outcome(s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy })))).toBe(
			'AccessDenied',
		);
		const asKey = new MinioClient({ ...server().target(), user: key.id, password: key.secret });
		const secretKey = 'a'.repeat(40);
		for (const [name, query, body] of [
			['add-user', { accessKey: key.id }, { secretKey, status: 'enabled' }],
			['add-service-account', {}, { accessKey: 'OTHER12345', secretKey }],
		] as const)
			expect(await codeOf(asKey.change('PUT', name, { query, body, isSealed: true }))).toBe(
				'ENGINE_UNREACHABLE',
			);
		asKey.close();
	});

	it('survives a restart', async () => {
		const { bucket, key } = await bucketAndKey(server(), full);
		await server().restart();
		const s3 = appClient(server().endpoint(), key);
		expect(await outcome(s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'x' })))).toBe('ok');
		expect((await server().admin().keys.find(key.id))?.hasOtherRights).toBe(false);
	});
});

it('lets its built-in root in no more, even with the right password', async () => {
	await server().restartFromSeed();
	expect(await codeOf(minio.lifecycle.probe(server().bootstrap))).toBe('ENGINE_UNREACHABLE');
	expect(await codeOf(minio.lifecycle.probe(server().target()))).toBeNull();
	await server().restart();
});

it('has web pages on their own port', async () => {
	const address = `http://127.0.0.1:${server().target().ports.console}${minio.storageAdmin.consolePath}`;
	const status = () => fetch(address).then((answer) => answer.status);
	// They come some moments after the server itself.
	await expect.poll(() => status().catch(() => 0), { timeout: 20_000 }).toBe(200);
});
