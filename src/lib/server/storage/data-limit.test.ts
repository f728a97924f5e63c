import { setImmediate } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dataLimitState } from '$lib/shared/data-limit';
import { services } from '../db/schema/index';
import { openTestDatabase } from '../db/testing';
import { engineById } from '../engines';
import { pageOf, type PageRequest } from '../engines/page';
import type { BucketInfo, BucketQuota, StorageAdmin } from '../engines/storage';
import { AppError } from '../errors';
import { createLogger, Redactor } from '../log';
import { getService } from '../services/repository';
import { seedStorageServer } from '../testing/seeded-storage';
import { DataLimits, MOST_TOLD } from './data-limit';
import { effectiveBytes, toleranceBytes } from './effective-quota';
import { listBucketQuotas } from './repository';

describe('what an engine keeps a bucket to', () => {
	const of = (
		limitBytes: number | null,
		usedBytes: number,
		bucket: { sizeBytes: number | null; maxBytes: number | null },
	) => effectiveBytes({ limitBytes, usedBytes }, bucket);

	it('is what it holds and all together have left', () => {
		expect(of(100, 30, { sizeBytes: 10, maxBytes: null })).toBe(80);
		expect(of(100, 0, { sizeBytes: null, maxBytes: null })).toBe(100);
	});

	it('is its own quota where that is lower', () => {
		expect(of(100, 30, { sizeBytes: 10, maxBytes: 50 })).toBe(50);
		expect(of(100, 30, { sizeBytes: 10, maxBytes: 90 })).toBe(80);
	});

	it('is less than it holds once all is used, and never nothing', () => {
		expect(of(100, 99, { sizeBytes: 40, maxBytes: null })).toBe(41);
		expect(of(100, 100, { sizeBytes: 40, maxBytes: null })).toBe(39);
		expect(of(100, 170, { sizeBytes: 40, maxBytes: null })).toBe(39);
		expect(of(100, 170, { sizeBytes: 0, maxBytes: null })).toBe(1);
	});

	it('is its own quota without a limit of the server', () => {
		expect(of(null, 100, { sizeBytes: 40, maxBytes: null })).toBeNull();
		expect(of(null, 100, { sizeBytes: 40, maxBytes: 10 })).toBe(10);
	});

	it('is told the more exactly the less is left', () => {
		const tolerance = (limitBytes: number | null, usedBytes: number) =>
			toleranceBytes({ limitBytes, usedBytes });
		expect(tolerance(100_000, 0)).toBe(5_000);
		expect(tolerance(100_000, 90_000)).toBe(500);
		expect(tolerance(100_000, 99_999)).toBe(100);
		expect(tolerance(100_000, 170_000)).toBe(100);
		expect(tolerance(null, 90_000)).toBe(0);
	});
});

it('a server is nearly full from four fifths on, and full when next to nothing is left', () => {
	const of = (sizeBytes: number | null, dataLimitBytes: number | null = 1_000) =>
		dataLimitState({ sizeBytes, dataLimitBytes });
	expect([of(0), of(799), of(800), of(989), of(990), of(2_000)]).toEqual([
		...['fine', 'fine', 'nearlyFull', 'nearlyFull', 'full', 'full'],
	]);
	expect([of(null), of(5, null)]).toEqual([null, null]);
});

/** The part of an engine that is asked here, and what it was told. */
class FakeBuckets implements Pick<
	StorageAdmin,
	'measureBuckets' | 'listBuckets' | 'findBucket' | 'setQuota'
