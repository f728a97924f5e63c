const FIRST_MS = 5_000;
const MAX_MS = 10 * 60_000;

/** When to try again what failed: after 5 s (or `firstMs`), twice that, four times that ... 10 min. */
export class Backoff {
	readonly #firstMs: number;
	readonly #failed = new Map<string, { failures: number; dueAtMs: number }>();

	constructor(options: { firstMs?: number } = {}) {
		this.#firstMs = options.firstMs ?? FIRST_MS;
	}

	isDue(id: string, nowMs = Date.now()): boolean {
		return nowMs >= (this.#failed.get(id)?.dueAtMs ?? 0);
	}

	failures(id: string): number {
		return this.#failed.get(id)?.failures ?? 0;
	}

	/** Answers how long to wait, in milliseconds; 0 after success. */
	ended(id: string, isSuccess: boolean, nowMs = Date.now()): number {
		if (isSuccess) {
			this.#failed.delete(id);
			return 0;
		}
		const failures = this.failures(id) + 1;
		const waitMs = Math.min(this.#firstMs * 2 ** (failures - 1), MAX_MS);
		this.#failed.set(id, { failures, dueAtMs: nowMs + waitMs });
		return waitMs;
	}

	keepOnly(ids: ReadonlySet<string>): void {
		for (const id of this.#failed.keys()) if (!ids.has(id)) this.#failed.delete(id);
	}
}
