type Caller<P> = { onProgress?: (progress: P) => void; signal?: AbortSignal };

type Job<T, P> = {
	result: Promise<T>;
	controller: AbortController;
	listeners: Set<(progress: P) => void>;
	callers: number;
	newest: P | undefined;
};

/**
 * Long work that several callers may want at once: it runs once a key, everybody sees its progress, and it is aborted only when the last
 * one who waits for it is.
 */
export class SharedWork<T, P> {
	readonly #jobs = new Map<string, Job<T, P>>();

	/** Joins the job of this key or starts it. Rejects with the caller's own reason as soon as the caller's signal aborts. */
	async run(
		key: string,
		caller: Caller<P>,
		work: (options: { onProgress: (progress: P) => void; signal: AbortSignal }) => Promise<T>,
	): Promise<T> {
		caller.signal?.throwIfAborted();
		const job = this.#jobs.get(key) ?? this.#start(key, work);
		const listener = caller.onProgress ?? (() => {});
		job.callers += 1;
		job.listeners.add(listener);
		if (job.newest !== undefined) listener(job.newest);
		try {
			return await untilAborted(job.result, caller.signal);
		} finally {
			job.listeners.delete(listener);
			job.callers -= 1;
			if (job.callers === 0) {
				if (this.#jobs.get(key) === job) this.#jobs.delete(key);
				job.controller.abort(caller.signal?.reason);
			}
		}
	}

	#start(
		key: string,
		work: (options: { onProgress: (progress: P) => void; signal: AbortSignal }) => Promise<T>,
	): Job<T, P> {
		const controller = new AbortController();
		const listeners = new Set<(progress: P) => void>();
		const onProgress = (progress: P) => {
			job.newest = progress;
			for (const listener of listeners) listener(progress);
		};
		const result = Promise.resolve().then(() => work({ onProgress, signal: controller.signal }));
		const job: Job<T, P> = { result, controller, listeners, callers: 0, newest: undefined };
		// Whoever waits gets the error; after the last caller has left there is nobody to tell.
		result.catch(() => {});
		this.#jobs.set(key, job);
		return job;
	}
}

async function untilAborted<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
	if (signal === undefined) return result;
	let stop = () => {};
	const aborted = new Promise<never>((_resolve, reject) => {
		const onAbort = () => reject(signal.reason);
		signal.addEventListener('abort', onAbort, { once: true });
		stop = () => signal.removeEventListener('abort', onAbort);
	});
	try {
		return await Promise.race([result, aborted]);
	} finally {
		stop();
	}
}