> {
	readonly buckets = new Map<string, BucketInfo>();
	readonly told: string[] = [];
	readonly lookedUp: string[] = [];
	isAway = false;
	/** It does what it is told, and its answer gets lost. */
	losesAnswers = false;

	put(name: string, sizeBytes: number, quota: Partial<BucketQuota> = {}): void {
		const createdAt = new Date(this.told.length + this.buckets.size + 1);
		this.buckets.set(name, {
			...{ name, createdAt, sizeBytes, objects: 1, isVersioned: false, isForeign: false },
			...{ quota: { maxBytes: null, maxObjects: null, ...quota }, publicAccess: { kind: 'none' } },
		});
	}

	grow(name: string, sizeBytes: number): void {
		const bucket = this.buckets.get(name);
		if (bucket) this.buckets.set(name, { ...bucket, sizeBytes });
	}

	quotas(): Record<string, number | null> {
		return Object.fromEntries([...this.buckets].map(([name, { quota }]) => [name, quota.maxBytes]));
	}

	async measureBuckets() {
		if (this.isAway) throw new AppError('ENGINE_UNREACHABLE');
		return [...this.buckets.values()];
	}

	async listBuckets(request?: PageRequest) {
		return pageOf([...this.buckets.values()], request);
	}

	async findBucket(name: string) {
		this.lookedUp.push(name);
		return this.buckets.get(name) ?? null;
	}

	async setQuota({ bucket, quota }: { bucket: string; quota: BucketQuota }) {
		const found = this.buckets.get(bucket);
		if (!found) throw new AppError('BUCKET_NOT_FOUND');
		this.told.push(bucket);
		await setImmediate();
		this.buckets.set(bucket, { ...found, quota });
		if (this.losesAnswers) throw new AppError('ENGINE_UNREACHABLE');
	}
}

