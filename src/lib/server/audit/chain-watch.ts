import { chainStart, type ChainPoint, type ChainReport } from './verify';

export type ChainSummary = { valid: boolean; entries: number; checkedAt: Date };

const RECHECK_ALL_MS = 10 * 60_000;
const KEEP_MS = 5000;

type Verify = (options: { from: ChainPoint }) => Promise<ChainReport>;

/**
 * Whether the record is whole, cheaply: new entries are checked at most every 5 s, the whole record again every 10 minutes. Calls at
 * the same time share one check.
 */
export class ChainWatch {
	readonly #verify: Verify;
	#running: Promise<ChainSummary> | null = null;
	#latest: { report: ChainReport; checkedAt: Date } | null = null;
	#checkedAllAt = 0;

	constructor(verify: Verify) {
		this.#verify = verify;
	}

	async summary(): Promise<ChainSummary> {
		const latest = this.#latest;
		if (latest !== null && Date.now() - latest.checkedAt.getTime() < KEEP_MS) return summaryOf(latest);
		this.#running ??= this.#check().finally(() => {
			this.#running = null;
		});
		return this.#running;
	}

	async #check(): Promise<ChainSummary> {
		const previous = this.#latest?.report;
		const isFull = previous?.valid !== true || Date.now() - this.#checkedAllAt >= RECHECK_ALL_MS;
		const report = await this.#verify({ from: isFull ? chainStart : previous.last });
		if (isFull) this.#checkedAllAt = Date.now();
		this.#latest = { report, checkedAt: new Date() };
		return summaryOf(this.#latest);
	}
}

function summaryOf({ report, checkedAt }: { report: ChainReport; checkedAt: Date }): ChainSummary {
	return { valid: report.valid, entries: report.entries, checkedAt };
}
