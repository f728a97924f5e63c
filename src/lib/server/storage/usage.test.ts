import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bucketSizes } from '../db/schema/index';
import { openTestDatabase } from '../db/testing';
import type { BucketInfo, BucketSize, StorageAdmin } from '../engines/storage';
import { AppError } from '../errors';
import { createLogger, Redactor } from '../log';
import { seedStorageServer } from '../testing/seeded-storage';
import { BucketSampler, bucketGrowth, byDay, DAY_MS, KEPT_DAYS } from './usage';

const nowMs = Date.UTC(2027, 4, 17, 15, 30);
const day = (ago: number) => new Date(Math.floor(nowMs / DAY_MS - ago) * DAY_MS);
const log = createLogger({ level: 'error', redactor: new Redactor(), write: () => {} });

let test: ReturnType<typeof openTestDatabase>;
let serviceId: string;

beforeEach(() => {
	test = openTestDatabase();
	serviceId = seedStorageServer(test.db, new Date(nowMs));
});
afterEach(() => test.remove());

/** A sampler of a server whose buckets hold this. */
function samplerOf(sizes: () => BucketSize[]): BucketSampler {
	const admin: Pick<StorageAdmin, 'measureBuckets'> = { measureBuckets: async () => sizes() };
	const broker = { storageAdmin: () => Promise.resolve(admin) };
	return new BucketSampler({ db: test.db, log, broker });
}

const rows = () =>
	test.db
		.select()
		.from(bucketSizes)
		.all()
		.map((row) => ({ bucket: row.bucket, day: row.day, sizeBytes: row.sizeBytes }));

function bucketOf(values: Partial<BucketInfo>): BucketInfo {
	return {
		...{ name: 'photos', createdAt: null, sizeBytes: null, objects: null, isVersioned: false },
		...{ quota: { maxBytes: null, maxObjects: null }, publicAccess: { kind: 'none' }, isForeign: false },
		...values,
	};
}

describe('the sampler', () => {
	it('keeps one row a bucket and day, the last look of it', async () => {
		let sizeBytes = 10;
		const sampler = samplerOf(() => [
			{ name: 'photos', createdAt: null, sizeBytes, objects: 1 },
			{ name: 'uncounted', createdAt: null, sizeBytes: null, objects: null },
		]);
		await sampler.sampleAll(nowMs);
		sizeBytes = 20;
		await sampler.sampleAll(nowMs + 3_600_000);
		await sampler.sampleAll(nowMs + DAY_MS);
		expect(rows()).toEqual([
			{ bucket: 'photos', day: day(0), sizeBytes: 20 },
			{ bucket: 'photos', day: day(-1), sizeBytes: 20 },
		]);
	});

	it('lets go of what is too old, and leaves a gap for a server that does not answer', async () => {
		const row = { serviceId, bucket: 'photos', sizeBytes: 1 };
		for (const ago of [KEPT_DAYS + 1, KEPT_DAYS]) {
			test.db
				.insert(bucketSizes)
				.values({ ...row, day: day(ago) })
				.run();
		}
		const sampler = samplerOf(() => {
			throw new AppError('SERVICE_NOT_RUNNING');
		});
		await sampler.sampleAll(nowMs);
		expect(rows().map((one) => one.day)).toEqual([day(KEPT_DAYS)]);
	});
});

describe('growth', () => {
	beforeEach(() => {
		for (const ago of [40, 20, 2, 0]) {
			for (const bucket of ['photos', 'videos']) {
				const row = { serviceId, bucket, day: day(ago), sizeBytes: 100 - ago };
				test.db.insert(bucketSizes).values(row).run();
			}
		}
	});

	it('ends with what there is now, in place of what was kept of today', () => {
		const bucket = bucketOf({ sizeBytes: 7, objects: 3 });
		expect(bucketGrowth(test.db, { serviceId, bucket }, nowMs)).toEqual([
			{ at: day(20), sizeBytes: 80 },
			{ at: day(2), sizeBytes: 98 },
			{ at: new Date(nowMs), sizeBytes: 7 },
		]);
	});

	it('leaves out an earlier bucket of the same name', () => {
		const bucket = bucketOf({ createdAt: new Date(nowMs - 5 * DAY_MS) });
		const points = bucketGrowth(test.db, { serviceId, bucket }, nowMs);
		expect(points.map(({ at }) => at)).toEqual([day(2), day(0)]);
	});

	it('of a bucket whose objects the engine does not count is kept and told too', async () => {
		const uncounted = { name: 'uncounted', createdAt: null, sizeBytes: 5, objects: null };
		await samplerOf(() => [uncounted]).sampleAll(nowMs - DAY_MS);
		const bucket = bucketOf({ ...uncounted, sizeBytes: 6 });
		expect(bucketGrowth(test.db, { serviceId, bucket }, nowMs)).toEqual([
			{ at: day(1), sizeBytes: 5 },
			{ at: new Date(nowMs), sizeBytes: 6 },
		]);
	});

	it('of a server is one point a day, the last of each, and what there is now', () => {
		const hour = (ago: number) => ({ at: new Date(nowMs - ago * 3_600_000), sizeBytes: 100 - ago });
		const points = [hour(26), hour(25), hour(2), hour(1)];
		expect(byDay(points, null, nowMs)).toEqual([hour(25), hour(1)]);
		expect(byDay(points, 7, nowMs)).toEqual([hour(25), { at: new Date(nowMs), sizeBytes: 7 }]);
	});
});
