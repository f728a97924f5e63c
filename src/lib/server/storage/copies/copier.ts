import { objectKeyProblem } from '$lib/shared/storage-names';
import type { BegunUpload } from '$lib/shared/storage-copies';
import type { StorageTraits } from '$lib/shared/storage-capabilities';
import { findObject, listAfter, type Listed } from '../../engines/s3-family/copy/objects';
import { compareObjects, isNewer, type Comparison } from '../../engines/s3-family/copy/pieces';
import { md5Of } from '../../engines/s3-family/copy/stream';
import { copyObject, type WriteCondition } from '../../engines/s3-family/copy/transfer';
import { abandonUpload } from '../../engines/s3-family/copy/uploads';
import { eachLimited } from '../../services/concurrency';
import { withSides, type Opened, type Opening, type Sides } from './sides';
import type { Result, Tally } from './tally';
import { Troubles } from './troubles';

const AT_ONCE = 4;

export type BucketWork = Opening & {
	tally: Tally;
	traits: StorageTraits;
	/** What the target can beside that: it keeps tags, and writes only if there is still what was there. */
	can: { tags: boolean; conditionalWrites: boolean };
	/** Told after each object. */
	report: () => void;
	/** What a failure to write into the target means: the error itself, or one that says more. */
	writeFailure: (error: unknown) => Promise<unknown>;
};

/** Copies what the target has not, from the cursor to the end of the bucket. */
export async function copyBucket(work: BucketWork): Promise<void> {
	const troubles = new Troubles(work.tally);
	await withSides(work, (sides, opened) => copyPages(work, sides, { ...opened, troubles }));
}

type Attempt = Opened & { troubles: Troubles };

async function copyPages(work: BucketWork, sides: Sides, attempt: Attempt): Promise<'all' | 'part'> {
	const { tally, signal } = work;
	const before = tally.row.cursor;
	try {
		for (;;) {
			const { entries, isLast } = await listAfter(sides.source, tally.row.cursor, signal);
			await copyPage(work, sides, { entries, attempt });
			tally.save();
			if (isLast) {
				await attempt.troubles.leftOut.assertNotAll(sides, signal);
				return 'all';
			}
			if (Date.now() > attempt.endsAtMs) return 'part';
		}
	} catch (error) {
		tally.save();
		if (tally.row.cursor !== before) attempt.moved();
		throw error;
	}
}

/** What the target has after this key of the source, by key: a page at most, and nothing after a key after which it cannot list. */
export async function knownAfter(
	{ traits, signal }: Pick<BucketWork, 'traits' | 'signal'>,
	{ target }: Sides,
	after: string | null,
): Promise<Map<string, Listed>> {
	if (after !== null && objectKeyProblem(after, traits) !== null) return new Map();
	const { entries } = await listAfter(target, after, signal);
	return new Map(entries.map((entry) => [entry.key, entry]));
}

async function copyPage(
	work: BucketWork,
	sides: Sides,
	{ entries, attempt }: { entries: Listed[]; attempt: Attempt },
): Promise<void> {
	const { tally, signal, report } = work;
	const known = await knownAfter(work, sides, tally.row.cursor);
	tally.beginPage(entries.map(({ key }) => key));
	await eachOf(entries, signal, async (entry, index) => {
		tally.end(index, await resultOf(work, sides, { entry, known: known.get(entry.key), attempt }));
		report();
	});
}

/** Does `work` for each object of a page, some at a time. Throws the first error, after which nothing is begun any more. */
export async function eachOf(
	entries: Listed[],
	signal: AbortSignal,
	work: (entry: Listed, index: number) => Promise<void>,
): Promise<void> {
	let failure: { error: unknown } | undefined;
	await eachLimited(entries.entries(), AT_ONCE, async ([index, entry]) => {
		if (failure !== undefined) return;
		try {
			signal.throwIfAborted();
			await work(entry, index);
		} catch (error) {
			failure ??= { error };
		}
	});
	if (failure !== undefined) throw failure.error;
}

