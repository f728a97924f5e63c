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
