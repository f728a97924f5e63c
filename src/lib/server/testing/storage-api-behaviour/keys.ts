import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
	DeleteObjectCommand,
	GetBucketLifecycleConfigurationCommand,
	GetObjectCommand,
	ListObjectsV2Command,
	PutBucketLifecycleConfigurationCommand,
	type S3Client,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { isKeyDescription } from '$lib/shared/storage-names';
import type { BucketPermission } from '../../engines/storage';
import { hostileStrings } from '../hostile-strings';
import { outcome } from '../storage-app';
import { refusalOf } from '../refusal';
import { codeOf, full, none, type ApiHouse } from './house';

/** Keys through the API, and what they open. */
export function keysBehaviour(storage: ApiHouse): void {
	const { api, on, newKey, bucketAndKey, put, matrix } = storage;

	const changeRules = (s3: S3Client, bucket: string) =>
		s3.send(
			new PutBucketLifecycleConfigurationCommand({
				Bucket: bucket,
				LifecycleConfiguration: {
					Rules: [{ ID: 'x', Status: 'Enabled', Filter: { Prefix: 'x/' }, Expiration: { Days: 900 } }],
				},
			}),
		);

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
			const list = await storage.house
				.as('viewer')
				.storageKeys.list({ ...on(), search: text, bucketSearch: bucket });
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
		});

		it('have a secret that is kept nowhere here', async () => {
			const { id, secret, bucket } = await bucketAndKey();
			await api().storageKeys.tryOut({ ...on(), keyId: id, secret, bucket });
			const list = await api().storageKeys.list({ ...on(), search: id });
			expect(JSON.stringify(list)).not.toContain(secret);
			storage.house.app.db.run('PRAGMA wal_checkpoint(TRUNCATE)');
			const stored = readFileSync(join(storage.house.house.dataDir, 'sh0.db')).toString('latin1');
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
}
