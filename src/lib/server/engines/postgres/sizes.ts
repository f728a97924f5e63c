import { z } from 'zod';
import type { Query } from './connections';
import { rowsAs } from './rows';

const maxAgeMs = 60_000;

const sizeRow = z.object({ bytes: z.coerce.number().nullable() });

// NULL when it was dropped meanwhile.
const sizeSql = `SELECT pg_database_size(oid)::text AS bytes FROM pg_database WHERE oid = $1::oid`;

type Known = { bytes: number; at: number };

/**
 * Sizes of databases, measured one at a time behind the caller's back: the server reads every file's size for it, which takes about
 * a millisecond for each database.
 */
export class SizeCache {
	readonly #query: Query;
	readonly #known = new Map<number, Known>();
	#refresh: Promise<void> | null = null;
	#isClosed = false;

	constructor(query: Query) {
		this.#query = query;
	}

	/** The last size known, in bytes. */
	get(oid: number): number | null {
		return this.#known.get(oid)?.bytes ?? null;
	}

	/** Measures those not measured in the last minute and forgets those not named; resolves when done, never rejects. */
	refresh(oids: number[]): Promise<void> {
		this.#refresh ??= this.#measure(oids)
			.catch(() => undefined)
			.finally(() => {
				this.#refresh = null;
			});
		return this.#refresh;
	}

	close(): void {
		this.#isClosed = true;
	}

	async #measure(oids: number[]): Promise<void> {
		const wanted = new Set(oids);
		for (const oid of this.#known.keys()) if (!wanted.has(oid)) this.#known.delete(oid);
		const now = Date.now();
		for (const oid of oids) {
			if (this.#isClosed) return;
			const known = this.#known.get(oid);
			if (known && now - known.at < maxAgeMs) continue;
			const [row] = rowsAs(sizeRow, await this.#query(sizeSql, [oid]));
			if (row && row.bytes !== null) this.#known.set(oid, { bytes: row.bytes, at: Date.now() });
		}
	}
}
