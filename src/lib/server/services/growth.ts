import { and, asc, eq, gte, lt } from 'drizzle-orm';
import { writeTransaction, type Db } from '../db/client';
import { serviceSizes } from '../db/schema';

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
/** How long sizes are kept. */
export const GROWTH_DAYS = 90;

export type GrowthPoint = { at: Date; sizeBytes: number };

/** One size an hour of each service's data: in a row of its own, so that growth over weeks outlives the panel. */
export class Growth {
	readonly #db: Db;
	/** The hour that was last written, by service. */
	readonly #written = new Map<string, number>();
	#clearedDay = 0;

	constructor(db: Db) {
		this.#db = db;
	}

	/** Keeps the first size that is known of an hour; the service must exist. */
	note(serviceId: string, sizeBytes: number, nowMs = Date.now()): void {
		const hour = Math.floor(nowMs / HOUR_MS);
		if (this.#written.get(serviceId) === hour) return;
		const at = new Date(hour * HOUR_MS);
		writeTransaction(this.#db, (tx) => {
			tx.insert(serviceSizes).values({ serviceId, at, sizeBytes }).onConflictDoNothing().run();
			this.#clear(tx, nowMs);
		});
		this.#written.set(serviceId, hour);
	}

	/** Of the last `days`, oldest first. */
	points(serviceId: string, days: number, nowMs = Date.now()): GrowthPoint[] {
		const since = new Date(nowMs - days * DAY_MS);
		return this.#db
			.select({ at: serviceSizes.at, sizeBytes: serviceSizes.sizeBytes })
			.from(serviceSizes)
			.where(and(eq(serviceSizes.serviceId, serviceId), gte(serviceSizes.at, since)))
			.orderBy(asc(serviceSizes.at))
			.all();
	}

	keepOnly(ids: ReadonlySet<string>): void {
		for (const id of this.#written.keys()) if (!ids.has(id)) this.#written.delete(id);
	}

	/** Once a day what is too old. */
	#clear(tx: Db, nowMs: number): void {
		const day = Math.floor(nowMs / DAY_MS);
		if (this.#clearedDay === day) return;
		tx.delete(serviceSizes)
			.where(lt(serviceSizes.at, new Date(nowMs - GROWTH_DAYS * DAY_MS)))
			.run();
		this.#clearedDay = day;
	}
}
