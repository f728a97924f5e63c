import { asc, gt, sql } from 'drizzle-orm';
import { setImmediate } from 'node:timers/promises';
import type { Db } from '../db/client';
import { auditHead, auditLog } from '../db/schema/index';
import { FIRST_PREVIOUS_HASH, hashOf, type AuditRow } from './chain';

/** A place in the chain: an entry's number and hash. */
export type ChainPoint = { seq: number; hash: string };

export type ChainReport = {
	valid: boolean;
	/** Entries that were found to be whole, from the first one on. */
	entries: number;
	/** The first entry that is missing or was changed. */
	brokenAtSeq: number | null;
	/** The last whole entry; kept elsewhere, it shows later that nothing before it was rewritten. */
	last: ChainPoint;
};

/** Few enough that the event loop is never held for long. */
const BATCH = 250;

export const chainStart: ChainPoint = { seq: 0, hash: FIRST_PREVIOUS_HASH };

function follows(row: AuditRow, previous: ChainPoint): boolean {
	return (
		row.seq === previous.seq + 1 &&
		row.previousHash === previous.hash &&
		row.hash === hashOf(previous.hash, row)
	);
}

/** The head and the highest entry as of one moment: the two differ when entries were cut off or put in by hand. */
function ends(db: Db): { head: ChainPoint | null; maxSeq: number } {
	const maxSeq = sql<number>`(SELECT coalesce(max(seq), 0) FROM audit_log)`;
	const row = db.select({ seq: auditHead.seq, hash: auditHead.hash, maxSeq }).from(auditHead).get();
	return row === undefined
		? { head: null, maxSeq: 0 }
		: { head: { seq: row.seq, hash: row.hash }, maxSeq: row.maxSeq };
}

/**
 * Reads the record from `from` (its start, unless given) to its head, in small batches with pauses, so that the panel goes on answering.
 * `mustContain`: a point noted down earlier, which has to be in the chain still. Finds changed, missing, added and reordered entries and
 * a cut-off end; not a record that was rewritten as a whole together with its head, which only a noted point shows.
 */
export async function verifyChain(
	db: Db,
	{ from = chainStart, mustContain }: { from?: ChainPoint; mustContain?: ChainPoint } = {},
): Promise<ChainReport> {
	let last = from;
	const broken = (): ChainReport => ({ valid: false, entries: last.seq, brokenAtSeq: last.seq + 1, last });
	for (;;) {
		const rows = db
			.select()
			.from(auditLog)
			.where(gt(auditLog.seq, last.seq))
			.orderBy(asc(auditLog.seq))
			.limit(BATCH)
			.all();
		for (const row of rows) {
			if (!follows(row, last)) return broken();
			if (mustContain?.seq === row.seq && mustContain.hash !== row.hash) return broken();
			last = { seq: row.seq, hash: row.hash };
		}
		if (rows.length < BATCH) break;
		await setImmediate();
	}
	const { head, maxSeq } = ends(db);
	// Entries written since the last batch are newer than `last`, never fewer.
	const isWhole = head !== null && head.seq === maxSeq && head.seq >= last.seq;
	const isHead = head?.seq !== last.seq || head.hash === last.hash;
	if (!isWhole || !isHead || last.seq < (mustContain?.seq ?? 0)) return broken();
	return { valid: true, entries: last.seq, brokenAtSeq: null, last };
}
