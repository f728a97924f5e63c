import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
	CreateMultipartUploadCommand,
	DeleteObjectCommand,
	GetBucketLifecycleConfigurationCommand,
	GetObjectCommand,
	ListMultipartUploadsCommand,
	ListObjectsV2Command,
	ListObjectVersionsCommand,
	PutBucketLifecycleConfigurationCommand,
	PutObjectCommand,
	type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { isKeyDescription } from '$lib/shared/storage-names';
import type { LifecycleRule } from '$lib/shared/storage-rules';
import { bucketSizes } from '../db/schema/index';
import { engines } from '../engines';
import type { BucketPermission } from '../engines/storage';
import { isAppError } from '../errors';
import type { OperationRow } from '../operations/repository';
import { Secret } from '../secret';
import { hostileStrings } from '../testing/hostile-strings';
import { appClient, outcome } from '../testing/storage-app';
import type { StorageServer } from '../testing/storage-server';
import { useStorageHouse, type StorageHouse } from './testing';
import { DAY_MS } from './usage';

const full: BucketPermission = { read: true, write: true, owner: true };
const none: BucketPermission = { read: false, write: false, owner: false };
const rule: LifecycleRule = {
	...{ id: 'tmp', isEnabled: true, prefix: 'tmp/', expireAfterDays: 7, expireOn: null },
	...{ largerThanBytes: null, smallerThanBytes: null },
	...{ abortUploadsAfterDays: null, expireVersionsAfterDays: null },
};
let made = 0;

type Refusal = { code: string; field: string | null; details: object };

/** What an attempt was refused with, or null. */
async function refusalOf(attempt: Promise<unknown>): Promise<Refusal | null> {
	try {
		await attempt;
		return null;
	} catch (error) {
		const cause = error instanceof Error ? error.cause : null;
		if (!isAppError(cause)) throw error;
		return { code: cause.code, field: cause.field, details: cause.details };
	}
}
const codeOf = async (attempt: Promise<unknown>) => (await refusalOf(attempt))?.code ?? null;

const storageEngines = engines.flatMap((engine) => (engine.kind === 'storage' ? [engine] : []));

