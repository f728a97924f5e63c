import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Connections } from './connections';
import { numeric, rowsAs } from './rows';

const maxAgeMs = 10_000;
/** How long a list waits for sizes it does not know yet. */
const patienceMs = 150;

const sizeRow = z.object({ folder: z.string(), bytes: numeric });

/** What databases take on the disk, by their table spaces: one query for all, at most every ten seconds, behind the caller's back. */
export class Sizes {
	readonly #connections: Connections;
	#known: Map<string, number> | null = null;
	#measuredAt = 0;
	#refresh: Promise<void> | null = null;

	constructor(connections: Connections) {
		this.#connections = connections;
	}

	/** Bytes in this folder; null while nothing was measured. A database without tables takes nothing. */
	get(folder: string): number | null {
		return this.#known === null ? null : (this.#known.get(folder) ?? 0);
	}

	/** All databases, those of the server included; null while nothing was measured. */
	total(): number | null {
		return this.#known === null ? null : [...this.#known.values()].reduce((sum, bytes) => sum + bytes, 0);
	}

	/** Measures again when it is time to, and waits for it a moment; never rejects. */
	async refresh(): Promise<void> {
		if (Date.now() - this.#measuredAt < maxAgeMs) return;
		this.#refresh ??= this.#measure()
			.catch(() => undefined)
			.finally(() => {
				this.#refresh = null;
			});
		await Promise.race([this.#refresh, delay(patienceMs, undefined, { ref: false })]);
	}

	async #measure(): Promise<void> {
		const rows = rowsAs(sizeRow, await this.#connections.query(this.#connections.dialect.sizesSql));
		this.#known = new Map(rows.map(({ folder, bytes }) => [folder, bytes]));
		this.#measuredAt = Date.now();
	}
}
