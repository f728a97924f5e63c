import {
	CopyObjectCommand,
	CreateBucketCommand,
	GetObjectCommand,
	PutObjectCommand,
} from '@aws-sdk/client-s3';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { corsBehaviour } from '../../testing/bucket-settings-behaviour';
import { outcome } from '../../testing/storage-app';
import { bucketAndKey, codeOf, freshName, storageBehaviour } from '../../testing/storage-behaviour';
import { recordRequests } from '../../testing/storage-requests';
import { Secret } from '../../secret';
import type { PublicAccess } from '../storage';
import { newTokenSchema } from './answers';
import { anyAnswer, GarageClient } from './client';
import { garage } from './definition';

const server = storageBehaviour(garage);
corsBehaviour(garage, server);
const full = { read: true, write: true, owner: true };

/** Asks the website port by Host, which Node's fetch would not let us set. */
function publicGet(bucket: string, key: string, headers = {}): Promise<{ status: number; text: string }> {
	const { role, host, path } = garage.storageAdmin.publicObject({ bucket, key });
	const port = server().target().ports[role];
	return new Promise((resolve, reject) => {
		const asked = request(
			{ host: '127.0.0.1', port, path, headers: { ...headers, host: host ?? '' } },
			(answer) => {
				const chunks: Buffer[] = [];
				answer.on('data', (chunk: Buffer) => chunks.push(chunk));
				answer.on('end', () =>
					resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
				);
			},
		);
		asked.on('error', reject);
		asked.end();
	});
}

describe('quotas of Garage', () => {
	it('hold exactly, in bytes and objects, and are read back', async () => {
		const { bucket, s3 } = await bucketAndKey(server(), full);
		const put = (Key: string, size: number) =>
			outcome(s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Buffer.alloc(size, Key) })));
		await server()
			.admin()
			.setQuota({ bucket, quota: { maxBytes: 10_000, maxObjects: 2 } });
		expect(await put('a', 9_000)).toBe('ok');
		expect(await put('b', 1_001)).toBe('AccessDenied');
		expect(await put('b', 1_000)).toBe('ok');
		expect(await put('c', 0)).toBe('AccessDenied');
		expect(await server().admin().findBucket(bucket)).toMatchObject({
			sizeBytes: 10_000,
			objects: 2,
			quota: { maxBytes: 10_000, maxObjects: 2 },
		});
		await server()
			.admin()
			.setQuota({ bucket, quota: { maxBytes: null, maxObjects: null } });
		expect(await put('c', 20_000)).toBe('ok');
		expect(await server().admin().usage()).toMatchObject({ diskTotalBytes: expect.any(Number) });
	});

	it('are set by one call where the id is known, and for no later bucket of that name', async () => {
		const bucket = freshName();
		await server().admin().createBucket(bucket);
		const id = (await server().admin().measureBuckets()).find(({ name }) => name === bucket)?.id;
		expect(id).toBe(await server().admin().bucketId(bucket));
		const recorded = await recordRequests(server().target());
		const admin = await garage.storageAdmin.connect(recorded.target);
		const quota = { maxBytes: 10_000, maxObjects: null };
		await admin.setQuota({ bucket, id, quota });
		expect(recorded.asked()).toHaveLength(1);
		await admin.close();
		await recorded.close();
		expect((await server().admin().findBucket(bucket))?.quota).toEqual(quota);

		await server().admin().removeBucket(bucket);
		await server().admin().createBucket(bucket);
		expect(await codeOf(server().admin().setQuota({ bucket, id, quota }))).toBe('BUCKET_NOT_FOUND');
	});

	it('do not hold a copy, as its traits say', async () => {
		const { bucket, s3 } = await bucketAndKey(server(), full);
		await server()
			.admin()
			.setQuota({ bucket, quota: { maxBytes: 5_000, maxObjects: null } });
		await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: Buffer.alloc(4_000) }));
		const copy = new CopyObjectCommand({ Bucket: bucket, Key: 'b', CopySource: `${bucket}/a` });
		expect((await outcome(s3.send(copy))) === 'ok').toBe(garage.storageAdmin.traits('2').copiesEscapeQuota);
	});
});

describe('public access of Garage', () => {
	it.each<[string, PublicAccess, number, number]>([
		['nobody', { kind: 'none' }, 404, 404],
		['readers', { kind: 'read' }, 200, 404],
		['a website', { kind: 'website', indexDocument: 'index.html', errorDocument: 'oh.html' }, 200, 200],
	])('is for %s', async (_what, access, objectStatus, folderStatus) => {
		const { bucket, s3 } = await bucketAndKey(server(), full);
		for (const Key of ['index.html', 'oh.html', `a b/é'(1).txt`])
			await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: `<${Key}>` }));
		await server().admin().setPublicAccess({ bucket, access });
		expect((await server().admin().findBucket(bucket))?.publicAccess).toEqual(access);
		expect((await publicGet(bucket, `a b/é'(1).txt`)).status).toBe(objectStatus);
		expect((await publicGet(bucket, '')).status).toBe(folderStatus);
		if (access.kind === 'website')
			expect(await publicGet(bucket, 'none')).toEqual({ status: 404, text: '<oh.html>' });
		await server()
			.admin()
			.setPublicAccess({ bucket, access: { kind: 'none' } });
		expect((await publicGet(bucket, 'index.html')).status).toBe(404);
	});
});

