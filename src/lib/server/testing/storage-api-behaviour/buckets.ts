import { GetObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import type { LifecycleRule } from '$lib/shared/storage-rules';
import { bucketSizes } from '../../db/schema/index';
import { DAY_MS } from '../../storage/usage';
import { hostileStrings } from '../hostile-strings';
import { outcome } from '../storage-app';
import { refusalOf } from '../refusal';
import { codeOf, type ApiHouse } from './house';

const rule: LifecycleRule = {
	...{ id: 'tmp', isEnabled: true, prefix: 'tmp/', expireAfterDays: 7, expireOn: null },
	...{ largerThanBytes: null, smallerThanBytes: null },
	...{ abortUploadsAfterDays: null, expireVersionsAfterDays: null },
};

/** Buckets through the API. */
export function bucketsBehaviour(storage: ApiHouse): void {
	const { api, on, newBucket, bucketAndKey, put, matrix, isExact } = storage;

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
			const page = await storage.house.as('viewer').buckets.list({ ...on(), search: name });
			expect(page).toMatchObject({ total: 1, items: [{ name, quota, publicAccess: { kind: 'none' } }] });
			expect(await codeOf(api().buckets.remove({ ...on(), name, confirmName: 'another' }))).toBe(
				'CONFIRMATION_MISMATCH',
			);
			await api().buckets.remove({ ...on(), name, confirmName: name });
			expect(await codeOf(api().buckets.get({ ...on(), name }))).toBe('BUCKET_NOT_FOUND');
			const changes = [
				...[{ lifecycle: [] }, { quota: { maxBytes: 1_000_000, maxObjects: null } }],
				...(matrix.publicRead === null ? [{ publicAccess: { kind: 'read' as const } }] : []),
				...(matrix.versioning === null ? [{ isVersioned: true }] : []),
				...(matrix.cors === null ? [{ cors: [] }] : []),
			];
			for (const change of changes)
				expect(await codeOf(api().buckets.update({ ...on(), name, ...change })), JSON.stringify(change)).toBe(
					'BUCKET_NOT_FOUND',
				);
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
						details: { engine: storage.definition.id, capability, reason },
					});
				}
			}
			expect(refused).toBeGreaterThan(1);
		});

		it('let everybody read what is public, and nobody once it is not', async () => {
			const { bucket, s3 } = await bucketAndKey();
			await put(s3, bucket, 'a b/é.txt', 'hello');
			const place = storage.definition.storageAdmin.publicObject({ bucket, key: 'a b/é.txt' });
			const port = storage.server.target().ports[place.role] ?? 0;
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
		});

		it('tell how they have grown, an earlier one of the same name left out', async () => {
			const { bucket, s3 } = await bucketAndKey();
			await put(s3, bucket, 'x', 'x'.repeat(1_000));
			const before = new Date(Math.floor(Date.now() / DAY_MS - 3) * DAY_MS);
			const { serviceId } = storage.house;
			storage.house.app.db.insert(bucketSizes).values({ serviceId, bucket, day: before, sizeBytes: 7 }).run();
			storage.house.app.growth.note(serviceId, 7, before.getTime());
			await storage.house.app.bucketSampler.sampleAll();
			const { growth } = await api().buckets.get({ ...on(), name: bucket });
			expect(growth.every(({ at }) => at > before)).toBe(true);
			const usage = await api().buckets.usage(on());
			expect(usage.growth[0]).toEqual({ at: before, sizeBytes: 7 });
			expect(usage.diskTotalBytes).toBeGreaterThan(usage.diskFreeBytes ?? 0);
			// An engine that counts later has nothing to keep yet.
			if (!isExact) return;
			expect(growth.at(-1)).toMatchObject({ sizeBytes: 1_000 });
			const kept = storage.house.app.db.select().from(bucketSizes).all();
			expect(kept).toContainEqual(expect.objectContaining({ bucket, sizeBytes: 1_000 }));
		});
	});
}
