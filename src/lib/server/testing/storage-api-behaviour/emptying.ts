import { setTimeout as delay } from 'node:timers/promises';
import {
	CreateMultipartUploadCommand,
	DeleteObjectCommand,
	GetObjectCommand,
	ListMultipartUploadsCommand,
	ListObjectsV2Command,
	ListObjectVersionsCommand,
	type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import type { OperationRow } from '../../operations/repository';
import { Secret } from '../../secret';
import { appClient, outcome } from '../storage-app';
import { codeOf, full, type ApiHouse } from './house';

/** Buckets that are emptied, and what is removed from them. */
export function emptyingBehaviour(storage: ApiHouse): void {
	const { api, on, newBucket, newKey, bucketAndKey, put, matrix, traits } = storage;

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
			const ended = await storage.house.house.ended(empty(bucket));
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

		it.skipIf(matrix.versioning !== null)(
			'removes the marks of objects that were removed after versions were no longer kept',
			async () => {
				const { bucket, s3 } = await bucketAndKey();
				const Bucket = bucket;
				const keepVersions = (isVersioned: boolean) =>
					api().buckets.update({ ...on(), name: bucket, isVersioned });
				await put(s3, bucket, 'before');
				await keepVersions(true);
				await put(s3, bucket, 'during');
				await keepVersions(false);
				const keys = ['before', 'during', 'd/after', 'a\'"<&>😀'];
				for (const key of keys.slice(2)) await put(s3, bucket, key);
				await api().objects.remove({ ...on(), bucket, keys });
				expect((await s3.send(new ListObjectsV2Command({ Bucket }))).KeyCount).toBe(0);
				const { DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
				expect(DeleteMarkers.map(({ VersionId }) => VersionId)).toEqual(keys.map(() => 'null'));
				// Some are removed while versions are kept again.
				await keepVersions(true);
				await storage.house.house.succeeded(empty(bucket));
				const left = await s3.send(new ListObjectVersionsCommand({ Bucket }));
				expect([...(left.Versions ?? []), ...(left.DeleteMarkers ?? [])]).toEqual([]);
				await keepVersions(false);
				await api().objects.remove({ ...on(), bucket, keys });
				await storage.house.house.succeeded(empty(bucket));
				await api().buckets.remove({ ...on(), name: bucket, confirmName: bucket });
			},
		);

		it('removes by name and by folder what an app named with any number of line breaks', async () => {
			const { bucket, s3 } = await bucketAndKey();
			for (const key of [manyLines, `${manyLines}2`, 'x']) await put(s3, bucket, key);
			await api().objects.remove({ ...on(), bucket, keys: [manyLines, 'x'] });
			const left = async () => (await s3.send(new ListObjectsV2Command({ Bucket: bucket }))).KeyCount;
			expect(await left()).toBe(1);
			await put(s3, bucket, manyLines);
			await storage.house.house.succeeded(
				api().objects.removeAll({ ...on(), bucket, prefixes: ['lines/'], keys: [manyLines] }),
			);
			expect(await left()).toBe(0);
			await api().buckets.remove({ ...on(), name: bucket, confirmName: bucket });
		});

		it('removes the bucket with it when asked to, and goes on after the panel was ended', async () => {
			const { bucket, s3 } = await bucketAndKey();
			await fill(s3, bucket, 1_100);
			const { operationId } = await empty(bucket, { removesBucket: true });
			await storage.house.restartIn(operationId, 'removeObjects');
			const ended = await storage.house.app.runner.wait(operationId);
			expect(ended).toMatchObject({ kind: 'bucket.remove', status: 'succeeded' });
			const { steps } = await api().operations.get({ operationId });
			expect(steps.map(({ key, status }) => `${key} ${status}`)).toEqual([
				'removeObjects done',
				'removeBucket done',
			]);
			expect(steps[0]?.progress).toMatchObject({ unit: 'objects' });
			expect(await codeOf(api().buckets.get({ ...on(), name: bucket }))).toBe('BUCKET_NOT_FOUND');
		});

		it('goes on after the server was killed in the middle', async () => {
			const { bucket, s3 } = await bucketAndKey();
			await fill(s3, bucket, 1_100);
			const { operationId } = await empty(bucket);
			const done = () => storage.house.app.runner.view(operationId)?.steps[0]?.progress?.done ?? 0;
			await expect.poll(done, { timeout: 30_000, interval: 5 }).toBeGreaterThan(0);
			await storage.server.crash();
			expect(await storage.house.app.runner.wait(operationId)).toMatchObject({ status: 'succeeded' });
			const { secret, id } = await newKey([{ bucket, ...full }]);
			const again = appClient(storage.server.endpoint(), { id, secret: new Secret(secret) });
			expect((await again.send(new ListObjectsV2Command({ Bucket: bucket }))).KeyCount).toBe(0);
		});

		describe('that the panel’s end put off', () => {
			const keysIn = async (s3: S3Client, Bucket: string) =>
				((await s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key }) => Key).sort();

			/** Asks for work that begins and gets no further, and has another panel go on with it after what apps do `meanwhile`. */
			async function putOff(
				ask: () => Promise<{ operationId: string }>,
				meanwhile: () => Promise<unknown>,
			): Promise<OperationRow> {
				storage.house.hideServer();
				const { operationId } = await ask();
				await storage.house.restartIn(operationId, 'removeObjects', async () => {
					// There are engines that keep times to the second.
					await delay(1_100);
					await meanwhile();
				});
				return storage.house.app.runner.wait(operationId);
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
						await storage.server.admin().removeBucket(bucket);
						await storage.server.admin().createBucket(bucket);
					},
				);
				expect(ended).toMatchObject({ status: 'succeeded' });
				expect(await storage.server.admin().findBucket(bucket)).toMatchObject({ name: bucket });
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
			if (traits.takesAnyKey) await storage.house.house.succeeded(removal);
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
}
