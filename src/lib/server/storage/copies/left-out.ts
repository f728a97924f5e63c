import { TransferFault, type Side } from '../../engines/s3-family/copy/client';
import { head, listAfter } from '../../engines/s3-family/copy/objects';
import type { Sides } from './sides';
import type { Tally } from './tally';

/** So many objects one after another that a side gives or takes none of are more than a few that are shut. */
const MOST_IN_A_ROW = 100;
/** A bucket in which there was nothing else is shut as a whole. */
const MOST_ALONE = 10;

/** `shut`: the source denies it; otherwise the side that failed at it. */
type Trouble = 'shut' | Side['role'];

/**
 * The objects that a side would not give or take in this run, while it answers otherwise. It tells those that are shut, which the others
 * need not wait for, from a login that has lost its rights, to which all are.
 */
export class LeftOut {
	readonly #tally: Tally;
	/** The last object that the source gave. */
	#witness: string | null = null;
	/** The first and the last that was at the target already, so that the source was not asked for it. */
	#same: { first: string; last: string } | null = null;
	readonly #inARow: Record<Trouble, number> = { shut: 0, source: 0, target: 0 };
	readonly #last: { [trouble in Trouble]?: TransferFault } = {};

	constructor(tally: Tally) {
		this.#tally = tally;
	}

	wentWell(key: string): void {
		this.#witness = key;
		Object.assign(this.#inARow, { shut: 0, source: 0, target: 0 });
	}

	/** As if it had been copied, but for what it says of the login at the source. */
	wasSame(key: string): void {
		this.#same = { first: this.#same?.first ?? key, last: key };
		Object.assign(this.#inARow, { source: 0, target: 0 });
	}

	/** Notes one. Throws TransferFault for what is about more than this object: one of `login` for rights that are lost. */
	async add(fault: TransferFault, key: string, { source }: Sides, signal: AbortSignal): Promise<void> {
		const trouble = fault.isDenial && fault.role === 'source' ? 'shut' : fault.role;
		this.#last[trouble] = fault;
		const inARow = (this.#inARow[trouble] += 1);
		if (trouble === 'shut' && this.#witness !== null) {
			if (await isShut(source, this.#witness, signal)) throw ofAll(fault);
			return;
		}
		if (inARow < MOST_IN_A_ROW) return;
		if (trouble !== 'shut' || !(await this.#findWitness(source, key, signal))) throw ofAll(fault);
	}

	/** At the end of a bucket. Throws TransferFault when hardly anything else was in it. */
	async assertNotAll({ source }: Sides, signal: AbortSignal): Promise<void> {
		if (this.#witness !== null) return;
		const { row } = this.#tally;
		for (const trouble of ['source', 'target', 'shut'] as const) {
			const fault = this.#last[trouble];
			if (fault === undefined || this.#inARow[trouble] < MOST_ALONE) continue;
			const wasOther =
				trouble === 'shut' ? await this.#findWitness(source, null, signal) : row.copied + row.same > 0;
			if (!wasOther) throw ofAll(fault);
		}
	}

	/** Looks for an object that the source gives; false when none of those that are likely to be open is. */
	async #findWitness(source: Side, shut: string | null, signal: AbortSignal): Promise<boolean> {
		const tried = new Set<string>();
		for await (const key of this.#likely(source, shut, signal)) {
			if (tried.has(key) || (await isShut(source, key, signal))) {
				tried.add(key);
				continue;
			}
			this.#witness = key;
			this.#inARow.shut = 0;
			return true;
		}
		return false;
	}

	/** Objects that are at the target already, such of which nothing ill is on record, and one beside the folder of this one. */
	async *#likely(source: Side, shut: string | null, signal: AbortSignal): AsyncGenerator<string> {
		if (this.#same !== null) yield* [this.#same.last, this.#same.first];
		const refused = this.#tally.refusedKeys();
		const { entries } = await listAfter(source, null, signal);
		const others = entries.filter(({ key }) => !refused.has(key));
		for (const entry of [others[0], others.at(-1)]) if (entry !== undefined) yield entry.key;
		const beside = shut === null ? null : await keyElsewhere(source, shut, signal);
		if (beside !== null) yield beside;
	}
}

function ofAll(fault: TransferFault): TransferFault {
	return fault.isDenial ? new TransferFault(fault.role, 'login', 'AccessDenied', fault) : fault;
}

/** True when this object is denied. */
async function isShut(source: Side, key: string, signal: AbortSignal): Promise<boolean> {
	try {
		await head(source, { key }, signal);
		return false;
	} catch (error) {
		if (!(error instanceof TransferFault)) throw error;
		if (error.isDenial) return true;
		if (error.kind === 'refused') return false;
		throw error;
	}
}

/** The first object behind the folder that holds this one, since rights are given by folders; null when there is none. */
async function keyElsewhere(source: Side, key: string, signal: AbortSignal): Promise<string | null> {
	const slash = key.indexOf('/');
	if (slash < 0) return null;
	const { entries } = await listAfter(source, `${key.slice(0, slash + 1)}\u{10ffff}`, signal, 1);
	return entries[0]?.key ?? null;
}
