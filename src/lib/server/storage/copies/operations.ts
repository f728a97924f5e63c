import { z } from 'zod';
import type { StepProgress } from '$lib/shared/operations';
import { writeTransaction } from '../../db/client';
import { unlessAborted, type Side } from '../../engines/s3-family/copy/client';
import { AppError, isAppError } from '../../errors';
import { defineOperation, type AnyOperation, type Step, type StepContext } from '../../operations/definition';
import { heldUpBy } from '../../operations/execution';
import { getService, type ServiceRow } from '../../services/repository';
import { capabilitiesOf, traitsOf } from '../deps';
import { writeFailure } from '../full-buckets';
import { persistently } from '../persistently';
import { copyBucket, type BucketWork } from './copier';
import { compareBucket } from './comparer';
import { copyKeys, type BegunKeys } from './keys';
import { abandonUploads, freeOfEarlier } from './left-uploads';
import {
	findCopy,
	listCopyBuckets,
	saveProgress,
	updateCopy,
	type BucketRow,
	type CopyRow,
} from './repository';
import { roleOf } from './sides';
import {
	asAppError,
	atService,
	hasBucket,
	openTarget,
	sourceOf,
	type CopyDeps,
	type Source,
} from './sources';
import { Tally } from './tally';

const copyInput = z.strictObject({ copyId: z.string() });
type Input = z.infer<typeof copyInput>;

/** How often it is looked whether somebody wants the copy to end. */
const WISH_EVERY_MS = 300;

type Work = {
	progress: Progress;
	copy: CopyRow;
	service: ServiceRow;
	source: Source;
	signal: AbortSignal;
};

type OperationDeps = CopyDeps & {
	/** What a limit of the whole server makes of the buckets' own quotas; throws until all of them have been told. */
	limits: { keepWithin(service: ServiceRow): Promise<void> };
};

/** How far a step is, and whom it waits for. */
class Progress {
	readonly #report: StepContext<Input>['progress'];
	#newest: StepProgress = { done: 0, total: 0, unit: 'steps', line: null };

	constructor(report: StepContext<Input>['progress']) {
		this.#report = report;
	}

	tell(done: number, total: number, unit: StepProgress['unit']): void {
		this.#newest = { done, total, unit, line: null };
		this.#report(this.#newest);
	}

	/** Null: for nobody any more. */
	waitFor(role: Side['role'] | null): void {
		const waitsFor = role === 'target' ? 'server' : role;
		this.#report(waitsFor === null ? this.#newest : { ...this.#newest, waitsFor });
	}
}

/** Copying buckets into a storage server. */
export function copyOperations(deps: OperationDeps): AnyOperation[] {
	return [
		defineOperation({
			kind: 'storage.copy',
			input: copyInput,
			steps: [
				step(deps, 'makeBuckets', (work) => makeBuckets(deps, work)),
				step(deps, 'copyObjects', (work) => copyObjects(deps, work)),
				step(deps, 'copyKeys', (work) => carryKeys(deps, work)),
				step(deps, 'compareSides', (work) => compareSides(deps, work)),
			],
			onSuccess: ({ input }, tx) =>
				updateCopy(tx, input.copyId, { state: 'done', wish: null, secretCell: null, endedAt: new Date() }),
			onFailure: ({ input }, tx, { error }) => {
				// A paused one goes on with its secret.
				if (error.code === 'COPY_PAUSED')
					return updateCopy(tx, input.copyId, { state: 'paused', wish: null });
				const state = error.code === 'COPY_CANCELLED' ? 'cancelled' : 'failed';
				updateCopy(tx, input.copyId, { state, wish: null, secretCell: null, endedAt: new Date() });
			},
		}),
	];
}

