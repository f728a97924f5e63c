import { writeTransaction } from '../db/client';
import type { BucketInfo, BucketQuota, BucketSize, StorageAdmin } from '../engines/storage';
import { AppError, nullOn } from '../errors';
import { assertPhase } from '../services/begin-operation';
import { eachLimited, inTime } from '../services/concurrency';
import { KeyedLock } from '../services/keyed-lock';
import { getService, listServices, updateService, type ServiceRow } from '../services/repository';
import { storageEngine, type StorageDeps } from './deps';
import { effectiveBytes, isSettled, type Measured, type Told, type ToTell } from './effective-quota';
import {
	deleteBucketQuota,
	listBucketQuotas,
	listServicesWithQuotas,
	putBucketQuota,
	type BucketQuotaRow,
} from './repository';

const INTERVAL_MS = 60_000;
/** No server holds up the others for longer. */
const LIMIT_MS = 30_000;
/** Nobody who changes something waits longer for all other buckets; what is left is done within a minute. */
const PATIENCE_MS = 5_000;
const MOST_SERVERS = 4;
const MOST_CALLS = 2;
/** Between so many buckets people's changes get their turn. */
const BATCH = 10;
/** As many a minute are told anew of room that others used. */
export const MOST_TOLD = 100;
/** More that are not known are looked up by lists. */
const FEW = 5;
const PAGE = 200;

function isOf({ madeAt }: { madeAt: Date | null }, { createdAt }: Pick<BucketInfo, 'createdAt'>): boolean {
	return madeAt?.getTime() === createdAt?.getTime();
}

function quotaOf({ maxBytes, maxObjects }: BucketQuotaRow): BucketQuota {
	return { maxBytes, maxObjects };
}

type LimitedAdmin = Pick<StorageAdmin, 'measureBuckets' | 'listBuckets' | 'findBucket' | 'setQuota'>;
type LimitDeps = Pick<StorageDeps<ServiceRow>, 'db' | 'log' | 'engineById'> & {
	broker: { storageAdmin(service: ServiceRow): Promise<LimitedAdmin> };
};

/**
 * Keeps storage servers to their data limit by the quotas of their buckets, since no engine has a limit for all of them together (decision
 * 014). Meanwhile people see and change the quotas that they set themselves.
 */
export class DataLimits {
	readonly #deps: LimitDeps;
	readonly #rounds = new KeyedLock();
	/** A round takes many turns, and a person's change one. */
	readonly #inTurn = new KeyedLock();
	/** What each engine was last told of each bucket. */
	readonly #told = new Map<string, Map<string, Told>>();
	/** Servers that a round has not ended with. */
	readonly #asked = new Set<string>();
	#timer: NodeJS.Timeout | null = null;
	#keeping: Promise<void> | null = null;

	constructor(deps: LimitDeps) {
		this.#deps = deps;
	}

	start(): void {
		this.#timer ??= setInterval(() => void this.keepAll(), INTERVAL_MS).unref();
		void this.keepAll();
	}

