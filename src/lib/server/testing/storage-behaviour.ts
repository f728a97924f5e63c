import { setTimeout as delay } from 'node:timers/promises';
import {
	AbortMultipartUploadCommand,
	CompleteMultipartUploadCommand,
	CopyObjectCommand,
	CreateMultipartUploadCommand,
	DeleteObjectCommand,
	GetObjectCommand,
	HeadBucketCommand,
	ListObjectsV2Command,
	PutBucketLifecycleConfigurationCommand,
	PutObjectCommand,
	UploadPartCommand,
	type ObjectCannedACL,
	type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hostileStrings } from './hostile-strings';
import { versionsHere } from './images-here';
import { appClient, outcome, type AppKey } from './storage-app';
import { recordRequests } from './storage-requests';
import { startStorageServer, type StorageServer } from './storage-server';
import { newKey } from '../engines/s3-family/key-material';
import type { BucketPermission, StorageEngineDefinition } from '../engines/storage';
import { isAppError } from '../errors';
import { Secret } from '../secret';

const bodies = { small: 'a'.repeat(100) };
let made = 0;

/** The AppError code an attempt was refused with, or null. */
export async function codeOf(attempt: Promise<unknown>): Promise<string | null> {
	try {
		await attempt;
		return null;
	} catch (error) {
		if (isAppError(error)) return error.code;
		throw error;
	}
}

export function freshName(prefix = 'b'): string {
	made += 1;
	return `${prefix}-${made}-${Date.now().toString(36)}`;
}

/** A new bucket and a new key with these rights in it. */
export async function bucketAndKey(
	server: StorageServer,
	permission: BucketPermission,
): Promise<{ bucket: string; key: AppKey; s3: S3Client }> {
	const bucket = freshName();
	const key = newKey();
	await server.admin().createBucket(bucket);
	await server.admin().keys.import({
		...key,
		description: 'test',
		expiresAt: null,
		permissions: [{ bucket, ...permission }],
	});
	return { bucket, key, s3: appClient(server.endpoint(), key) };
}

const full = { read: true, write: true, owner: true };

/** What programs send with their uploads unasked, and what their settings offer. */
const usualAcls: ObjectCannedACL[] = [
	...(['private', 'public-read', 'public-read-write', 'authenticated-read'] as const),
	...(['bucket-owner-read', 'bucket-owner-full-control'] as const),
];

async function upload(
	s3: S3Client,
	bucket: string,
): Promise<{ Bucket: string; Key: string; UploadId: string }> {
	const started = await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'parts' }));
	return { Bucket: bucket, Key: 'parts', UploadId: started.UploadId ?? '' };
}

