import {
	CreateBucketCommand,
	GetBucketVersioningCommand,
	GetObjectCommand,
	PutBucketCorsCommand,
	PutBucketPolicyCommand,
	PutObjectCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import type { CorsRule } from '$lib/shared/storage-rules';
import { bucketAndKey, codeOf, freshName } from './storage-behaviour';
import { outcome } from './storage-app';
import type { StorageServer } from './storage-server';
import type { StorageEngineDefinition } from '../engines/storage';

const full = { read: true, write: true, owner: true };

/** What is promised by engines whose buckets are public, versioned and written to as in S3 itself, and limited in bytes alone. */
export function s3SettingsBehaviour(definition: StorageEngineDefinition, server: () => StorageServer): void {
	const { storageAdmin, label } = definition;

	describe(`S3’s own settings of buckets of ${label}`, () => {
		it('are public or not', async () => {
			const { bucket, s3 } = await bucketAndKey(server(), full);
			const Key = `a b/é'(1).txt`;
			await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: 'x' }));
			const { path } = storageAdmin.publicObject({ bucket, key: Key });
			const get = async (at = path) => (await fetch(`${server().endpoint()}${at}`)).status;
			const admin = server().admin();
			expect(await get()).toBe(403);
			await admin.setPublicAccess({ bucket, access: { kind: 'read' } });
			expect((await admin.findBucket(bucket))?.publicAccess).toEqual({ kind: 'read' });
			expect(await get()).toBe(200);
			expect(await get(`/${bucket}/`)).toBe(403);
			await admin.setPublicAccess({ bucket, access: { kind: 'none' } });
			expect(await get()).toBe(403);
			expect(await outcome(s3.send(new GetObjectCommand({ Bucket: bucket, Key })))).toBe('ok');
			const access = { kind: 'website' as const, indexDocument: 'index.html', errorDocument: null };
			expect(await codeOf(admin.setPublicAccess({ bucket, access }))).toBe('NOT_SUPPORTED');
		});

		it('keep versions when told to', async () => {
			const { bucket, s3 } = await bucketAndKey(server(), full);
			const admin = server().admin();
			await admin.versioning?.set({ bucket, isVersioned: true });
			expect((await admin.findBucket(bucket))?.isVersioned).toBe(true);
			const first = await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'one' }));
			await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'two' }));
			const get = new GetObjectCommand({ Bucket: bucket, Key: 'x', VersionId: first.VersionId });
			expect(await (await s3.send(get)).Body?.transformToString()).toBe('one');
			await admin.versioning?.set({ bucket, isVersioned: false });
			const { Status } = await s3.send(new GetBucketVersioningCommand({ Bucket: bucket }));
			expect(Status).toBe('Suspended');
		});

		it('take a quota in bytes only', async () => {
			const { bucket } = await bucketAndKey(server(), full);
			const setQuota = (maxBytes: number | null, maxObjects: number | null = null) =>
				codeOf(server().admin().setQuota({ bucket, quota: { maxBytes, maxObjects } }));
			const quota = async () => (await server().admin().findBucket(bucket))?.quota;
			expect(await setQuota(10_001)).toBeNull();
			expect(await quota()).toEqual({ maxBytes: 10_001, maxObjects: null });
			expect(await setQuota(null)).toBeNull();
			expect(await quota()).toEqual({ maxBytes: null, maxObjects: null });
			expect(await setQuota(null, 5)).toBe('NOT_SUPPORTED');
			expect(await server().admin().usage()).toMatchObject({ diskTotalBytes: expect.any(Number) });
		});

		it('refuse a second writer who says so', async () => {
			const { bucket, s3 } = await bucketAndKey(server(), full);
			const put = () =>
				s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'x', IfNoneMatch: '*' }));
			expect(await outcome(put())).toBe('ok');
			expect(await outcome(put())).toBe('PreconditionFailed');
		});

		it('let no app’s key make buckets or open one to everybody', async () => {
			const { bucket, s3 } = await bucketAndKey(server(), full);
			expect(await outcome(s3.send(new CreateBucketCommand({ Bucket: freshName() })))).toBe('AccessDenied');
			const Resource = [`arn:aws:s3:::${bucket}/*`];
			const Policy = JSON.stringify({
				Version: '2012-10-17',
				Statement: [{ Effect: 'Allow', Principal: '*', Action: ['s3:GetObject'], Resource }],
			});
			expect(await outcome(s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy })))).toBe(
				'AccessDenied',
			);
		});
	});
}

/** Rules that say each thing, and as little as one may. */
export const corsRules: CorsRule[] = [
	{
		...{ origins: ['https://app.example.com', 'http://localhost:5173'], methods: ['GET', 'PUT'] },
		...{ allowedHeaders: ['*'], exposedHeaders: ['ETag'], maxAgeSeconds: 300 },
	},
	{
		...{ origins: ['*'], methods: ['HEAD'] },
		...{ allowedHeaders: [], exposedHeaders: [], maxAgeSeconds: null },
	},
];

/** What is promised by engines that have CORS rules for each bucket. */
export function corsBehaviour({ label }: StorageEngineDefinition, server: () => StorageServer): void {
	it(`keeps CORS rules on ${label} exactly, and shows those that an app has set`, async () => {
		const { bucket, s3 } = await bucketAndKey(server(), full);
		const { cors } = server().admin();
		await cors?.set({ bucket, rules: corsRules });
		expect(await cors?.get(bucket)).toEqual(corsRules);
		await cors?.set({ bucket, rules: [] });
		expect(await cors?.get(bucket)).toEqual([]);
		const CORSRules = [{ AllowedOrigins: ['https://a.example'], AllowedMethods: ['GET'] }];
		await s3.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules } }));
		expect(await cors?.get(bucket)).toMatchObject([{ origins: ['https://a.example'] }]);
	});
}
