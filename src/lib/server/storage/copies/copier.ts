import { objectKeyProblem } from '$lib/shared/storage-names';
import type { BegunUpload } from '$lib/shared/storage-copies';
import type { StorageTraits } from '$lib/shared/storage-capabilities';
import { TransferFault, type Side } from '../../engines/s3-family/copy/client';
import { findObject, listAfter, type Listed } from '../../engines/s3-family/copy/objects';
import { compareObjects, isNewer, type Comparison } from '../../engines/s3-family/copy/pieces';
import { md5Of } from '../../engines/s3-family/copy/stream';
import { copyObject, type WriteCondition } from '../../engines/s3-family/copy/transfer';
import { abandonUpload } from '../../engines/s3-family/copy/uploads';
import { AppError } from '../../errors';
import { eachLimited } from '../../services/concurrency';
import { persistently } from '../persistently';
import { LeftOut } from './left-out';
import { asAppError, type OpenSide } from './sources';
import type { Result, Tally } from './tally';

const AT_ONCE = 4;
/**
 * An object at which a side fails so often, while it answers otherwise, is left out; and its bytes count no more as getting further, since
 * each attempt begins it anew.
 */
const MOST_STRIKES = 3;
/** A way that breaks off now and then is no fault of the object's: it is given more time. */
const LEAST_BROKEN_MS = 30_000;

export type Sides = { source: Side; target: Side };

export type BucketWork = {
	/** Opens both sides anew: their keys end, and a restarted server is at another port. */
	open: () => Promise<{ source: OpenSide; target: OpenSide }>;
	tally: Tally;
	traits: StorageTraits;
	/** What the target can beside that: it keeps tags, and writes only if there is still what was there. */
	can: { tags: boolean; conditionalWrites: boolean };
	signal: AbortSignal;
	/** Told after each object. */
	report: () => void;
	/** Told of the side that does not answer just now, and null once the work goes on. */
	waitFor: (role: Side['role'] | null) => void;
	/** What a failure to write into the target means: the error itself, or one that says more. */
	writeFailure: (error: unknown) => Promise<unknown>;
};

/** How long the sides stay open, and whom to tell that the work got further. */
export type Opened = { endsAtMs: number; moved: () => void };

/**
 * Does `part` with both sides open until it says that all is done, over restarts of either side. Throws what a side failed with once it
 * has not moved for two minutes.
 */
export async function withSides(
	{ open, signal, waitFor }: Pick<BucketWork, 'open' | 'signal' | 'waitFor'>,
	part: (sides: Sides, opened: Opened) => Promise<'all' | 'part'>,
): Promise<void> {
	const attempt = async (moved: () => void) => {
		const { source, target } = await open();
		const endsAtMs = Math.min(source.endsAtMs, target.endsAtMs);
		try {
			return await part({ source: source.side, target: target.side }, { endsAtMs, moved });
		} catch (error) {
			// The next one has another key.
			if (isKeyEnd(error, endsAtMs)) return 'part';
			throw error;
		} finally {
			source.close();
			target.close();
		}
	};
	try {
		await persistently(signal, attempt, {
			onWait: (error) => waitFor(error === null ? null : roleOf(error)),
		});
	} catch (error) {
		throw asAppError(error);
	}
}

/** What is no fault of the source's own is said of the target. */
export function roleOf(error: unknown): Side['role'] {
	return error instanceof TransferFault ? error.role : 'target';
}

/** A key of sh0's own ends while objects are under way that take longer than it lasts. */
function isKeyEnd(error: unknown, endsAtMs: number): boolean {
	if (!(error instanceof TransferFault) || Date.now() <= endsAtMs) return false;
	return error.kind === 'login' || error.isDenial;
}

/** Copies what the target has not, from the cursor to the end of the bucket. */
export async function copyBucket(work: BucketWork): Promise<void> {
	const troubles: Troubles = {
		...{ strikes: new Map(), parts: new Map(), spoiled: new Set() },
		leftOut: new LeftOut(),
	};
	await withSides(work, (sides, opened) => copyPages(work, sides, { ...opened, troubles }));
}

type Strikes = { count: number; sinceMs: number };

/**
 * Of objects that did not go well in this run: how often a side failed, how many parts the target kept at the most, those that were
 * written other than they were sent, and those that were left out.
 */