/** What every S3 engine promises, tried on a real server with the SDK that apps use. */
export function storageBehaviour(definition: StorageEngineDefinition): () => StorageServer {
	let server: StorageServer;
	let isHere = false;
	beforeAll(async () => {
		const versions = definition.versions.map(({ version }) => version);
		isHere = (await versionsHere(definition.id, versions)).length > 0;
		if (isHere) server = await startStorageServer(definition);
	});
	// Compiling one takes from ten minutes to an hour.
	beforeEach((context) => context.skip(!isHere, `the image of ${definition.label} is not on this machine`));
	afterAll(() => server?.remove());

	describe('credentials', () => {
		it('lets nobody in with the bootstrap password', async () => {
			const code = await codeOf(definition.lifecycle.probe(server.bootstrap));
			expect(code).toBe('ENGINE_UNREACHABLE');
		});

		it('has no secret in its environment and its log', async () => {
			const shown = `${await server.inspect()}\n${await server.logs()}`;
			for (const secret of [server.target().password, server.bootstrap.password])
				expect(shown).not.toContain(secret.reveal());
		});

		it('writes no signed link into its log, which would open the object for whoever reads it', async () => {
			const { bucket } = await bucketAndKey(server, full);
			const signature = 'c0ffee'.repeat(10);
			const answer = await fetch(`${server.endpoint()}/${bucket}/x?X-Amz-Signature=${signature}`);
			expect(answer.ok).toBe(false);
			expect(await server.logs()).not.toContain(signature);
		});

		it('changes root’s secret without a restart, and the former one is over', async () => {
			const former = server.target();
			await server.rotate();
			expect(await codeOf(definition.lifecycle.probe(former))).toBe('ENGINE_UNREACHABLE');
			expect(await server.admin().listBuckets()).toMatchObject({ items: expect.any(Array) });
		});
	});

	describe('permissions of a key, each tried and its opposite refused', () => {
		it.each<[string, BucketPermission]>([
			['nothing', { read: false, write: false, owner: false }],
			['read', { read: true, write: false, owner: false }],
			['write', { read: false, write: true, owner: false }],
			['owner', { read: false, write: false, owner: true }],
			['read and write', { read: true, write: true, owner: false }],
			['all', full],
		])('%s', async (_what, permission) => {
			const { bucket, s3, key } = await bucketAndKey(server, permission);
			const { s3: filler, bucket: other } = await bucketAndKey(server, full);
			await server
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
			expect((await server.admin().keys.find(key.id))?.permissions).toEqual(
				Object.values(permission).some(Boolean) ? [{ bucket, ...permission }] : [],
			);
		});

		it.each(usualAcls)('covers uploads of every kind with the ACL %s, which opens nothing', async (ACL) => {
			const { bucket: Bucket, s3 } = await bucketAndKey(server, { read: true, write: true, owner: false });
			const { s3: stranger } = await bucketAndKey(server, full);
			await s3.send(new PutObjectCommand({ Bucket, Key: 'one', Body: bodies.small, ACL }));
			await s3.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: `${Bucket}/one`, ACL }));
			await uploadInParts(s3, { Bucket, Key: 'parts', ACL });
			for (const Key of ['one', 'copy', 'parts']) {
				const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
				expect(await Body?.transformToString()).toBe(bodies.small);
				expect(await outcome(stranger.send(new GetObjectCommand({ Bucket, Key })))).toBe('AccessDenied');
				const address = `${server.endpoint()}/${Bucket}/${Key}`;
				expect((await fetch(address)).status).toBe(403);
				expect((await fetch(address, { method: 'HEAD' })).status).toBe(403);
				expect((await fetch(address, { method: 'PUT', body: 'x' })).status).toBe(403);
			}
			expect((await fetch(`${server.endpoint()}/${Bucket}`)).status).toBe(403);
			expect((await server.admin().findBucket(Bucket))?.publicAccess).toEqual({ kind: 'none' });
		});

		it('holds from the next request on when it is changed, and ends with the key', async () => {
			const { bucket, key, s3 } = await bucketAndKey(server, full);
			const put = () => outcome(s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'x' })));
			expect(await put()).toBe('ok');
			await server.admin().keys.setPermission({
				id: key.id,
				bucket,
				permission: { read: true, write: false, owner: false },
			});
			expect(await put()).toBe('AccessDenied');
			expect(await outcome(s3.send(new ListObjectsV2Command({ Bucket: bucket })))).toBe('ok');
			await server.admin().keys.remove(key.id);
			expect(await outcome(s3.send(new ListObjectsV2Command({ Bucket: bucket })))).not.toBe('ok');
			expect(await codeOf(server.admin().keys.remove(key.id))).toBe('STORAGE_KEY_NOT_FOUND');
			expect(await server.admin().keys.find(key.id)).toBeNull();
		});

		it('survives a restart with the key and the settings of its bucket', async () => {
			const { bucket, key } = await bucketAndKey(server, full);
			const quota = { maxBytes: 1_000, maxObjects: null };
			await server.admin().setQuota({ bucket, quota });
			await server.restart();
			const s3 = appClient(server.endpoint(), key);
			expect(await outcome(s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'x' })))).toBe(
				'ok',
			);
			expect(await server.admin().keys.find(key.id)).toMatchObject({
				permissions: [{ bucket, ...full }],
				hasOtherRights: false,
			});
			expect((await server.admin().findBucket(bucket))?.quota).toEqual(quota);
		});

		it('ends with its time', async () => {
			const { bucket, key, s3 } = await bucketAndKey(server, full);
			const list = () => outcome(s3.send(new ListObjectsV2Command({ Bucket: bucket })));
			const expiresAt = new Date(Math.floor(Date.now() / 1_000) * 1_000 + 3_600_000);
			await server.admin().keys.update({ id: key.id, expiresAt });
			expect((await server.admin().keys.find(key.id))?.expiresAt).toEqual(expiresAt);
			expect(await list()).toBe('ok');
			await server.admin().keys.update({ id: key.id, expiresAt: new Date(Date.now() - 5_000) });
			expect(await list()).not.toBe('ok');
			await server.admin().keys.update({ id: key.id, expiresAt: null });
			expect(await list()).toBe('ok');
		});

		it('refuses a key that is there, one of sh0’s own kind and one for no bucket', async () => {
			const { key } = await bucketAndKey(server, full);
			const rest = { description: '', expiresAt: null, permissions: [] };
			const attempt = (input: Partial<Parameters<ReturnType<StorageServer['admin']>['keys']['import']>[0]>) =>
				codeOf(server.admin().keys.import({ ...newKey(), ...rest, ...input }));
			expect(await attempt({ id: key.id })).toBe('STORAGE_KEY_EXISTS');
			expect(await attempt({ id: newKey({ isOwn: true }).id })).toBe('NAME_RESERVED');
			expect(await attempt({ secret: new Secret('short') })).toBe('PASSWORD_UNUSABLE');
			const permissions = [{ bucket: 'not-there', ...full }];
			for (const isNewId of [false, true]) {
				const { id } = newKey();
				expect(await attempt({ id, isNewId, permissions })).toBe('BUCKET_NOT_FOUND');
				expect(await server.admin().keys.find(id), 'what was begun is taken back').toBeNull();
			}
		});
	});

	describe('buckets', () => {
		it('lists, counts, refuses twice the same, and removes only what is empty', async () => {
			const { bucket, s3 } = await bucketAndKey(server, full);
			expect(await codeOf(server.admin().createBucket(bucket))).toBe('BUCKET_EXISTS');
			await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: bodies.small }));
			expect(await codeOf(server.admin().removeBucket(bucket))).toBe('BUCKET_NOT_EMPTY');
			const page = await server.admin().listBuckets({ search: bucket });
			expect(page).toMatchObject({ total: 1, items: [{ name: bucket, isForeign: false }] });
			await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'x' }));
			await upload(s3, bucket);
			await server.admin().removeBucket(bucket);
			expect(await server.admin().findBucket(bucket)).toBeNull();
			expect(await codeOf(server.admin().removeBucket(bucket))).toBe('BUCKET_NOT_FOUND');
		});

		it('opens one that was made anew after its removal by other means', async () => {
			const bucket = freshName();
			const request = { bucket, level: 'write' as const, lifetimeMs: 3_600_000 };
			await server.admin().createBucket(bucket);
			await server.admin().access(request);
			const other = await definition.storageAdmin.connect(server.target());
			await other.removeBucket(bucket);
			await other.close();
			await server.admin().createBucket(bucket);
			const { accessKeyId: id, secretAccessKey: secret } = await server.admin().access(request);
			const s3 = appClient(server.endpoint(), { id, secret });
			expect(await outcome(s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'x' })))).toBe(
				'ok',
			);
		});

		it('tells one from a later one of its name, over restarts and changed settings', async () => {
			const bucket = freshName();
			await server.admin().createBucket(bucket);
			const id = await server.admin().bucketId(bucket);
			await server.admin().setQuota({ bucket, quota: { maxBytes: 5_000_000, maxObjects: null } });
			await server.admin().versioning?.set({ bucket, isVersioned: true });
			// There are engines that keep times to the second.
			await delay(1_100);
			expect(await server.admin().bucketId(bucket)).toBe(id);
			await server.admin().removeBucket(bucket);
			expect(await codeOf(server.admin().bucketId(bucket))).toBe('BUCKET_NOT_FOUND');
			await server.admin().createBucket(bucket);
			const later = await server.admin().bucketId(bucket);
			expect(later).not.toBe(id);
			await server.restart();
			expect(await server.admin().bucketId(bucket)).toBe(later);
		});

		it('lists many with the settings of each', async () => {
			const prefix = freshName('many');
			const names = Array.from({ length: 12 }, (_, index) => `${prefix}-${String(index).padStart(2, '0')}`);
			for (const name of names) await server.admin().createBucket(name);
			const { items } = await server.admin().listBuckets({ search: prefix });
			expect(items.map(({ name }) => name)).toEqual(names);
		});

		it('names all of them by one call', async () => {
			await server.admin().createBucket(freshName());
			const recorded = await recordRequests(server.target());
			const admin = await definition.storageAdmin.connect(recorded.target);
			const names = await admin.bucketNames();
			expect(recorded.asked()).toHaveLength(1);
			expect(names).toEqual((await admin.measureBuckets()).map(({ name }) => name));
			await admin.close();
			await recorded.close();
		});

		it('are listed, counted and looked up while some of them go', async () => {
			const other = await definition.storageAdmin.connect(server.target());
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
					const { items } = await server.admin().listBuckets({ limit: 500 });
					const last = items.findLast(({ name }) => name.startsWith('gone'));
					if (last) await server.admin().findBucket(last.name);
					await server.admin().usage();
					await server.admin().version();
				}
			} finally {
				isOver = true;
				await coming;
				await other.close();
			}
		}, 60_000);

		it('gives an old key no right in a new bucket of an old name', async () => {
			const { bucket, s3 } = await bucketAndKey(server, full);
			await server.admin().removeBucket(bucket);
			await server.admin().createBucket(bucket);
			expect(await outcome(s3.send(new HeadBucketCommand({ Bucket: bucket })))).not.toBe('ok');
		});

		it('refuses every hostile name, or makes exactly that bucket', async () => {
			for (const { value } of hostileStrings) {
				const code = await codeOf(server.admin().createBucket(value));
				if (code === null) expect((await server.admin().findBucket(value))?.name).toBe(value);
				else expect(code).toMatch(/^NAME_/);
				expect(['BUCKET_NOT_FOUND', null]).toContain(await codeOf(server.admin().removeBucket(value)));
			}
		}, 120_000);

		it('keeps every description exactly, or refuses it', async () => {
			const { key } = await bucketAndKey(server, full);
			const printable = hostileStrings.map((entry) => entry.value);
			for (const description of printable.filter((_text, index) => index % 5 === 0)) {
				const code = await codeOf(server.admin().keys.update({ id: key.id, description }));
				if (code === null) expect((await server.admin().keys.find(key.id))?.description).toBe(description);
				else expect(code).toBe('BAD_INPUT');
			}
		}, 120_000);

		it('keeps lifecycle rules exactly, and takes them away', async () => {
			const { bucket } = await bucketAndKey(server, full);
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
			const { lifecycle } = server.admin();
			expect(await codeOf(lifecycle.set({ bucket, rules }))).toBeNull();
			expect(await lifecycle.get(bucket)).toEqual(rules);
			await lifecycle.set({ bucket, rules: [] });
			expect(await lifecycle.get(bucket)).toEqual([]);
		});

		it('opens one bucket for the object browser and nothing else', async () => {
			const { bucket, s3 } = await bucketAndKey(server, full);
			const { bucket: other } = await bucketAndKey(server, full);
			await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'x', Body: 'x' }));
			const request = { bucket, level: 'read' as const, lifetimeMs: 600_000 };
			const access = await server.admin().access(request);
			expect(await server.admin().access(request)).toEqual(access);
			const login = { id: access.accessKeyId, secret: access.secretAccessKey };
			const visitor = appClient(access.endpoint, login, access.region);
			expect(await outcome(visitor.send(new GetObjectCommand({ Bucket: bucket, Key: 'x' })))).toBe('ok');
			expect(await outcome(visitor.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'x' })))).toBe(
				'AccessDenied',
			);
			expect(await outcome(visitor.send(new ListObjectsV2Command({ Bucket: other })))).toBe('AccessDenied');
			const listed = await server.admin().keys.list({ search: access.accessKeyId });
			expect(listed.total).toBe(0);
			expect(await codeOf(server.admin().keys.remove(access.accessKeyId))).toBe('STORAGE_KEY_NOT_FOUND');
		});
	});

	it('takes what was opened for the object browser away some time after its end', async () => {
		const { bucket } = await bucketAndKey(server, full);
		const short = await server.admin().access({ bucket, level: 'read', lifetimeMs: 500 });
		const login = { id: short.accessKeyId, secret: short.secretAccessKey };
		const visitor = appClient(short.endpoint, login, short.region);
		const list = () => outcome(visitor.send(new ListObjectsV2Command({ Bucket: bucket })));
		await expect.poll(list, { timeout: 10_000 }).not.toBe('ok');
		// A panel that starts anew sweeps with its first look.
		const later = await definition.storageAdmin.connect(server.target());
		await later.access({ bucket, level: 'read', lifetimeMs: 60_000 });
		await later.close();
		expect(await list()).toMatch(/InvalidAccessKeyId|AccessDenied/);
	});

	describe('a crash', () => {
		it('loses nothing that was acknowledged, and what was under way can be cleaned up', async () => {
			const { bucket, key, s3 } = await bucketAndKey(server, full);
			const begun = await upload(s3, bucket);
			const Body = Buffer.alloc(5 * 1024 * 1024, 'x');
			const acknowledged: string[] = [];
			const writer = async (name: string) => {
				for (let index = 0; ; index += 1) {
					const Key = `${name}-${index}`;
					await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: Key }));
					acknowledged.push(Key);
				}
			};
			const writers = ['a', 'b', 'c', 'd'].map((name) => writer(name).catch(() => undefined));
			const part = s3.send(new UploadPartCommand({ ...begun, PartNumber: 1, Body })).catch(() => undefined);
			await expect.poll(() => acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(20);
			await server.crash();
			await Promise.all([...writers, part]);

			const after = appClient(server.endpoint(), key);
			const found = new Set<string>();
			for (const Key of acknowledged) {
				const answer = await after.send(new GetObjectCommand({ Bucket: bucket, Key }));
				if ((await answer.Body?.transformToString()) === Key) found.add(Key);
			}
			expect(found.size).toBe(acknowledged.length);
			const clean = server.admin().removeUnfinishedUploads;
			if (clean) expect(await clean({ bucket, olderThanSeconds: 0 })).toBeGreaterThanOrEqual(1);
			else expect(await outcome(after.send(new AbortMultipartUploadCommand(begun)))).toBe('ok');
		}, 120_000);
	});

	return () => server;
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