describe.each(storageEngines)('$label through the API', (definition) => {
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

	const changeRules = (s3: S3Client, bucket: string) =>
		s3.send(
			new PutBucketLifecycleConfigurationCommand({
				Bucket: bucket,
				LifecycleConfiguration: {
					Rules: [{ ID: 'x', Status: 'Enabled', Filter: { Prefix: 'x/' }, Expiration: { Days: 900 } }],
				},
			}),
		);

	describe('buckets', () => {
		it('are made, listed, changed and removed', async () => {
			const name = await newBucket();
			expect(await refusalOf(api().buckets.create({ ...on(), name }))).toMatchObject({
				...{ code: 'BUCKET_EXISTS', field: 'name' },
			});
			const quota = { maxBytes: 5_000_000, maxObjects: matrix.quotaObjects === null ? 10 : null };
			const changed = await api().buckets.update({ ...on(), name, quota, lifecycle: [rule] });
			expect(changed).toMatchObject({ bucket: { name, quota }, lifecycle: [rule] });
			expect(await api().buckets.get({ ...on(), name })).toMatchObject({ bucket: { quota } });
			const page = await house.as('viewer').buckets.list({ ...on(), search: name });
			expect(page).toMatchObject({ total: 1, items: [{ name, quota, publicAccess: { kind: 'none' } }] });
			expect(await codeOf(api().buckets.remove({ ...on(), name, confirmName: 'another' }))).toBe(
				'CONFIRMATION_MISMATCH',
			);
			await api().buckets.remove({ ...on(), name, confirmName: name });
			expect(await codeOf(api().buckets.get({ ...on(), name }))).toBe('BUCKET_NOT_FOUND');
			expect(await codeOf(api().buckets.update({ ...on(), name, lifecycle: [] }))).toBe('BUCKET_NOT_FOUND');
		});

		it('are not removed with what is in them', async () => {
			const { bucket, s3 } = await bucketAndKey();
			await put(s3, bucket, 'x');
			const removal = api().buckets.remove({ ...on(), name: bucket, confirmName: bucket });
			expect(await codeOf(removal)).toBe('BUCKET_NOT_EMPTY');
			expect(await outcome(s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'x' })))).toBe('ok');
		});

		it('are not made when what was asked for them is refused', async () => {
			const name = `b-half-${Date.now().toString(36)}`;
			const quota = { maxBytes: null, maxObjects: 10 };
			const publicAccess = { kind: 'website' as const, indexDocument: '../x', errorDocument: null };
			const attempt =
				matrix.website === null
					? codeOf(api().buckets.create({ ...on(), name, publicAccess }))
					: codeOf(api().buckets.create({ ...on(), name, quota }));
			expect(await attempt).toBe(matrix.website === null ? 'BAD_INPUT' : 'NOT_SUPPORTED');
			expect(await codeOf(api().buckets.get({ ...on(), name }))).toBe('BUCKET_NOT_FOUND');
		});

		it('say with the reason what the engine cannot do', async () => {
			const name = await newBucket();
			const attempts = {
				versioning: { isVersioned: true },
				cors: { cors: [] },
				website: {
					publicAccess: { kind: 'website' as const, indexDocument: 'index.html', errorDocument: null },
				},
				quotaObjects: { quota: { maxBytes: null, maxObjects: 5 } },
				lifecycleUploads: { lifecycle: [{ ...rule, abortUploadsAfterDays: 1 }] },
				lifecycleVersions: { lifecycle: [{ ...rule, expireVersionsAfterDays: 1 }] },
			};
			let refused = 0;
			for (const [capability, change] of Object.entries(attempts)) {
				const reason = Object.entries(matrix).find(([key]) => key === capability)?.[1] ?? null;
				const refusal = await refusalOf(api().buckets.update({ ...on(), name, ...change }));
				if (reason === null) expect(refusal, capability).toBeNull();
				else {
					refused += 1;
					expect(refusal).toMatchObject({
						code: 'NOT_SUPPORTED',
						details: { engine: definition.id, capability, reason },
					});
				}
			}
			expect(refused).toBeGreaterThan(1);
		});

		it('let everybody read what is public, and nobody once it is not', async () => {
			const { bucket, s3 } = await bucketAndKey();
			await put(s3, bucket, 'a b/é.txt', 'hello');
			const place = definition.storageAdmin.publicObject({ bucket, key: 'a b/é.txt' });
			const port = server.target().ports[place.role] ?? 0;
			const read = async () => {
				const { request } = await import('node:http');
				return new Promise<number>((resolve, reject) => {
					const headers = place.host === null ? {} : { host: place.host };
					request({ host: '127.0.0.1', port, path: place.path, headers }, (answer) => {
						answer.resume();
						resolve(answer.statusCode ?? 0);
					})
						.on('error', reject)
						.end();
				});
			};
			expect(await read()).not.toBe(200);
			await api().buckets.update({ ...on(), name: bucket, publicAccess: { kind: 'read' } });
			expect(await read()).toBe(200);
			await api().buckets.update({ ...on(), name: bucket, publicAccess: { kind: 'none' } });
			expect(await read()).not.toBe(200);
		});

		it('refuse every hostile name, or are exactly that bucket', async () => {
			for (const { value } of hostileStrings.filter((_string, index) => index % 3 === 0)) {
				const refusal = await refusalOf(api().buckets.create({ ...on(), name: value }));
				if (refusal === null) await api().buckets.remove({ ...on(), name: value, confirmName: value });
				else expect(refusal.code, value).toMatch(/^NAME_|^BAD_INPUT$/);
				const gone = [null, 'BUCKET_NOT_FOUND', 'BAD_INPUT'];
				const removal = api().buckets.remove({ ...on(), name: value, confirmName: value });
				expect(gone).toContain(await codeOf(removal));
				expect(gone).toContain(await codeOf(api().buckets.get({ ...on(), name: value })));
			}
		}, 120_000);

		it('tell how they have grown, an earlier one of the same name left out', async () => {
			const { bucket, s3 } = await bucketAndKey();
			await put(s3, bucket, 'x', 'x'.repeat(1_000));
			const before = new Date(Math.floor(Date.now() / DAY_MS - 3) * DAY_MS);
			const { serviceId } = house;
			house.app.db.insert(bucketSizes).values({ serviceId, bucket, day: before, sizeBytes: 7 }).run();
			house.app.growth.note(serviceId, 7, before.getTime());
			await house.app.bucketSampler.sampleAll();
			const { growth } = await api().buckets.get({ ...on(), name: bucket });
			expect(growth.every(({ at }) => at > before)).toBe(true);
			const usage = await api().buckets.usage(on());
			expect(usage.growth[0]).toEqual({ at: before, sizeBytes: 7 });
			expect(usage.diskTotalBytes).toBeGreaterThan(usage.diskFreeBytes ?? 0);
			// An engine that counts later has nothing to keep yet.
			if (!isExact) return;
			expect(growth.at(-1)).toMatchObject({ sizeBytes: 1_000 });
			const kept = house.app.db.select().from(bucketSizes).all();
			expect(kept).toContainEqual(expect.objectContaining({ bucket, sizeBytes: 1_000 }));
		});
	});

	describe('emptying', () => {
		const empty = (name: string, more: { removesBucket?: boolean } = {}) =>
			api().buckets.empty({ ...on(), name, confirmName: name, ...more });

		/** More line breaks than any right of sh0's own covers that ends by itself; an app's key need not end. */
		const manyLines = `lines/${'\nb'.repeat(9)}`;

		async function fill(s3: S3Client, bucket: string, count: number): Promise<void> {
			const keys = Array.from({ length: count }, (_, index) => `many/${index}`);
			for (let index = 0; index < keys.length; index += 50)
				await Promise.all(keys.slice(index, index + 50).map((key) => put(s3, bucket, key)));
		}

		it('removes odd keys, former versions and unfinished uploads too', async () => {
			const { bucket, s3 } = await bucketAndKey();
			if (matrix.versioning === null)
				await api().buckets.update({ ...on(), name: bucket, isVersioned: true });
			const asked = { Bucket: bucket, EncodingType: 'url' as const };
			const { EncodingType } = await (matrix.versioning === null
				? s3.send(new ListObjectVersionsCommand(asked))
				: s3.send(new ListObjectsV2Command(asked)));
			const odd = ['a+b', 'a b', 'é😀', `'"<&>`, 'a%2Fb', ' a ', '日'.repeat(80)];
			// One that does not encode its lists shows such characters as others, or keeps rights from covering them.
			if (EncodingType === 'url') odd.push('a\nb', 'a\u0001b', manyLines);
			for (const key of odd) {
				await put(s3, bucket, key);
				await put(s3, bucket, key, 'y');
			}
			await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'a+b' }));
			await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'parts' }));
			const ended = await house.house.ended(empty(bucket));
			expect(ended).toMatchObject({ kind: 'bucket.empty', status: 'succeeded' });
			const Bucket = bucket;
			expect((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0);
			expect((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads ?? []).toEqual([]);
			if (matrix.versioning === null) {
				const left = await s3.send(new ListObjectVersionsCommand({ Bucket }));
				expect([...(left.Versions ?? []), ...(left.DeleteMarkers ?? [])]).toEqual([]);
			}
			expect(await outcome(put(s3, bucket, 'again'))).toBe('ok');
		});

		it('removes by name and by folder what an app named with any number of line breaks', async () => {
			const { bucket, s3 } = await bucketAndKey();
			for (const key of [manyLines, `${manyLines}2`, 'x']) await put(s3, bucket, key);
			await api().objects.remove({ ...on(), bucket, keys: [manyLines, 'x'] });
			const left = async () => (await s3.send(new ListObjectsV2Command({ Bucket: bucket }))).KeyCount;
			expect(await left()).toBe(1);
			await put(s3, bucket, manyLines);
			await house.house.succeeded(
				api().objects.removeAll({ ...on(), bucket, prefixes: ['lines/'], keys: [manyLines] }),
			);
			expect(await left()).toBe(0);
			await api().buckets.remove({ ...on(), name: bucket, confirmName: bucket });
		});

		it('removes the bucket with it when asked to, and goes on after the panel was ended', async () => {
			const { bucket, s3 } = await bucketAndKey();
			await fill(s3, bucket, 1_100);
			const { operationId } = await empty(bucket, { removesBucket: true });
			await house.restartIn(operationId, 'removeObjects');
			const ended = await house.app.runner.wait(operationId);
			expect(ended).toMatchObject({ kind: 'bucket.remove', status: 'succeeded' });
			const { steps } = await api().operations.get({ operationId });
			expect(steps.map(({ key, status }) => `${key} ${status}`)).toEqual([
				'removeObjects done',
				'removeBucket done',
			]);
			expect(steps[0]?.progress).toMatchObject({ unit: 'objects' });
			expect(await codeOf(api().buckets.get({ ...on(), name: bucket }))).toBe('BUCKET_NOT_FOUND');
		}, 180_000);

		it('goes on after the server was killed in the middle', async () => {
			const { bucket, s3 } = await bucketAndKey();
			await fill(s3, bucket, 1_100);
			const { operationId } = await empty(bucket);
			const done = () => house.app.runner.view(operationId)?.steps[0]?.progress?.done ?? 0;
			await expect.poll(done, { timeout: 30_000, interval: 5 }).toBeGreaterThan(0);
			await server.crash();
			expect(await house.app.runner.wait(operationId)).toMatchObject({ status: 'succeeded' });
			const { secret, id } = await newKey([{ bucket, ...full }]);
			const again = appClient(server.endpoint(), { id, secret: new Secret(secret) });
			expect((await again.send(new ListObjectsV2Command({ Bucket: bucket }))).KeyCount).toBe(0);
		}, 180_000);

		describe('that the panel’s end put off', () => {
			const keysIn = async (s3: S3Client, Bucket: string) =>
				((await s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key }) => Key).sort();

			/** Asks for work that begins and gets no further, and has another panel go on with it after what apps do `meanwhile`. */
			async function putOff(
				ask: () => Promise<{ operationId: string }>,
				meanwhile: () => Promise<unknown>,
			): Promise<OperationRow> {
				house.hideServer();
				const { operationId } = await ask();
				await house.restartIn(operationId, 'removeObjects', async () => {
					// There are engines that keep times to the second.
					await delay(1_100);
					await meanwhile();
				});
				return house.app.runner.wait(operationId);
			}

			it('leaves what came after it was asked for', async () => {
				const { bucket, s3 } = await bucketAndKey();
				const uploads = async () =>
					(await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: 'parts' }))).Uploads ?? [];
				for (const key of ['old', 'overwritten']) await put(s3, bucket, key);
				await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'parts' }));
				const ended = await putOff(
					() => empty(bucket),
					async () => {
						for (const key of ['overwritten', 'new']) await put(s3, bucket, key, 'new');
						await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'parts' }));
					},
				);
				expect(ended).toMatchObject({ status: 'succeeded' });
				expect(await keysIn(s3, bucket)).toEqual(['new', 'overwritten']);
				expect(await uploads()).toHaveLength(1);
			});

			it('leaves the bucket with what came after its removal was asked for, and says so', async () => {
				const { bucket, s3 } = await bucketAndKey();
				await put(s3, bucket, 'old');
				const ended = await putOff(
					() => empty(bucket, { removesBucket: true }),
					() => put(s3, bucket, 'new'),
				);
				expect(ended).toMatchObject({
					...{ status: 'failed', errorCode: 'BUCKET_NOT_EMPTY', errorDetails: { reason: 'filled' } },
				});
				expect(await keysIn(s3, bucket)).toEqual(['new']);
			});

			it('leaves another bucket that has its name now', async () => {
				const { bucket, s3 } = await bucketAndKey();
				await put(s3, bucket, 'old');
				const ended = await putOff(
					() => empty(bucket, { removesBucket: true }),
					async () => {
						await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: 'old' }));
						await server.admin().removeBucket(bucket);
						await server.admin().createBucket(bucket);
					},
				);
				expect(ended).toMatchObject({ status: 'succeeded' });
				expect(await server.admin().findBucket(bucket)).toMatchObject({ name: bucket });
			});

			it('leaves of folders and chosen objects what came after their removal was asked for', async () => {
				const { bucket, s3 } = await bucketAndKey();
				for (const key of ['a/old', 'a/overwritten', 'b', 'c', 'other']) await put(s3, bucket, key);
				const ended = await putOff(
					() => api().objects.removeAll({ ...on(), bucket, prefixes: ['a/'], keys: ['b', 'c', 'not there'] }),
					async () => {
						for (const key of ['a/overwritten', 'a/new', 'b']) await put(s3, bucket, key, 'new');
					},
				);
				expect(ended).toMatchObject({ status: 'succeeded' });
				expect(await keysIn(s3, bucket)).toEqual(['a/new', 'a/overwritten', 'b', 'other']);
			});
		});

		it('takes no key with an empty part for the one without it', async () => {
			const { bucket, s3 } = await bucketAndKey();
			await put(s3, bucket, 'a/b');
			await api().objects.remove({ ...on(), bucket, keys: ['a//b'] });
			const removal = api().objects.removeAll({ ...on(), bucket, prefixes: ['a//'], keys: ['a//b'] });
			if (traits.takesAnyKey) await house.house.succeeded(removal);
			else expect(await codeOf(removal)).toBe('OBJECT_KEY_INVALID');
			expect(await outcome(s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'a/b' })))).toBe('ok');
		});

		it('is refused before it begins for what it would end with', async () => {
			const bucket = await newBucket();
			const mistyped = api().buckets.empty({ ...on(), name: bucket, confirmName: 'x' });
			expect(await codeOf(mistyped)).toBe('CONFIRMATION_MISMATCH');
			expect(await codeOf(empty('not-there'))).toBe('BUCKET_NOT_FOUND');
		});
	});

	describe('keys', () => {
		const rights = ['read', 'write', 'owner'] as const;
		const combinations = [none, full, { ...none, read: true, write: true }].concat(
			rights.map((right) => ({ ...none, [right]: true })),
		);

		it.each(combinations)('can do exactly what they were given: %o', async (permission) => {
			const { bucket, id, s3 } = await bucketAndKey(none);
			const { bucket: other, s3: filler } = await bucketAndKey();
			const fill = await newKey([{ bucket, ...full }]);
			await put(fill.s3, bucket, 'old');
			await put(filler, other, 'old');
			await api().storageKeys.setPermissions({
				...{ ...on(), keyId: id, permissions: [{ bucket, ...permission }] },
			});
			const Bucket = bucket;
			const expected = (isGiven: boolean) => (isGiven ? 'ok' : 'AccessDenied');
			const seen = {
				get: await outcome(s3.send(new GetObjectCommand({ Bucket, Key: 'old' }))),
				list: await outcome(s3.send(new ListObjectsV2Command({ Bucket }))),
				put: await outcome(put(s3, bucket, 'new')),
				remove: await outcome(s3.send(new DeleteObjectCommand({ Bucket, Key: 'new' }))),
				rules: await outcome(changeRules(s3, bucket)),
				foreign: await outcome(s3.send(new GetObjectCommand({ Bucket: other, Key: 'old' }))),
			};
			expect(seen).toEqual({
				get: expected(permission.read),
				list: expected(permission.read),
				put: expected(permission.write),
				remove: expected(permission.write),
				rules: expected(permission.owner),
				foreign: 'AccessDenied',
			});
		});

		it('are listed by what they are called, and end when they are revoked', async () => {
			const { bucket, id, s3 } = await bucketAndKey();
			const text = `shop-${id}`;
			await api().storageKeys.update({ ...on(), keyId: id, description: text });
			const list = await house.as('viewer').storageKeys.list({ ...on(), search: text, bucketSearch: bucket });
			expect(list).toMatchObject({
				...{ total: 1, buckets: [bucket], bucketTotal: 1 },
				items: [{ id, description: text, permissions: [{ bucket, ...full }], hasOtherRights: false }],
			});
			await api().storageKeys.remove({ ...on(), keyId: id });
			expect(await outcome(s3.send(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket })))).not.toBe(
				'ok',
			);
			expect(await codeOf(api().storageKeys.remove({ ...on(), keyId: id }))).toBe('STORAGE_KEY_NOT_FOUND');
		});

		it('end with their time, which lies ahead', async () => {
			const { bucket, id } = await bucketAndKey();
			const expiresAt = new Date(Math.floor(Date.now() / 1_000) * 1_000 + 3_600_000);
			const changed = await api().storageKeys.update({ ...on(), keyId: id, expiresAt });
			expect(changed.expiresAt).toEqual(expiresAt);
			const past = new Date(Date.now() - 1_000);
			expect(await refusalOf(api().storageKeys.create({ ...on(), expiresAt: past }))).toMatchObject({
				...{ code: 'BAD_INPUT', field: 'expiresAt' },
			});
			const permissions = [{ bucket: `${bucket}-not`, ...full }];
			expect(await codeOf(api().storageKeys.create({ ...on(), permissions }))).toBe('BUCKET_NOT_FOUND');
		});

		it('keep every description exactly, or refuse it', async () => {
			const { id } = await bucketAndKey();
			for (const { value } of hostileStrings.filter((_string, index) => index % 4 === 0)) {
				const attempt = api().storageKeys.update({ ...on(), keyId: id, description: value });
				const refusal = await refusalOf(attempt);
				expect(refusal?.code ?? null, value).toBe(isKeyDescription(value) ? null : 'BAD_INPUT');
				if (refusal === null) expect((await attempt).description).toBe(value);
			}
		}, 120_000);

		it('have a secret that is kept nowhere here', async () => {
			const { id, secret, bucket } = await bucketAndKey();
			await api().storageKeys.tryOut({ ...on(), keyId: id, secret, bucket });
			const list = await api().storageKeys.list({ ...on(), search: id });
			expect(JSON.stringify(list)).not.toContain(secret);
			house.app.db.run('PRAGMA wal_checkpoint(TRUNCATE)');
			const stored = readFileSync(join(house.house.dataDir, 'sh0.db')).toString('latin1');
			expect(stored).toContain(id);
			expect(stored).not.toContain(secret);
		});
	});

	describe('trying a key', () => {
		const outcomes = async (
			key: { id: string; secret: string; bucket: string },
			change: { secret?: string } = {},
		) => {
			const { id: keyId, secret, bucket } = key;
			const { steps } = await api().storageKeys.tryOut({ ...on(), keyId, secret, bucket, ...change });
			return steps.map((step) => step.outcome);
		};

		it.each<[string, BucketPermission, string[]]>([
			['everything', full, ['done', 'done', 'done']],
			['reading', { ...none, read: true }, ['refused', 'allowed', 'skipped']],
			['writing', { ...none, write: true }, ['done', 'refused', 'done']],
			['nothing', none, ['refused', 'refused', 'skipped']],
		])('shows what a key for %s may do', async (_what, permission, expected) => {
			expect(await outcomes(await bucketAndKey(permission))).toEqual(expected);
		});

		it('shows that a secret is wrong', async () => {
			const key = await bucketAndKey();
			expect(await outcomes(key, { secret: 'x'.repeat(40) })).toEqual(['refused', 'refused', 'skipped']);
		});

		it('leaves nothing behind, in a bucket that keeps former versions either', async () => {
			const key = await bucketAndKey();
			const { bucket, s3 } = key;
			if (matrix.versioning === null)
				await api().buckets.update({ ...on(), name: bucket, isVersioned: true });
			await outcomes(key);
			expect((await s3.send(new ListObjectsV2Command({ Bucket: bucket }))).KeyCount).toBe(0);
			await api().buckets.remove({ ...on(), name: bucket, confirmName: bucket });
		});
	});
});
