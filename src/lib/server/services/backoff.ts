const FIRST_MS = 5_000;
const MAX_MS = 10 * 60_000;

/** When to try again what failed: after 5 s, 10 s, 20 s ... 10 min. */
export class Backoff {
	readonly #failed = new Map<string, { failures: number; dueAtMs: number }>();

	isDue(id: string, nowMs = Date.now()): boolean {
		return nowMs >= (this.#failed.get(id)?.dueAtMs ?? 0);
	}

	failures(id: string): number {
		return this.#failed.get(id)?.failures ?? 0;
	}

	ended(id: string, isSuccess: boolean, nowMs = Date.now()): void {
		if (isSuccess) return void this.#failed.delete(id);
		const failures = this.failures(id) + 1;
		const waitMs = Math.min(FIRST_MS * 2 ** (failures - 1), MAX_MS);
		this.#failed.set(id, { failures, dueAtMs: nowMs + waitMs });
	}

	keepOnly(ids: ReadonlySet<string>): void {
		for (const id of this.#failed.keys()) if (!ids.has(id)) this.#failed.delete(id);
	}
}
