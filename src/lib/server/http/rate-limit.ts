import { isIPv6 } from 'node:net';

const windowMs = 60_000;

/** Whoever holds one IPv6 address holds its whole /64. */
function networkOf(ip: string): string {
	if (!isIPv6(ip)) return ip;
	const [head = '', tail] = ip.split('::');
	const first = head === '' ? [] : head.split(':');
	const last = tail === undefined || tail === '' ? [] : tail.split(':');
	const missing = tail === undefined ? 0 : 8 - first.length - last.length;
	const groups = [...first, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...last];
	return groups.slice(0, 4).join(':');
}

/**
 * Bounds how often strangers may knock: each knock costs a password hash and two audit rows that are never deleted. In memory, by the
 * minute; guessing at one account is the login throttle's concern.
 */
export class RateLimit {
	readonly #perAddress: number;
	readonly #total: number;
	readonly #counts = new Map<string, number>();
	#sum = 0;
	#startedAt = 0;

	constructor(options: { perAddress: number; total: number }) {
		this.#perAddress = options.perAddress;
		this.#total = options.total;
	}

	/** Counts a knock. Null when it may pass, else the seconds to wait. */
	take(ip: string, now = Date.now()): number | null {
		if (now - this.#startedAt >= windowMs) {
			this.#startedAt = now;
			this.#counts.clear();
			this.#sum = 0;
		}
		const network = networkOf(ip);
		const count = this.#counts.get(network) ?? 0;
		if (count >= this.#perAddress || this.#sum >= this.#total) {
			return Math.max(1, Math.ceil((this.#startedAt + windowMs - now) / 1000));
		}
		this.#counts.set(network, count + 1);
		this.#sum += 1;
		return null;
	}
}
