import type { AuditIntent, AuditOutcome } from './audit';

const WINDOW_MS = 10 * 60_000;
/** So many rows of sums a window may cost, whatever the number of keys. */
const MAX_SUMS = 20;

/** What is told of attempts that were only counted: who, what and from where, but not each one. */
export type CountedEntry = Pick<AuditIntent, 'action' | 'actor' | 'projectId' | 'ip'>;

type Sum = { entry: CountedEntry; tries: number; since: Date };
type Book = {
	intent(entry: AuditIntent): number;
	outcome(seq: number, result: { outcome: AuditOutcome }): void;
};
type Options = {
	audit: Book;
	outcome: AuditOutcome;
	/** Attempts of one key, and of all keys together, that have rows of their own within 10 minutes. */
	perKey: number;
	total: number;
};

/**
 * Bounds what refused attempts write to the record, whose rows are never deleted: so many of each key, and of all, have rows of their own;
 * the others are counted in memory, and one row for each key says how many when the window ends. A killed process loses a window's count.
 */
export class Attempts {
	readonly #audit: Book;
	readonly #outcome: AuditOutcome;
	readonly #perKey: number;
	readonly #total: number;
	readonly #taken = new Map<string, number>();
	readonly #sums = new Map<string, Sum>();
	#takenInAll = 0;
	#startedAt = 0;

	constructor({ audit, outcome, perKey, total }: Options) {
		this.#audit = audit;
		this.#outcome = outcome;
		this.#perKey = perKey;
		this.#total = total;
	}

	/** Whether this attempt may have rows of its own; it counts as taken then. */
	take(key: string, now = Date.now()): boolean {
		if (now - this.#startedAt >= WINDOW_MS || now < this.#startedAt) this.#startAnew(now);
		const taken = this.#taken.get(key) ?? 0;
		if (taken >= this.#perKey || this.#takenInAll >= this.#total) return false;
		this.#taken.set(key, taken + 1);
		this.#takenInAll += 1;
		return true;
	}

	/** The attempt was none: it went well. */
	giveBack(key: string): void {
		const taken = this.#taken.get(key) ?? 0;
		// Of a window that is over.
		if (taken === 0) return;
		this.#taken.set(key, taken - 1);
		this.#takenInAll -= 1;
	}

	/** Counts a refused attempt that has no row of its own. */
	count(key: string, entry: CountedEntry, now = new Date()): void {
		const own = this.#sums.has(key) || this.#sums.size < MAX_SUMS;
		// Those of the rest together are told without an address.
		const place = own ? key : `others ${entry.action}`;
		const sum = this.#sums.get(place) ?? {
			entry: own ? entry : { ...entry, ip: null },
			tries: 0,
			since: now,
		};
		this.#sums.set(place, { ...sum, tries: sum.tries + 1 });
	}

	/** Writes what was counted when its window is over, or at once; what cannot be written is kept. Throws AUDIT_UNAVAILABLE, DISK_FULL. */
	flush({ now = Date.now(), isForced = false } = {}): void {
		if (!isForced && now - this.#startedAt < WINDOW_MS) return;
		for (const [key, sum] of this.#sums) {
			this.#write(sum);
			this.#sums.delete(key);
		}
	}

	#write({ entry, tries, since }: Sum): void {
		const detail = JSON.stringify({ tries, since: since.toISOString() });
		const seq = this.#audit.intent({ ...entry, detail, target: null, requestId: null });
		this.#audit.outcome(seq, { outcome: this.#outcome });
	}

	#startAnew(now: number): void {
		this.#taken.clear();
		this.#takenInAll = 0;
		this.#startedAt = now;
	}
}

/** The two books of an installation: `strangers` by action and network, `members` by person and action. */
export function createAttempts(audit: Book) {
	return {
		strangers: new Attempts({ audit, outcome: 'failed', perKey: 10, total: 100 }),
		members: new Attempts({ audit, outcome: 'denied', perKey: 10, total: 1000 }),
	};
}
export type AttemptBooks = ReturnType<typeof createAttempts>;