type Troubles = {
	strikes: Map<string, Strikes>;
	parts: Map<string, number>;
	spoiled: Set<string>;
	leftOut: LeftOut;
};
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
				attempt.troubles.leftOut.assertNotAll();
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
		if (there !== null && isNewer(there, entry) && !troubles.spoiled.has(entry.key))
			return { kind: 'finding', finding: 'different', reason: 'newer' };
		const condition = work.can.conditionalWrites ? conditionOf(there) : null;
		return await copied(work, sides, { entry, attempt, condition });
	} catch (error) {
		work.signal.throwIfAborted();
		return judged(await work.writeFailure(error), sides, { entry, attempt, signal: work.signal });
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
	const [one, other] = await Promise.all([md5Of(source, entry, signal), md5Of(target, there, signal)]);
	return one === other ? 'same' : 'different';
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
		if ((troubles.strikes.get(entry.key)?.count ?? 0) < MOST_STRIKES) moved();
	};
	const onPart = (kept: number): void => {
		// Parts that are sent again and again are no way forward.
		if (kept <= (troubles.parts.get(entry.key) ?? 0)) return;
		troubles.parts.set(entry.key, kept);
		troubles.strikes.delete(entry.key);
		moved();
	};
	const how = { condition, takesTags };
	const lost = await copyObject(source, target, entry, { signal, onBytes, onPart, upload, ...how });
	moved();
	troubles.leftOut.wentWell(entry.key);
	return { kind: 'copied', sizeBytes: entry.sizeBytes, lost };
}

type Failed = Pick<Tried, 'entry' | 'attempt'> & { signal: AbortSignal };

/** What a failure at one object means for it; throws what is about the whole copy. */
async function judged(error: unknown, sides: Sides, { entry, attempt, signal }: Failed): Promise<Result> {
	if (!(error instanceof TransferFault) || error.kind === 'login') throw error;
	if (isKeyEnd(error, attempt.endsAtMs)) throw error;
	const { role, code } = error;
	if (role === 'target' && code === 'StorageFull') throw new AppError('STORAGE_FULL', { cause: error });
	if (role === 'target' && code === 'QuotaExceeded')
		throw new AppError('STORAGE_QUOTA_EXCEEDED', { cause: error });
	if (code === 'NoSuchBucket') throw error;
	if (role === 'source' && code === 'NoSuchKey') return { kind: 'gone' };
	if (role === 'source' && code === 'PreconditionFailed')
		return { kind: 'finding', finding: 'different', reason: 'changed' };
	if (mayPass(error)) await assertStruckOut(error, sides[role], { entry, attempt, signal });
	if (error.kind === 'away' || error.isDenial) {
		const { strikes, leftOut } = attempt.troubles;
		// Its bytes go by for nothing from now on.
		const { count = 0, sinceMs = Date.now() } = strikes.get(entry.key) ?? {};
		strikes.set(entry.key, { count: Math.max(count, MOST_STRIKES), sinceMs });
		await leftOut.add(error, entry.key, sides, signal);
	}
	return { kind: 'finding', finding: 'refused', reason: `${role}:${code}` };
}

/** Somebody wrote there in between, what arrived is not what was sent, or the side cannot just now. */
function mayPass({ role, kind, code }: TransferFault): boolean {
	return kind === 'away' || code === 'BadDigest' || (role === 'target' && code === 'PreconditionFailed');
}

/** Throws what is to be tried again, until it has been often enough; a side that answers nothing else is waited for. */
async function assertStruckOut(
	fault: TransferFault,
	side: Side,
	{ entry: { key }, attempt: { troubles }, signal }: Failed,
): Promise<void> {
	const { strikes, spoiled } = troubles;
	if (fault.code === 'BadDigest') spoiled.add(key);
	const { count: former, sinceMs } = strikes.get(key) ?? { count: 0, sinceMs: Date.now() };
	const count = former + 1;
	strikes.set(key, { count, sinceMs });
	const isBroken = fault.code === 'unreachable';
	const isOut = isBroken
		? count > MOST_STRIKES && Date.now() - sinceMs >= LEAST_BROKEN_MS
		: count >= MOST_STRIKES;
	if (!isOut) throw retriable(fault);
	if (fault.kind === 'away') await listAfter(side, null, signal, 1);
}

function retriable({ role, code }: TransferFault): TransferFault {
	return new TransferFault(role, 'away', code);
}
