import { writeTransaction, type Db } from '../db/client';
import type { Logger } from '../log';
import { eachLimited, inTime } from '../services/concurrency';
import { listServices, type ServiceRow } from '../services/repository';
import type { BucketInfo, StorageAdmin } from '../engines/storage';
import { deleteBucketSizesBefore, listBucketSizes, putBucketSize, type SizePoint } from './repository';

export const DAY_MS = 24 * 60 * 60_000;
/** How long sizes are kept. */
export const KEPT_DAYS = 90;
export const SHOWN_DAYS = 30;
const HOUR_MS = 60 * 60_000;
const MOST_SERVERS = 4;
const LIMIT_MS = 60_000;

function dayOf(atMs: number): Date {
	return new Date(Math.floor(atMs / DAY_MS) * DAY_MS);
}

/** One point a day, the last of each, oldest first; today's is what there is now, where that is known. */
export function byDay(points: SizePoint[], sizeBytes: number | null, nowMs = Date.now()): SizePoint[] {
	const now = sizeBytes === null ? [] : [{ at: new Date(nowMs), sizeBytes }];
	const last = new Map([...points, ...now].map((point) => [dayOf(point.at.getTime()).getTime(), point]));
	return [...last.values()];
}

/** How a bucket has grown in the last `SHOWN_DAYS`; an earlier one of the same name is none of it. */
export function bucketGrowth(
	db: Db,
	{ serviceId, bucket }: { serviceId: string; bucket: BucketInfo },
	nowMs = Date.now(),
): SizePoint[] {
	const sinceMs = Math.max(nowMs - SHOWN_DAYS * DAY_MS, bucket.createdAt?.getTime() ?? 0);
	const points = listBucketSizes(db, { serviceId, bucket: bucket.name, since: dayOf(sinceMs) });
	return byDay(points, bucket.sizeBytes, nowMs);
}

type SamplerDeps = {
	db: Db;
	log: Logger;
	broker: { storageAdmin(service: ServiceRow): Promise<Pick<StorageAdmin, 'measureBuckets'>> };
};

/** Writes down once an hour what each bucket of each running server holds; the last of a day stays as that day's. */
export class BucketSampler {
	readonly #deps: SamplerDeps;
	#timer: NodeJS.Timeout | null = null;
	#sampling: Promise<void> | null = null;

	constructor(deps: SamplerDeps) {
		this.#deps = deps;
	}

	start(): void {
		this.#timer ??= setInterval(() => void this.sampleAll(), HOUR_MS).unref();
		void this.sampleAll();
	}

	async stop(): Promise<void> {
		if (this.#timer) clearInterval(this.#timer);
		this.#timer = null;
		await this.#sampling;
	}

	/** One look at all; one that takes longer than an hour is not overtaken. Never throws. */
	sampleAll(nowMs = Date.now()): Promise<void> {
		this.#sampling ??= this.#sampleAll(nowMs)
			.catch((error: unknown) => this.#deps.log.warn('buckets not sampled', { error }))
			.finally(() => {
				this.#sampling = null;
			});
		return this.#sampling;
	}

	async #sampleAll(nowMs: number): Promise<void> {
		const servers = listServices(this.#deps.db)
			.map(({ service }) => service)
			.filter(
				({ kind, phase, desiredState }) =>
					kind === 'storage' && phase === 'ready' && desiredState === 'running',
			);
		await eachLimited(servers, MOST_SERVERS, async (service) => {
			// One that does not answer leaves a gap, and nothing else.
			await inTime(this.#sample(service, nowMs), LIMIT_MS).catch((error: unknown) =>
				this.#deps.log.debug('buckets not sampled', { service: service.id, error }),
			);
		});
		writeTransaction(this.#deps.db, (tx) => deleteBucketSizesBefore(tx, dayOf(nowMs - KEPT_DAYS * DAY_MS)));
	}

	async #sample(service: ServiceRow, nowMs: number): Promise<void> {
		const admin = await this.#deps.broker.storageAdmin(service);
		const sizes = await admin.measureBuckets();
		const day = dayOf(nowMs);
		writeTransaction(this.#deps.db, (tx) => {
			for (const { name: bucket, sizeBytes } of sizes)
				if (sizeBytes !== null) putBucketSize(tx, { serviceId: service.id, bucket, day, sizeBytes });
		});
	}
}
