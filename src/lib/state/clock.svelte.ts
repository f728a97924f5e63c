import { createSubscriber } from 'svelte/reactivity';

/** A clock that ticks only while something on the page reads it. */
class Clock {
	readonly #subscribe: () => void;

	/** @param tickMs how often readers are told, in milliseconds */
	constructor(tickMs: number) {
		this.#subscribe = createSubscriber((update) => {
			const timer = setInterval(update, tickMs);
			return () => clearInterval(timer);
		});
	}

	/** Milliseconds since 1970, followed by whatever reads it inside an effect or the markup. */
	get now(): number {
		this.#subscribe();
		return Date.now();
	}
}

/** For "3 minutes ago". */
export const clock = new Clock(10_000);
/** For running times and countdowns. */
export const secondClock = new Clock(1000);