type Tried = { entry: Listed; known: Listed | undefined; attempt: Attempt };

async function resultOf(work: BucketWork, sides: Sides, { entry, known, attempt }: Tried): Promise<Result> {
	const problem = objectKeyProblem(entry.key, work.traits);
	if (problem !== null) return { kind: 'finding', finding: 'refused', reason: `key:${problem}` };
	const result = await triedResult(work, sides, { entry, known, attempt });
	if (result.kind === 'copied') attempt.troubles.leftOut.wentWell(entry.key);
	if (result.kind === 'same') attempt.troubles.leftOut.wasSame(entry.key);
	const begun = work.tally.upload(entry.key);
	if (begun === null) return result;
	// It is not gone on with, and its parts take room that nobody sees.
	// One that could not be told stays known: it is freed later.
	if (await abandonUpload(sides.target, { key: entry.key, uploadId: begun.id }))
		work.tally.keepUpload(entry.key, null);
	return result;
}

async function triedResult(
	work: BucketWork,
	sides: Sides,
	{ entry, known, attempt }: Tried,
): Promise<Result> {
	const { troubles } = attempt;
	try {
		if (known !== undefined && compareObjects(entry, known) === 'same') return { kind: 'same' };
		// What a list showed may be long ago, and somebody else's by now.
		const there = await findObject(sides.target, entry.key, work.signal);
		const comparison = await compareWell(sides, entry, there, work.signal);
		if (comparison === 'same') return { kind: 'same' };
		// What this run has spoiled itself is newer too.
		if (there !== null && isNewer(there, entry) && !troubles.isSpoiled(entry.key))
			return { kind: 'finding', finding: 'different', reason: 'newer' };
		const condition = work.can.conditionalWrites ? conditionOf(there) : null;
		return await copied(work, sides, { entry, attempt, condition });
	} catch (error) {
		work.signal.throwIfAborted();
		const situation = { sides, opened: attempt, signal: work.signal };
		return troubles.judge(await work.writeFailure(error), entry.key, situation);
	}
}

function conditionOf(there: Listed | null): WriteCondition {
	if (there === null) return { IfNoneMatch: '*' };
	return there.etag === '' ? null : { IfMatch: there.etag };
}

/** Where checksums are of two kinds, the bytes of both are read. */
export async function compareWell(
	{ source, target }: Sides,
	entry: Listed,
	there: Listed | null,
	signal: AbortSignal,
): Promise<Comparison> {
	const comparison = compareObjects(entry, there);
	if (comparison !== 'unknown' || there === null) return comparison;
	const end = new AbortController();
	const both = AbortSignal.any([signal, end.signal]);
	try {
		const [one, other] = await Promise.all([md5Of(source, entry, both), md5Of(target, there, both)]);
		return one === other ? 'same' : 'different';
	} finally {
		// Of two that differ in that one fails, the other would be read for nobody.
		end.abort();
	}
}

async function copied(
	{ tally, signal, can: { tags: takesTags } }: BucketWork,
	{ source, target }: Sides,
	{ entry, attempt, condition }: Pick<Tried, 'entry' | 'attempt'> & { condition: WriteCondition },
): Promise<Result> {
	const { moved, troubles } = attempt;
	const upload = {
		begun: tally.upload(entry.key),
		keep: (begun: BegunUpload | null) => tally.keepUpload(entry.key, begun),
	};
	const onBytes = (bytes: number): void => {
		tally.moved(bytes);
		if (!troubles.isStruckOut(entry.key)) moved();
	};
	const onPart = (kept: number): void => {
		if (troubles.isFurther(entry.key, kept)) moved();
	};
	const how = { condition, takesTags };
	const lost = await copyObject(source, target, entry, { signal, onBytes, onPart, upload, ...how });
	moved();
	return { kind: 'copied', sizeBytes: entry.sizeBytes, lost };
}
