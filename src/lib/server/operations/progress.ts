import type { StepProgress } from '$lib/shared/operations';

/** Lets listeners hear at most ten times a second and the database at most four times; the newest value is never lost. */
const PROGRESS_INTERVALS_MS = { live: 100, stored: 250 } as const;

/** Calls `act` at most once per `intervalMs`, with a last call for what came in between. */
class Throttle {
	readonly #intervalMs: number;
	readonly #act: () => void;
	#lastMs = 0;
	#timer: NodeJS.Timeout | null = null;

	constructor(intervalMs: number, act: () => void) {
		this.#intervalMs = intervalMs;
		this.#act = act;
	}

	request(): void {
		if (this.#timer) return;
		const waitMs = this.#lastMs + this.#intervalMs - Date.now();
		if (waitMs <= 0) return this.#run();
		this.#timer = setTimeout(() => this.#run(), waitMs);
	}

	cancel(): void {
		if (this.#timer) clearTimeout(this.#timer);
		this.#timer = null;
	}

	#run(): void {
		this.cancel();
		this.#lastMs = Date.now();
		this.#act();
	}
}

/** One step's progress on its way to listeners and to the database. */
export class ProgressReporter {
	readonly #live: Throttle;
	readonly #stored: Throttle;
	readonly #set: (progress: StepProgress) => void;

	constructor(options: { set: (progress: StepProgress) => void; publish: () => void; store: () => void }) {
		this.#set = options.set;
		this.#live = new Throttle(PROGRESS_INTERVALS_MS.live, options.publish);
		this.#stored = new Throttle(PROGRESS_INTERVALS_MS.stored, options.store);
	}

	report(progress: StepProgress): void {
		this.#set(progress);
		this.#live.request();
		this.#stored.request();
	}

	/** After this nothing more is published or stored: the step's end does both. */
	end(): void {
		this.#live.cancel();
		this.#stored.cancel();
	}
}