function step(deps: CopyDeps, key: Step<Input>['key'], run: (work: Work) => Promise<void>): Step<Input> {
	return {
		key,
		run: async (context) => {
			const service = getService(deps.db, context.operation.serviceId);
			const copy = getCopy(deps, context.input.copyId);
			try {
				const source = sourceOf(deps, copy, service);
				await whileWanted(deps, copy.id, context.signal, (signal) =>
					run({ progress: new Progress(context.progress), copy, service, source, signal }),
				);
			} catch (error) {
				const goesOn = context.signal.aborted || isAppError(error, 'COPY_PAUSED') || heldUpBy(error) !== null;
				// What goes wrong now does not take the place of what went wrong.
				if (!goesOn)
					await abandonUploads(deps, service, copy.id).catch((left: unknown) =>
						deps.log.warn('unfinished uploads left', { copy: copy.id, error: left }),
					);
				const told = asAppError(error);
				throw copy.sourceServiceId === null ? told : atService(told);
			}
		},
	};
}

/** Throws NOT_FOUND. */
function getCopy({ db }: Pick<CopyDeps, 'db'>, id: string): CopyRow {
	const copy = findCopy(db, id);
	if (!copy) throw new AppError('NOT_FOUND');
	return copy;
}

/** Ends the work as soon as somebody wants it to. Throws COPY_PAUSED, COPY_CANCELLED. */
async function whileWanted(
	deps: CopyDeps,
	copyId: string,
	signal: AbortSignal,
	run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
	const end = new AbortController();
	const look = (): void => {
		const wish = findCopy(deps.db, copyId)?.wish ?? null;
		if (wish !== null) end.abort(new AppError(wish === 'pause' ? 'COPY_PAUSED' : 'COPY_CANCELLED'));
	};
	look();
	const timer = setInterval(look, WISH_EVERY_MS);
	try {
		end.signal.throwIfAborted();
		await run(AbortSignal.any([signal, end.signal]));
	} finally {
		clearInterval(timer);
	}
}

/** Does it again while one of the servers does not answer. */
async function patiently({ signal, progress }: Work, run: () => Promise<void>): Promise<void> {
	const attempt = async () => {
		await run();
		return 'all' as const;
	};
	const onWait = (error: unknown): void => progress.waitFor(error === null ? null : roleOf(error));
	await persistently(signal, attempt, { onWait });
}

/** Sees what is in the source, and makes the buckets that the target has not, of those that are not copied yet. */
async function makeBuckets(deps: OperationDeps, work: Work): Promise<void> {
	await freeOfEarlier(deps, work.service);
	const names = listCopyBuckets(deps.db, work.copy.id).flatMap(({ isCopied, target }) =>
		isCopied ? [] : [target],
	);
	await patiently(work, () => makeThese(deps, work));
	await patiently(work, () => keepLimit(deps, work, names));
}

async function makeThese(
	deps: OperationDeps,
	{ copy, service, source, signal, progress }: Work,
): Promise<void> {
	const admin = await deps.broker.storageAdmin(service);
	const sizes = new Map(
		copy.sourceServiceId === null
			? []
			: (await source.buckets(signal)).map((bucket) => [bucket.name, bucket] as const),
	);
	const rows = listCopyBuckets(deps.db, copy.id).filter(({ isCopied }) => !isCopied);
	for (const [index, row] of rows.entries()) {
		signal.throwIfAborted();
		if (!(await hasBucket(admin, row.target))) await admin.createBucket(row.target);
		const size = sizes.get(row.source);
		const found = { ...(await source.leftBehind(row.source, signal)) };
		const leftBehind = { ...row.leftBehind, ...found };
		const counts = { sourceObjects: size?.objects ?? null, sourceBytes: size?.sizeBytes ?? null };
		saveProgress(deps.db, { ...row, ...counts, leftBehind }, []);
		progress.tell(index + 1, rows.length, 'steps');
	}
}

/** No object comes before the quotas of its bucket keep it within the server's limit. */
async function keepLimit(deps: OperationDeps, { service, signal }: Work, buckets: string[]): Promise<void> {
	try {
		await unlessAborted(signal, deps.limits.keepWithin(service));
	} catch (error) {
		signal.throwIfAborted();
		// Another bucket that cannot be told is no hindrance.
		if (!(await areKept(deps, service, buckets))) throw error;
	}
}

