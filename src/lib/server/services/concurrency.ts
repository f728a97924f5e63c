import { setTimeout as sleep } from 'node:timers/promises';

/** The answer, or null when it takes longer; what is late is not ended. Rejects as the answer does. Keeps no process alive. */
export async function inTime<T>(answer: Promise<T>, limitMs: number): Promise<T | null> {
	const limit = new AbortController();
	const isOver = sleep(limitMs, null, { signal: limit.signal, ref: false }).catch(() => null);
	try {
		return await Promise.race([answer, isOver]);
	} finally {
		limit.abort();
	}
}

/** Does `work` for each item, at most `limit` at a time. Rejects with the first error, once all that began have ended. */
export async function eachLimited<T>(
	items: Iterable<T>,
	limit: number,
	work: (item: T) => Promise<void>,
): Promise<void> {
	const queue = [...items];
	const failures: unknown[] = [];
	const lane = async () => {
		for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
			await work(item).catch((error: unknown) => failures.push(error));
		}
	};
	await Promise.all(Array.from({ length: Math.min(limit, queue.length) }, lane));
	if (failures.length > 0) throw failures[0];
}
