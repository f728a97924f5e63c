import { setTimeout as delay } from 'node:timers/promises';
import {
	DeleteObjectCommand,
	GetObjectCommand,
	HeadBucketCommand,
	ListObjectsV2Command,
	PutObjectCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import type { StorageEngineDefinition } from '../../engines/storage';
import { hostileStrings } from '../hostile-strings';
import { appClient, outcome } from '../storage-app';
import { recordRequests } from '../storage-requests';
import type { StorageServer } from '../storage-server';
import { beginUpload, bucketAndKey, codeOf, freshName, full } from './fixtures';

/** What buckets and their settings are like. */
export function bucketBehaviour(definition: StorageEngineDefinition, server: () => StorageServer): void {
	describe('buckets', () => {
		it('lists, counts, refuses twice the same, and removes only what is empty', async () => {
			const { bucket, s3 } = await bucketAndKey(server(), full);
			expect(await codeOf(server().admin().createBucket(bucket))).toBe('BUCKET_EXISTS');
			await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'a'.repeat(100) }));
			expect(await codeOf(server().admin().removeBucket(bucket))).toBe('BUCKET_NOT_EMPTY');
			const page = await server().admin().listBuckets({ search: bucket });
			expect(page).toMatchObject({ total: 1, items: [{ name: bucket, isForeign: false }] });
			await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'x' }));
			await beginUpload(s3, bucket);
			await server().admin().removeBucket(bucket);
			expect(await server().admin().findBucket(bucket)).toBeNull();
			expect(await codeOf(server().admin().removeBucket(bucket))).toBe('BUCKET_NOT_FOUND');
		});

		it('opens one that was made anew after its removal by other means', async () => {
			const bucket = freshName();
			const request = { bucket, level: 'write' as const, lifetimeMs: 3_600_000 };
			await server().admin().createBucket(bucket);
			await server().admin().access(request);
			const other = await definition.storageAdmin.connect(server().target());
			await other.removeBucket(bucket);
			await other.close();
			await server().admin().createBucket(bucket);
			const { accessKeyId: id, secretAccessKey: secret } = await server().admin().access(request);
			const s3 = appClient(server().endpoint(), { id, secret });
			expect(await outcome(s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'x' })))).toBe(
				'ok',
			);
		});

		it('tells one from a later one of its name, over restarts and changed settings', async () => {
			const bucket = freshName();
			await server().admin().createBucket(bucket);
			const id = await server().admin().bucketId(bucket);
			await server()
				.admin()
				.setQuota({ bucket, quota: { maxBytes: 5_000_000, maxObjects: null } });
			await server().admin().versioning?.set({ bucket, isVersioned: true });
			// There are engines that keep times to the second.
			await delay(1_100);
			expect(await server().admin().bucketId(bucket)).toBe(id);
			await server().admin().removeBucket(bucket);
			expect(await codeOf(server().admin().bucketId(bucket))).toBe('BUCKET_NOT_FOUND');
			await server().admin().createBucket(bucket);
			const later = await server().admin().bucketId(bucket);
			expect(later).not.toBe(id);
			await server().restart();
			expect(await server().admin().bucketId(bucket)).toBe(later);
		});

		it('lists many with the settings of each', async () => {
			const prefix = freshName('many');
			const names = Array.from({ length: 12 }, (_, index) => `${prefix}-${String(index).padStart(2, '0')}`);
			for (const name of names) await server().admin().createBucket(name);
			const { items } = await server().admin().listBuckets({ search: prefix });
			expect(items.map(({ name }) => name)).toEqual(names);
		});

		it('names all of them by one call', async () => {
			await server().admin().createBucket(freshName());
			const recorded = await recordRequests(server().target());
			const admin = await definition.storageAdmin.connect(recorded.target);
			const names = await admin.bucketNames();
			expect(recorded.asked()).toHaveLength(1);
			expect(names).toEqual((await admin.measureBuckets()).map(({ name }) => name));
			await admin.close();
			await recorded.close();
		});

		it('are listed, counted and looked up while some of them go', async () => {
			const other = await definition.storageAdmin.connect(server().target());
			let isOver = false;
			const comeAndGo = async () => {
				while (!isOver) {
					const name = freshName('gone');
					await other.createBucket(name);
					await other.removeBucket(name);
				}
			};
			const coming = Promise.all([comeAndGo(), comeAndGo()]);
			try {
				for (let round = 0; round < 5; round += 1) {
					const { items } = await server().admin().listBuckets({ limit: 500 });
					const last = items.findLast(({ name }) => name.startsWith('gone'));
					if (last) await server().admin().findBucket(last.name);
					await server().admin().usage();
					await server().admin().version();
				}
			} finally {
				isOver = true;
				await coming;
				await other.close();
			}
		});

		it('gives an old key no right in a new bucket of an old name', async () => {
			const { bucket, s3 } = await bucketAndKey(server(), full);
			await server().admin().removeBucket(bucket);
			await server().admin().createBucket(bucket);
			expect(await outcome(s3.send(new HeadBucketCommand({ Bucket: bucket })))).not.toBe('ok');
		});

		it('refuses every hostile name, or makes exactly that bucket', async () => {
			for (const { value } of hostileStrings) {
				const code = await codeOf(server().admin().createBucket(value));
				if (code === null) expect((await server().admin().findBucket(value))?.name).toBe(value);
				else expect(code).toMatch(/^NAME_/);
				expect(['BUCKET_NOT_FOUND', null]).toContain(await codeOf(server().admin().removeBucket(value)));
			}
		});

		it('keeps every description exactly, or refuses it', async () => {
			const { key } = await bucketAndKey(server(), full);
			const printable = hostileStrings.map((entry) => entry.value);
			for (const description of printable.filter((_text, index) => index % 5 === 0)) {
				const code = await codeOf(server().admin().keys.update({ id: key.id, description }));
				if (code === null) expect((await server().admin().keys.find(key.id))?.description).toBe(description);
				else expect(code).toBe('BAD_INPUT');
			}
		});

		it('keeps lifecycle rules exactly, and takes them away', async () => {
			const { bucket } = await bucketAndKey(server(), full);
			const none = {
				...{ largerThanBytes: null, smallerThanBytes: null, expireOn: null },
				...{ abortUploadsAfterDays: null, expireVersionsAfterDays: null },
			};
			const rules = [
				{ id: 'tmp', isEnabled: true, prefix: 'tmp/', ...none, expireAfterDays: 7 },
				{ id: 'all', isEnabled: false, prefix: null, ...none, expireAfterDays: 400 },
				{ id: 'odd', isEnabled: true, prefix: `a&<b>'é😀/`, ...none, expireAfterDays: 1 },
				{ id: 'day', isEnabled: true, prefix: 'd/', ...none, expireAfterDays: null, expireOn: '2031-05-17' },
				{ id: 'big', isEnabled: true, prefix: 'big/', ...none, largerThanBytes: 1_000, expireAfterDays: 2 },
			];
			const { lifecycle } = server().admin();
			expect(await codeOf(lifecycle.set({ bucket, rules }))).toBeNull();
			expect(await lifecycle.get(bucket)).toEqual(rules);
			await lifecycle.set({ bucket, rules: [] });
			expect(await lifecycle.get(bucket)).toEqual([]);
		});

		it('opens one bucket for the object browser and nothing else', async () => {
			const { bucket, s3 } = await bucketAndKey(server(), full);
			const { bucket: other } = await bucketAndKey(server(), full);
			await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'x' }));
			const request = { bucket, level: 'read' as const, lifetimeMs: 600_000 };
			const access = await server().admin().access(request);
			expect(await server().admin().access(request)).toEqual(access);
			const login = { id: access.accessKeyId, secret: access.secretAccessKey };
			const visitor = appClient(access.endpoint, login, access.region);
			expect(await outcome(visitor.send(new GetObjectCommand({ Bucket: bucket, Key: 'x' })))).toBe('ok');
			expect(await outcome(visitor.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'x' })))).toBe(
				'AccessDenied',
			);
			expect(await outcome(visitor.send(new ListObjectsV2Command({ Bucket: other })))).toBe('AccessDenied');
			const listed = await server().admin().keys.list({ search: access.accessKeyId });
			expect(listed.total).toBe(0);
			expect(await codeOf(server().admin().keys.remove(access.accessKeyId))).toBe('STORAGE_KEY_NOT_FOUND');
		});
	});
}
