import { z } from 'zod';
import type { Query } from './connections';
import { rowsAs } from './rows';

const maxAgeMs = 60_000;
/** Databases measured by one query. */
const chunkSize = 50;

const sizeRow = z.object({ oid: z.coerce.number(), bytes: z.coerce.number().nullable() });

// NULL when it was dropped meanwhile.
const sizesSql = `
SELECT d.oid::text AS oid, pg_database_size(d.oid)::text AS bytes FROM pg_database d WHERE d.oid = ANY ($1::oid[])`;

type Known = { bytes: number; at: number };

/**
 * Sizes of databases, measured a few at a time behind the caller's back: the server reads every file's size for it, which takes about
 * a millisecond for each database.
 */
export class SizeCache {
	readonly #query: Query;
	readonly #known = new Map<number, Known>();
	readonly #measuring = new Map<number, Promise<void>>();
	#refresh: Promise<void> | null = null;
	#isClosed = false;

	constructor(query: Query) {
		this.#query = query;
	}

	/** The last size known, in bytes. */
	get(oid: number): number | null {
		return this.#known.get(oid)?.bytes ?? null;
	}

	/** Measures those of these that were not measured in the last minute; resolves when done, never rejects. */
	async measure(oids: number[]): Promise<void> {
		const now = Date.now();
		const old = oids.filter((oid) => now - (this.#known.get(oid)?.at ?? 0) >= maxAgeMs);
		const wanted = old.filter((oid) => !this.#measuring.has(oid));
		for (let start = 0; start < wanted.length; start += chunkSize) {
			const chunk = wanted.slice(start, start + chunkSize);
			const measuring = this.#measure(chunk);
			for (const oid of chunk) this.#measuring.set(oid, measuring);
			await measuring;
			for (const oid of chunk) this.#measuring.delete(oid);
		}
		await Promise.all(old.map((oid) => this.#measuring.get(oid)));
	}

	/** The same for all there are; those not named are forgotten. */
	refresh(oids: number[]): Promise<void> {
		const wanted = new Set(oids);
		for (const oid of this.#known.keys()) if (!wanted.has(oid)) this.#known.delete(oid);
		this.#refresh ??= this.measure(oids).finally(() => {
			this.#refresh = null;
		});
		return this.#refresh;
	}

	close(): void {
		this.#isClosed = true;
	}

	async #measure(oids: number[]): Promise<void> {
		if (this.#isClosed) return;
		try {
			for (const { oid, bytes } of rowsAs(sizeRow, await this.#query(sizesSql, [oids]))) {
				if (bytes !== null) this.#known.set(oid, { bytes, at: Date.now() });
			}
		} catch {
			// Asked again with the next list.
		}
	}
}
