import { objectKeyProblem } from '$lib/shared/storage-names';
import { TransferFault } from '../../engines/s3-family/copy/client';
import { findObject, listAfter, type Listed } from '../../engines/s3-family/copy/objects';
import { compareObjects, type Comparison } from '../../engines/s3-family/copy/pieces';
import type { Db } from '../../db/client';
import { compareWell, eachOf, knownAfter, type BucketWork } from './copier';
import { isKeyEnd, withSides, type Opened, type Sides } from './sides';
import { LeftOut } from './left-out';
import { findingsOf, MAX_FINDINGS, saveComparison, type FindingRow } from './repository';

/** Words for an object that is not any more as it was listed. */
const changeCodes = new Set(['NoSuchKey', 'PreconditionFailed']);

type Count = { objects: number; bytes: number };

/**
 * Lists both sides of a bucket once more and counts them; what is missing or different at the target now is found. `since`: what of the
 * source changed after it, and has a checksum of another kind, counts as different. Nothing is stored before the end: a comparison that
 * begins anew needs what the copy had found.
 */
export async function compareBucket(db: Db, work: BucketWork, since: Date): Promise<void> {
	const { tally, signal, report } = work;
	const former = findingsOf(db, tally.row);
	const { missing, different, refused } = tally.row;
	// No more are kept than there is room for.
	const areAllKept = former.size >= missing + different + refused;
	const differences: Difference[] = [];
	const counts = { missing: 0, different: 0 };
	const place = { cursor: null as string | null, source: { objects: 0, bytes: 0 }, isCompared: false };
	const target: Count & { cursor: string | null } = { objects: 0, bytes: 0, cursor: null };
	const leftOut = new LeftOut(tally);

	await withSides(work, async (sides, opened) => {
		const { endsAtMs, moved } = opened;
		while (!place.isCompared) {
			const { entries, isLast } = await listAfter(sides.source, place.cursor, signal);
			const page = { entries, after: place.cursor, former, areAllKept, since };
			const { compared, found } = await comparePage(work, sides, { ...page, leftOut, opened });
			for (const { finding } of found) counts[finding] += 1;
			differences.push(...found.slice(0, MAX_FINDINGS - differences.length));
			add(place.source, compared);
			place.cursor = compared.at(-1)?.key ?? place.cursor;
			if (isLast && compared.length === entries.length) {
				await leftOut.assertNotAll(sides, signal);
				place.isCompared = true;
			}
			report();
			moved();
			if (Date.now() > endsAtMs) return 'part';
		}
		for (;;) {
			const { entries, isLast } = await listAfter(sides.target, target.cursor, signal);
			add(target, entries);
			target.cursor = entries.at(-1)?.key ?? target.cursor;
			if (isLast) return 'all';
			moved();
			if (Date.now() > endsAtMs) return 'part';
		}
	});
	Object.assign(tally.row, {
		...{ ...counts, isCompared: true, bytesPerSecond: 0 },
		...{ sourceObjects: place.source.objects, sourceBytes: place.source.bytes },
		...{ targetObjects: target.objects, targetBytes: target.bytes },
	});
	const { copyId, position } = tally.row;
	const findings = differences.map((difference) => ({ copyId, position, ...difference }));
	saveComparison(db, tally.row, findings);
}

function add(count: Count, entries: Listed[]): void {
	count.objects += entries.length;
	for (const { sizeBytes } of entries) count.bytes += sizeBytes;
}

type Difference = { key: string; finding: 'missing' | 'different'; reason: string };
type PageToCompare = {
	entries: Listed[];
	after: string | null;
	former: Map<string, FindingRow>;
	areAllKept: boolean;
	since: Date;
	leftOut: LeftOut;
	opened: Opened;
};

/** As many of the page as can be while the sides are open, and what was found of them, in the list's order. */
async function comparePage(
	work: BucketWork,
	sides: Sides,
	{ entries, after, former, areAllKept, since, leftOut, opened }: PageToCompare,
): Promise<{ compared: Listed[]; found: Difference[] }> {
	const { traits, signal } = work;
	const known = await knownAfter(work, sides, after);
	const found = entries.map((): Difference | null => null);
	let count = 0;
	await eachOf(entries, signal, async (entry, index) => {
		// What is begun is ended, and is all up to here.
		if (Date.now() > opened.endsAtMs) return;
		count = Math.max(count, index + 1);
		const earlier = former.get(entry.key);
		if (earlier?.finding === 'refused' || objectKeyProblem(entry.key, traits) !== null) return;
		const there = known.get(entry.key) ?? (await findObject(sides.target, entry.key, signal));
		// Of one that was left as it is, nothing may be on record.
		const comparison =
			areAllKept || earlier !== undefined
				? compareObjects(entry, there)
				: await compareBytes(sides, entry, there, { leftOut, opened, signal });
		found[index] = differenceOf(entry, comparison, { earlier, since });
	});
	return {
		compared: entries.slice(0, count),
		found: found.filter((difference) => difference !== null),
	};
}

/** One that changes meanwhile is another one, and so is one that is shut. Throws TransferFault for what is about more than this object. */
async function compareBytes(
	sides: Sides,
	entry: Listed,
	there: Listed | null,
	{ leftOut, opened, signal }: Pick<PageToCompare, 'leftOut' | 'opened'> & { signal: AbortSignal },
): Promise<Comparison> {
	try {
		const comparison = await compareWell(sides, entry, there, signal);
		if (comparison === 'same') leftOut.wasSame(entry.key);
		return comparison;
	} catch (error) {
		if (!(error instanceof TransferFault) || isKeyEnd(error, opened.endsAtMs)) throw error;
		if (error.isDenial) await leftOut.add(error, entry.key, sides, signal);
		else if (!changeCodes.has(error.code)) throw error;
		return 'different';
	}
}

/** Null when the target has the same. */
function differenceOf(
	entry: Listed,
	comparison: Comparison,
	{ earlier, since }: { earlier: FindingRow | undefined; since: Date },
): Difference | null {
	const { key, changedAt } = entry;
	// Its bytes were compared when it was copied.
	const isSame =
		comparison === 'unknown' && earlier?.reason !== 'newer' && (changedAt === null || changedAt < since);
	if (comparison === 'same' || isSame) return null;
	const reason = earlier?.reason ?? (changedAt !== null && changedAt >= since ? 'changed' : 'bytes');
	return { key, finding: comparison === 'missing' ? 'missing' : 'different', reason };
}
