/** Runs what has the same key one after the other, inside this process. */
export class KeyedLock {
	readonly #tails = new Map<string, Promise<unknown>>();

	async run<T>(key: string, work: () => Promise<T>): Promise<T> {
		const before = this.#tails.get(key) ?? Promise.resolve();
		const current = before.then(work, work);
		const tail = current.catch(() => {});
		this.#tails.set(key, tail);
		try {
			return await current;
		} finally {
			if (this.#tails.get(key) === tail) this.#tails.delete(key);
		}
	}
}
