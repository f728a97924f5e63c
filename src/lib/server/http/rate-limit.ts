import { networksOf } from './networks';

const windowMs = 60_000;

/** How many times the allowance of a /64 its /48 has. */
const siteFactor = 4;

/**
 * Bounds how often strangers may knock: each knock costs a password hash. In memory, by the
 * minute; guessing at one account is the login throttle's concern. A third of the total is kept for browsers that have signed in before, so
 * that strangers at many addresses lock nobody out.
 */
export class RateLimit {
	readonly #perAddress: number;
	readonly #total: number;
	readonly #counts = new Map<string, number>();
	#sum = 0;
	#strangers = 0;
	#startedAt = 0;

	constructor(options: { perAddress: number; total: number }) {
		this.#perAddress = options.perAddress;
		this.#total = options.total;
	}

	/** Counts a knock. Null when it may pass, else the seconds to wait. */
	take(ip: string, { isKnown = false, now = Date.now() } = {}): number | null {
		if (now - this.#startedAt >= windowMs) this.#startAnew(now);
		const { network, site } = networksOf(ip);
		const isFull =
			this.#sum >= this.#total ||
			(!isKnown && this.#strangers >= Math.ceil((this.#total * 2) / 3)) ||
			this.#countOf(network) >= this.#perAddress ||
			(site !== null && this.#countOf(site) >= this.#perAddress * siteFactor);
		if (isFull) return Math.max(1, Math.ceil((this.#startedAt + windowMs - now) / 1000));
		for (const key of site === null ? [network] : [network, site])
			this.#counts.set(key, this.#countOf(key) + 1);
		this.#sum += 1;
		if (!isKnown) this.#strangers += 1;
		return null;
	}

	#countOf(key: string): number {
		return this.#counts.get(key) ?? 0;
	}

	#startAnew(now: number): void {
		this.#startedAt = now;
		this.#counts.clear();
		this.#sum = 0;
		this.#strangers = 0;
	}
}