	async stop(): Promise<void> {
		if (this.#timer) clearInterval(this.#timer);
		this.#timer = null;
		await this.#keeping;
	}

	/** One look at all servers; one that takes longer than a minute is not overtaken. Never throws. */
	keepAll(): Promise<void> {
		this.#keeping ??= this.#keepAll()
			.catch((error: unknown) => this.#deps.log.warn('data limits not kept', { error }))
			.finally(() => {
				this.#keeping = null;
			});
		return this.#keeping;
	}

	/**
	 * Sets how many bytes all buckets may hold together; null takes the limit away, and buckets get their own quotas back. One below what they
	 * hold is kept too: nothing more can be written then. Throws NOT_SUPPORTED for a service without buckets, NOT_FOUND, and what stands in
	 * the way in the service's phase.
	 */
	async set(service: ServiceRow, dataLimitBytes: number | null): Promise<void> {
		storageEngine(this.#deps, service);
		writeTransaction(this.#deps.db, (tx) => {
			assertPhase(getService(tx, service.id), ['ready']);
			updateService(tx, service.id, { dataLimitBytes });
		});
		await this.keepSoon(service);
	}

	/** As `keepWithin`, for whoever has just changed something: waits a few seconds at most and never throws. */
	async keepSoon(service: ServiceRow): Promise<void> {
		await inTime(this.#keepQuietly(service), PATIENCE_MS);
	}

	/** Measures all buckets and tells the engine the quotas that keep them within the server's limit. Throws as `StorageAdmin` does. */
	keepWithin(service: ServiceRow): Promise<void> {
		return this.#rounds.run(service.id, () => this.#keepWithin(service));
	}

	/** A bucket's own quota, which holds as far as the server's limit leaves room. Throws BUCKET_NOT_FOUND; the former one stays then. */
	setQuota(service: ServiceRow, { bucket, quota }: { bucket: string; quota: BucketQuota }): Promise<void> {
		return this.#inTurn.run(service.id, async () => {
			const admin = await this.#deps.broker.storageAdmin(service);
			if (!this.#isKept(service.id)) return admin.setQuota({ bucket, quota });
			const { buckets, ...measured } = await this.#measure(service.id, admin);
			const found = buckets.find(({ name }) => name === bucket);
			if (!found) throw new AppError('BUCKET_NOT_FOUND');
			const former = await this.#ownQuota(service.id, admin, found);
			// Kept before the engine is told: what it was told would else be taken for the bucket's own if its answer got lost.
			this.#keepQuotas(service.id, [{ ...found, quota }]);
			try {
				this.#forget(service.id, bucket);
				await this.#tell(service.id, admin, { found, quota, measured });
			} catch (error) {
				this.#keepQuotas(service.id, [{ ...found, quota: former }]);
				throw error;
			}
		});
	}

	/** The buckets with the quotas that people set, where the engine holds lower ones. */
	withOwnQuotas(serviceId: string, buckets: BucketInfo[]): BucketInfo[] {
		const rows = this.#rows(serviceId);
		return buckets.map((bucket) => {
			const row = rows.get(bucket.name);
			if (!row || !isOf(row, bucket)) return bucket;
			return { ...bucket, quota: quotaOf(row) };
		});
	}

	async #keepAll(): Promise<void> {
		const withQuotas = listServicesWithQuotas(this.#deps.db);
		const servers = listServices(this.#deps.db)
			.map(({ service }) => service)
			.filter(({ phase, desiredState }) => phase === 'ready' && desiredState === 'running')
			.filter(({ id, dataLimitBytes }) => dataLimitBytes !== null || withQuotas.has(id));
		const known = new Set(servers.map(({ id }) => id));
		for (const id of this.#told.keys()) if (!known.has(id)) this.#told.delete(id);
		const idle = servers.filter(({ id }) => !this.#asked.has(id));
		await eachLimited(idle, MOST_SERVERS, async (service) => {
			this.#asked.add(service.id);
			await inTime(
				this.#keepQuietly(service).finally(() => this.#asked.delete(service.id)),
				LIMIT_MS,
			);
		});
	}

	/** A server that does not answer is asked again in a minute. */
	async #keepQuietly(service: ServiceRow): Promise<void> {
		try {
			await this.keepWithin(service);
		} catch (error) {
			this.#deps.log.debug('data limit not kept', { service: service.id, error });
		}
	}

	/** True while there is a limit, and until all buckets have their own quotas back. */
	#isKept(serviceId: string): boolean {
		const { db } = this.#deps;
		return getService(db, serviceId).dataLimitBytes !== null || listBucketQuotas(db, serviceId).length > 0;
	}

	async #keepWithin(service: ServiceRow): Promise<void> {
		const { id } = service;
		if (!this.#isKept(id)) return;
		const admin = await this.#deps.broker.storageAdmin(service);
		const { buckets, ...measured } = await this.#inTurn.run(id, () => this.#measureAnew(id, admin));
		if (measured.limitBytes !== null) await this.#adopt(id, admin, buckets);
		const due = this.#due(id, buckets, measured);
		const starts = Array.from({ length: Math.ceil(due.length / BATCH) }, (_, at) => at * BATCH);
		// A bucket that cannot be told keeps no other from being told.
		await eachLimited(starts, 1, (from) => {
			const batch = due.slice(from, from + BATCH);
			return this.#inTurn.run(id, () => this.#tellThese(id, admin, { batch, measured }));
		});
	}

	/** As `#measure`, and forgets the quotas of buckets that have gone. */
	async #measureAnew(serviceId: string, admin: LimitedAdmin): Promise<Measured & { buckets: BucketSize[] }> {
		const measured = await this.#measure(serviceId, admin);
		const found = new Map(measured.buckets.map((bucket) => [bucket.name, bucket]));
		for (const row of this.#rows(serviceId).values()) {
			const bucket = found.get(row.bucket);
			if (!bucket || !isOf(row, bucket)) this.#dropQuota(serviceId, row.bucket);
		}
		return measured;
	}

	/** Tells each its quota, as people set it by now. Once there is no limit any more, that is the end of it. */
	async #tellThese(
		serviceId: string,
		admin: LimitedAdmin,
		{ batch, measured }: { batch: BucketSize[]; measured: Measured },
	): Promise<void> {
		const rows = this.#rows(serviceId);
		await eachLimited(batch, MOST_CALLS, async (found) => {
			const row = rows.get(found.name);
			if (!row || !isOf(row, found)) return;
			// It may have gone meanwhile.
			await nullOn(
				'BUCKET_NOT_FOUND',
				this.#tell(serviceId, admin, { found, quota: quotaOf(row), measured }),
			);
			if (measured.limitBytes === null) this.#dropQuota(serviceId, found.name);
		});
	}

	/**
	 * Those whose engine is to be told something: all that it was not told of under this limit, and some of the others, so that a round with
	 * many buckets ends: first those that grew, since they use the room, and then those whose turn was longest ago.
	 */
	#due(serviceId: string, buckets: BucketSize[], measured: Measured): BucketSize[] {
		const rows = this.#rows(serviceId);
		const told = this.#told.get(serviceId);
		const now: BucketSize[] = [];
		const later: { found: BucketSize; grew: boolean; atMs: number }[] = [];
		for (const found of buckets) {
			const row = rows.get(found.name);
			const last = told?.get(found.name);
			if (!row) continue;
			if (measured.limitBytes === null || last?.limitBytes !== measured.limitBytes) now.push(found);
			else if (!isSettled(last, { found, quota: quotaOf(row), measured }))
				later.push({ found, grew: (found.sizeBytes ?? 0) > (last.sizeBytes ?? 0), atMs: last.atMs });
		}
		later.sort((a, b) => Number(b.grew) - Number(a.grew) || a.atMs - b.atMs);
		return [...now, ...later.slice(0, MOST_TOLD).map(({ found }) => found)];
	}