describe('a server with a data limit', () => {
	let test: ReturnType<typeof openTestDatabase>;
	let serviceId: string;
	let engine: FakeBuckets;
	let limits: DataLimits;

	beforeEach(() => {
		test = openTestDatabase();
		serviceId = seedStorageServer(test.db);
		engine = new FakeBuckets();
		limits = newLimits();
	});
	afterEach(() => test.remove());

	function newLimits(): DataLimits {
		const log = createLogger({ level: 'error', redactor: new Redactor(), write: () => {} });
		const broker = { storageAdmin: () => Promise.resolve(engine) };
		return new DataLimits({ db: test.db, log, broker, engineById });
	}

	const service = () => getService(test.db, serviceId);
	const set = (bytes: number | null) => limits.set(service(), bytes);
	const own = async () => {
		const shown = limits.withOwnQuotas(serviceId, [...engine.buckets.values()]);
		return Object.fromEntries(shown.map(({ name, quota }) => [name, quota.maxBytes]));
	};

	it('holds each bucket to what all of them have left, and shows their own quotas', async () => {
		engine.put('photos', 10_000);
		engine.put('videos', 20_000, { maxBytes: 40_000, maxObjects: 7 });
		engine.put('texts', 0, { maxBytes: 90_000 });
		await set(100_000);
		expect(engine.quotas()).toEqual({ photos: 80_000, videos: 40_000, texts: 70_000 });
		expect(await own()).toEqual({ photos: null, videos: 40_000, texts: 90_000 });
		expect(engine.buckets.get('videos')?.quota.maxObjects).toBe(7);
		engine.grow('photos', 75_000);
		await limits.keepAll();
		expect(engine.quotas()).toEqual({ photos: 80_000, videos: 25_000, texts: 5_000 });
		expect(await own()).toEqual({ photos: null, videos: 40_000, texts: 90_000 });
	});

	it('is kept beside a bucket whose name sh0 does not take', async () => {
		engine.put('a', 10_000);
		engine.put('logs-s3alias', 0);
		engine.put('z', 0);
		const find = engine.findBucket.bind(engine);
		engine.findBucket = (name: string) =>
			name === 'logs-s3alias' ? Promise.reject(new AppError('BUCKET_NOT_FOUND')) : find(name);
		await set(50_000);
		await limits.keepAll();
		expect([engine.quotas().a, engine.quotas().z]).toEqual([50_000, 40_000]);
	});

	it('is kept beside a bucket whose quota the engine does not take', async () => {
		for (let n = 0; n < 30; n += 1) engine.put(`b${String(n).padStart(2, '0')}`, 0);
		const tell = engine.setQuota.bind(engine);
		engine.setQuota = (input) =>
			input.bucket === 'b03' ? Promise.reject(new AppError('ENGINE_REFUSED')) : tell(input);
		await set(50_000);
		await limits.keepAll();
		const without = Object.entries(engine.quotas()).filter(([, quota]) => quota === null);
		expect(without.map(([name]) => name)).toEqual(['b03']);
	});

	it('tells the engine nothing that it was told before', async () => {
		engine.put('photos', 10_000);
		engine.put('videos', 20_000);
		await set(100_000);
		expect(engine.told).toEqual(['photos', 'videos']);
		engine.grow('photos', 13_000);
		await limits.keepAll();
		expect(engine.told).toHaveLength(2);
		engine.grow('photos', 14_000);
		await limits.keepAll();
		expect(engine.told).toEqual(['photos', 'videos', 'videos']);
		limits = newLimits();
		await limits.keepAll();
		expect(engine.told).toHaveLength(5);
	});

	it('lets a bucket have all of its own quota again once there is room', async () => {
		engine.put('photos', 50_000);
		engine.put('videos', 20_000, { maxBytes: 50_000 });
		await set(99_000);
		expect(engine.quotas()).toEqual({ photos: 79_000, videos: 49_000 });
		engine.grow('photos', 48_500);
		await limits.keepAll();
		expect(engine.quotas()).toEqual({ photos: 79_000, videos: 50_000 });
	});

	it('gives the buckets their own quotas back with its end, also when the server was away', async () => {
		engine.put('photos', 10_000);
		engine.put('videos', 20_000, { maxBytes: 40_000 });
		await set(50_000);
		engine.isAway = true;
		await set(null);
		expect(engine.quotas()).toEqual({ photos: 30_000, videos: 40_000 });
		expect(await own()).toEqual({ photos: null, videos: 40_000 });
		engine.isAway = false;
		limits = newLimits();
		await limits.keepAll();
		expect(engine.quotas()).toEqual({ photos: null, videos: 40_000 });
		expect(listBucketQuotas(test.db, serviceId)).toEqual([]);
		const told = engine.told.length;
		await limits.keepAll();
		expect(engine.told).toHaveLength(told);
	});

	it('takes a changed quota as the bucket’s own, and holds it as far as there is room', async () => {
		engine.put('photos', 10_000);
		await set(50_000);
		const setQuota = (maxBytes: number | null) =>
			limits.setQuota(service(), { bucket: 'photos', quota: { maxBytes, maxObjects: null } });
		await setQuota(20_000);
		expect([engine.quotas(), await own()]).toEqual([{ photos: 20_000 }, { photos: 20_000 }]);
		await setQuota(900_000);
		expect([engine.quotas(), await own()]).toEqual([{ photos: 50_000 }, { photos: 900_000 }]);
		await expect(
			limits.setQuota(service(), { bucket: 'none', quota: { maxBytes: 1, maxObjects: null } }),
		).rejects.toMatchObject({ code: 'BUCKET_NOT_FOUND' });
		await set(null);
		expect(engine.quotas()).toEqual({ photos: 900_000 });
		await setQuota(30_000);
		expect([engine.quotas(), listBucketQuotas(test.db, serviceId)]).toEqual([{ photos: 30_000 }, []]);
	});

	it('takes nothing that the engine was told for the bucket’s own, whatever fails on the way', async () => {
		await set(50_000);
		engine.put('photos', 10_000, { maxBytes: 90_000 });
		engine.losesAnswers = true;
		const setQuota = (maxBytes: number) =>
			limits.setQuota(service(), { bucket: 'photos', quota: { maxBytes, maxObjects: null } });
		await expect(setQuota(900_000)).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
		engine.losesAnswers = false;
		await limits.keepAll();
		expect([engine.quotas(), await own()]).toEqual([{ photos: 50_000 }, { photos: 90_000 }]);
		await expect(setQuota(20_000)).resolves.toBeUndefined();
		expect([engine.quotas(), await own()]).toEqual([{ photos: 20_000 }, { photos: 20_000 }]);
	});

	it('tells the engine nothing that cannot be kept', async () => {
		await set(50_000);
		engine.put('photos', 10_000);
		test.db.run(
			sql`CREATE TRIGGER full BEFORE INSERT ON bucket_quotas BEGIN SELECT RAISE(FAIL, 'disk'); END`,
		);
		const quota = { maxBytes: 900_000, maxObjects: null };
		await expect(limits.setQuota(service(), { bucket: 'photos', quota })).rejects.toThrow();
		test.db.run(sql`DROP TRIGGER full`);
		expect([engine.quotas(), await own()]).toEqual([{ photos: null }, { photos: null }]);
	});

	describe('with many buckets', () => {
		const MANY = 3 * MOST_TOLD;
		const nameOf = (index: number) => `b${String(index).padStart(4, '0')}`;
		beforeEach(() => {
			for (let index = 0; index < MANY; index++) engine.put(nameOf(index), 10, { maxBytes: 900_000 + index });
		});

		it('learns their own quotas by lists, but one’s or two’s by asking for these', async () => {
			await set(100_000);
			expect(engine.lookedUp).toEqual([]);
			expect((await own())[nameOf(MANY - 1)]).toBe(900_000 + MANY - 1);
			engine.put('one', 0);
			await limits.keepAll();
			expect(engine.lookedUp).toEqual(['one']);
		});

		it('tells all of them a changed limit, and some a minute that there is less room: first those that grew', async () => {
			await set(100_000);
			expect(engine.told).toHaveLength(MANY);
			await set(90_000);
			expect(engine.told).toHaveLength(2 * MANY);
			const grown = [nameOf(MANY - 2), nameOf(MANY - 1)];
			for (const name of grown) engine.grow(name, 20_000);
			const rounds: string[][] = [];
			for (let round = 0; round < 4; round++) {
				const before = engine.told.length;
				await limits.keepAll();
				rounds.push(engine.told.slice(before));
			}
			expect(rounds.map(({ length }) => length)).toEqual([MOST_TOLD, MOST_TOLD, MOST_TOLD, 0]);
			expect(rounds[0]?.slice(0, 2)).toEqual(grown);
			expect(new Set(rounds.flat()).size).toBe(MANY);
		});

		it('lets what a person changes go before the rest of a round', async () => {
			const round = set(100_000);
			await expect.poll(() => engine.told.length, { interval: 1 }).toBeGreaterThan(0);
			const quota = { maxBytes: 20, maxObjects: null };
			await limits.setQuota(service(), { bucket: nameOf(MANY - 1), quota });
			expect(engine.told.length).toBeLessThan(MANY / 2);
			await round;
			expect((await own())[nameOf(MANY - 1)]).toBe(20);
			expect(engine.quotas()[nameOf(MANY - 1)]).toBe(20);
		});
	});

	it('knows a bucket from a later one of its name', async () => {
		engine.put('photos', 10_000, { maxBytes: 20_000 });
		engine.put('gone', 0, { maxBytes: 5 });
		await set(50_000);
		engine.buckets.delete('gone');
		engine.put('photos', 0);
		expect(await own()).toEqual({ photos: null });
		await limits.keepAll();
		expect(engine.quotas()).toEqual({ photos: 50_000 });
		expect(listBucketQuotas(test.db, serviceId)).toMatchObject([{ bucket: 'photos', maxBytes: null }]);
	});

	it('is no matter of a database server, nor of one that is thrown away', async () => {
		const database = { ...service(), engine: 'postgres' };
		await expect(limits.set(database, 5_000)).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
		test.db.update(services).set({ phase: 'trashed' }).run();
		await expect(set(5_000)).rejects.toMatchObject({ code: 'SERVICE_IN_TRASH' });
		expect(service().dataLimitBytes).toBeNull();
	});
});