describe('rules of Garage', () => {
	it('keeps a rule about unfinished uploads, and one of several conditions', async () => {
		const { bucket } = await bucketAndKey(server(), full);
		const rules = [
			{
				...{ id: 'a', isEnabled: true, prefix: 'p/', largerThanBytes: 1, smallerThanBytes: 1_000 },
				...{ expireAfterDays: 3, expireOn: null, abortUploadsAfterDays: null, expireVersionsAfterDays: null },
			},
			{
				...{ id: 'b', isEnabled: true, prefix: null, largerThanBytes: null, smallerThanBytes: null },
				...{ expireAfterDays: null, expireOn: null, abortUploadsAfterDays: 1, expireVersionsAfterDays: null },
			},
		];
		await server().admin().lifecycle.set({ bucket, rules });
		expect(await server().admin().lifecycle.get(bucket)).toEqual(rules);
	});

	it('refuses what it would not keep', async () => {
		const { bucket } = await bucketAndKey(server(), full);
		const versions = {
			...{ id: 'v', isEnabled: true, prefix: null, largerThanBytes: null, smallerThanBytes: null },
			...{ expireAfterDays: null, expireOn: null, abortUploadsAfterDays: null, expireVersionsAfterDays: 1 },
		};
		expect(
			await codeOf(
				server()
					.admin()
					.lifecycle.set({ bucket, rules: [versions] }),
			),
		).toBe('NOT_SUPPORTED');
		const empty = { ...versions, expireVersionsAfterDays: null, expireAfterDays: 1, prefix: '' };
		expect(
			await codeOf(
				server()
					.admin()
					.lifecycle.set({ bucket, rules: [empty] }),
			),
		).toBe('BAD_INPUT');
		expect(server().admin().versioning).toBeNull();
	});
});

describe('root’s secret on Garage', () => {
	it('that was issued and lost is over after the next change, and people’s own tokens stay', async () => {
		const { root } = garage.lifecycle;
		if (root.kind !== 'issued') throw new Error('not issued');
		const lost = await root.issue(server().target());
		const client = new GarageClient(server().target());
		const own = await client.post('CreateAdminToken', newTokenSchema, {
			body: { name: 'mine', scope: ['ListBuckets'], neverExpires: true },
		});
		client.close();
		await server().rotate();
		const code = (password: Secret) => codeOf(garage.lifecycle.probe({ ...server().target(), password }));
		expect(await code(lost)).toBe('ENGINE_UNREACHABLE');
		expect(await code(server().target().password)).toBeNull();
		const mine = new GarageClient({ ...server().target(), password: new Secret(own.secretToken) });
		expect(await codeOf(mine.get('ListBuckets', anyAnswer))).toBeNull();
		mine.close();
	});
});

describe('what an app does on its own', () => {
	it('is shown: a bucket that only its maker can name', async () => {
		const { key, s3 } = await bucketAndKey(server(), full);
		const client = new GarageClient(server().target());
		const body = { allow: { createBucket: true } };
		await client.post('UpdateKey', anyAnswer, { query: { id: key.id }, body });
		client.close();
		await s3.send(new CreateBucketCommand({ Bucket: freshName('local') }));
		const { items } = await server().admin().listBuckets({ limit: 500 });
		expect(items.filter((bucket) => bucket.isForeign)).toMatchObject([{ objects: 0, isForeign: true }]);
		expect((await server().admin().keys.find(key.id))?.hasOtherRights).toBe(true);
	});

	it('may not make buckets', async () => {
		const { s3 } = await bucketAndKey(server(), full);
		expect(await outcome(s3.send(new CreateBucketCommand({ Bucket: freshName() })))).not.toBe('ok');
	});

	it('keeps keys of any kind apart', async () => {
		const { bucket, s3 } = await bucketAndKey(server(), full);
		for (const Key of ['a//b', '../x', './y', 'a\nb', 'é', 'e\u0301', '😀', ' x ', 'k'.repeat(1_024)]) {
			await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Key }));
			const answer = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
			expect(await answer.Body?.transformToString()).toBe(Key);
		}
		expect((await server().admin().findBucket(bucket))?.objects).toBe(9);
	});
});
