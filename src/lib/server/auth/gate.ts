import { AppError } from '../errors';

/** Lets at most `limit` tasks run at once and `maxWaiting` queue; more are refused with THROTTLED. */
export class Gate {
	readonly #limit: number;
	readonly #maxWaiting: number;
	readonly #waiting: (() => void)[] = [];
	#running = 0;

	constructor(options: { limit: number; maxWaiting: number }) {
		this.#limit = options.limit;
		this.#maxWaiting = options.maxWaiting;
	}

	async run<T>(task: () => Promise<T>): Promise<T> {
		await this.#enter();
		try {
			return await task();
		} finally {
			this.#leave();
		}
	}

	async #enter(): Promise<void> {
		if (this.#running < this.#limit) {
			this.#running += 1;
			return;
		}
		if (this.#waiting.length >= this.#maxWaiting) {
			throw new AppError('THROTTLED', { details: { retryAfterSeconds: 1 } });
		}
		// Whoever leaves hands its place over, so `#running` stays as it is.
		await new Promise<void>((resolve) => this.#waiting.push(resolve));
	}

	#leave(): void {
		const next = this.#waiting.shift();
		if (next) next();
		else this.#running -= 1;
	}
}
