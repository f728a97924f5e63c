import { TransferFault, type Side } from '../../engines/s3-family/copy/client';
import { head, listAfter } from '../../engines/s3-family/copy/objects';

/** So many objects one after another that a side gives or takes none of are more than a few that are shut. */
const MOST_IN_A_ROW = 100;
/** A bucket in which there was nothing else is shut as a whole. */
const MOST_ALONE = 10;

type Sides = { source: Side; target: Side };

/**
 * The objects that a side would not give or take in this run, while it answers otherwise. It tells those that are shut, which the others
 * need not wait for, from a login that has lost its rights, to which all are.
 */
export class LeftOut {
	/** The last object that went well. */
	#witness: string | null = null;
	readonly #inARow = { source: 0, target: 0 };
	#last: TransferFault | null = null;

	wentWell(key: string): void {
		this.#witness = key;
		Object.assign(this.#inARow, { source: 0, target: 0 });
	}

	/** Notes one. Throws TransferFault for what is about more than this object: one of `login` for rights that are lost. */
	async add(fault: TransferFault, key: string, sides: Sides, signal: AbortSignal): Promise<void> {
		this.#last = fault;
		const { role } = fault;
		const inARow = (this.#inARow[role] += 1);
		if (fault.isDenial && role === 'source' && this.#witness !== null) {
			if (await isShut(sides.source, this.#witness, signal)) throw ofAll(fault);
			return;
		}
		if (inARow < MOST_IN_A_ROW) return;
		const another =
			role === 'source' && fault.isDenial ? await keyElsewhere(sides.source, key, signal) : null;
		if (another === null || (await isShut(sides.source, another, signal))) throw ofAll(fault);
		this.#inARow[role] = 0;
	}

	/** At the end of a bucket. Throws TransferFault when hardly anything else was in it. */
	assertNotAll(): void {
		const { source, target } = this.#inARow;
		if (this.#last !== null && this.#witness === null && Math.max(source, target) >= MOST_ALONE)
			throw ofAll(this.#last);
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