	async #measure(serviceId: string, admin: LimitedAdmin): Promise<Measured & { buckets: BucketSize[] }> {
		const buckets = await admin.measureBuckets();
		const usedBytes = buckets.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);
		return { buckets, usedBytes, limitBytes: getService(this.#deps.db, serviceId).dataLimitBytes };
	}

	/** What people set. Throws BUCKET_NOT_FOUND. */
	async #ownQuota(serviceId: string, admin: LimitedAdmin, found: BucketSize): Promise<BucketQuota> {
		const row = this.#rows(serviceId).get(found.name);
		if (row && isOf(row, found)) return quotaOf(row);
		const info = await admin.findBucket(found.name);
		if (!info) throw new AppError('BUCKET_NOT_FOUND');
		return info.quota;
	}

	/** The quota that the engine has for a bucket which is not kept yet is the bucket's own. */
	async #adopt(serviceId: string, admin: LimitedAdmin, buckets: BucketSize[]): Promise<void> {
		const rows = this.#rows(serviceId);
		const unknown = buckets.filter(({ name }) => !rows.has(name));
		if (unknown.length > FEW) return this.#adoptAll(serviceId, admin);
		await eachLimited(unknown, 1, ({ name }) =>
			this.#inTurn.run(serviceId, async () => {
				// Neither one that has gone nor one of a name that sh0 takes from nobody.
				const info = await nullOn('BUCKET_NOT_FOUND', admin.findBucket(name));
				if (info) this.#keepUnknown(serviceId, [info]);
			}),
		);
	}

	async #adoptAll(serviceId: string, admin: LimitedAdmin): Promise<void> {
		let cursor: string | undefined;
		do {
			const page = await this.#inTurn.run(serviceId, async () => {
				const found = await admin.listBuckets({ limit: PAGE, cursor });
				this.#keepUnknown(serviceId, found.items);
				return found;
			});
			cursor = page.nextCursor ?? undefined;
		} while (cursor !== undefined);
	}

	#keepUnknown(serviceId: string, infos: BucketInfo[]): void {
		const rows = this.#rows(serviceId);
		const unknown = infos.filter((info) => {
			const row = rows.get(info.name);
			return !info.isForeign && (!row || !isOf(row, info));
		});
		for (const { name } of unknown) this.#forget(serviceId, name);
		this.#keepQuotas(serviceId, unknown);
	}

	/** Throws BUCKET_NOT_FOUND. */
	async #tell(serviceId: string, admin: LimitedAdmin, what: ToTell): Promise<void> {
		const { found, quota, measured } = what;
		const last = this.#told.get(serviceId)?.get(found.name);
		if (last?.limitBytes === measured.limitBytes && isSettled(last, what)) return;
		const maxBytes = effectiveBytes(measured, { sizeBytes: found.sizeBytes, maxBytes: quota.maxBytes });
		// Not known any more until the engine has answered.
		this.#forget(serviceId, found.name);
		await admin.setQuota({ bucket: found.name, id: found.id, quota: { ...quota, maxBytes } });
		const ofService = this.#told.get(serviceId) ?? new Map<string, Told>();
		const { sizeBytes } = found;
		const { limitBytes } = measured;
		this.#told.set(
			serviceId,
			ofService.set(found.name, { maxBytes, sizeBytes, limitBytes, atMs: Date.now() }),
		);
	}

	#forget(serviceId: string, bucket: string): void {
		this.#told.get(serviceId)?.delete(bucket);
	}

	#rows(serviceId: string): Map<string, BucketQuotaRow> {
		return new Map(listBucketQuotas(this.#deps.db, serviceId).map((row) => [row.bucket, row]));
	}

	#keepQuotas(serviceId: string, buckets: Pick<BucketInfo, 'name' | 'createdAt' | 'quota'>[]): void {
		writeTransaction(this.#deps.db, (tx) => {
			for (const { name: bucket, createdAt: madeAt, quota } of buckets)
				putBucketQuota(tx, { serviceId, bucket, madeAt, ...quota });
		});
	}

	#dropQuota(serviceId: string, bucket: string): void {
		writeTransaction(this.#deps.db, (tx) => deleteBucketQuota(tx, { serviceId, bucket }));
		this.#forget(serviceId, bucket);
	}
}
