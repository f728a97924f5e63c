import { inTime } from './concurrency';

/** A pool that waits for a query under way is left to itself after this. */
const CLOSE_LIMIT_MS = 3_000;

type Entry<T> = { key: string; pool: Promise<T>; idle: NodeJS.Timeout };

/** One connection pool a service, closed when it was not asked for in `idleMs`. */
export class Pools<T extends { close(): Promise<void> }> {
	readonly #idleMs: number;
	readonly #entries = new Map<string, Entry<T>>();

	constructor(idleMs: number) {
		this.#idleMs = idleMs;
	}

	/** The service's pool of this `key`; one of another key is closed, and a new one opened. */
	get(serviceId: string, key: string, open: () => Promise<T>): Promise<T> {
		const existing = this.#entries.get(serviceId);
		if (existing?.key === key) {
			existing.idle.refresh();
			return existing.pool;
		}
		void this.close(serviceId);
		const pool = open();
		const idle = setTimeout(() => void this.close(serviceId), this.#idleMs).unref();
		this.#entries.set(serviceId, { key, pool, idle });
		return pool;
	}

	/** Waits 3 s at most. */
	async close(serviceId: string): Promise<void> {
		const entry = this.#entries.get(serviceId);
		this.#entries.delete(serviceId);
		if (!entry) return;
		clearTimeout(entry.idle);
		const isClosed = entry.pool.then((pool) => pool.close()).catch(() => {});
		await inTime(isClosed, CLOSE_LIMIT_MS);
	}

	async closeAll(): Promise<void> {
		await Promise.all([...this.#entries.keys()].map((serviceId) => this.close(serviceId)));
	}
}