async function areKept(deps: OperationDeps, { id }: ServiceRow, buckets: string[]): Promise<boolean> {
	const service = getService(deps.db, id);
	const { dataLimitBytes } = service;
	if (dataLimitBytes === null) return true;
	const admin = await deps.broker.storageAdmin(service);
	for (const name of buckets) {
		const { maxBytes = null } = (await admin.findBucket(name))?.quota ?? {};
		if (maxBytes === null || maxBytes > dataLimitBytes) return false;
	}
	return true;
}

/** Does `work` for each bucket that it is not done for yet, one after another, and tells how many objects have been seen in all. */
async function eachBucket(
	deps: CopyDeps,
	{ copy, service, source, signal, progress }: Work,
	{ isDone, work }: { isDone: (row: BucketRow) => boolean; work: (work: BucketWork) => Promise<void> },
): Promise<void> {
	const rows = listCopyBuckets(deps.db, copy.id);
	const expected = rows.reduce((sum, { sourceObjects }) => sum + (sourceObjects ?? NaN), 0);
	const { tags, conditionalWrites } = capabilitiesOf(deps, service);
	const can = { tags: tags === null, conditionalWrites: conditionalWrites === null };
	const report = (): void => {
		const seen = rows.reduce((sum, row) => sum + row.seen, 0);
		progress.tell(seen, Number.isNaN(expected) ? 0 : expected, 'objects');
	};
	for (const row of rows) {
		if (isDone(row)) continue;
		report();
		const open = async () => {
			const from = await source.open(row.source);
			try {
				return { source: from, target: await openTarget(deps, service, row.target) };
			} catch (error) {
				from.close();
				throw error;
			}
		};
		const to = { service, bucket: row.target };
		await work({
			...{ open, can, signal, report, traits: traitsOf(deps, service), tally: new Tally(deps.db, row) },
			waitFor: (role) => progress.waitFor(role),
			writeFailure: (error) => writeFailure(deps, to, error),
		});
	}
}

function copyObjects(deps: CopyDeps, work: Work): Promise<void> {
	return eachBucket(deps, work, {
		isDone: ({ isCopied }) => isCopied,
		work: async (bucket) => {
			await copyBucket(bucket);
			Object.assign(bucket.tally.row, { isCopied: true, bytesPerSecond: 0 });
			bucket.tally.save();
		},
	});
}

async function carryKeys(deps: CopyDeps, work: Work): Promise<void> {
	const { copy, service, source } = work;
	if (!copy.carriesKeys) return;
	const rows = listCopyBuckets(deps.db, copy.id);
	const names = new Map(rows.map((row) => [row.source, row.target]));
	await patiently(work, async () => {
		const keys = await source.keys();
		if (keys === null) return;
		const admin = await deps.broker.storageAdmin(service);
		const copied = await copyKeys({ keys }, admin, names, begunKeys(deps, copy.id));
		writeTransaction(deps.db, (tx) => updateCopy(tx, copy.id, { keys: copied }));
	});
}

/** On record, since the panel may start again at any of them. */
function begunKeys(deps: CopyDeps, copyId: string): BegunKeys {
	const keys = new Map(getCopy(deps, copyId).keys.map((key) => [key.id, key]));
	return {
		has: (id) => keys.get(id)?.outcome === 'carried',
		add(key) {
			keys.set(key.id, key);
			writeTransaction(deps.db, (tx) => updateCopy(tx, copyId, { keys: [...keys.values()] }));
		},
	};
}

function compareSides(deps: CopyDeps, work: Work): Promise<void> {
	return eachBucket(deps, work, {
		isDone: ({ isCompared }) => isCompared,
		work: (bucket) => compareBucket(deps.db, bucket, work.copy.createdAt),
	});
}
