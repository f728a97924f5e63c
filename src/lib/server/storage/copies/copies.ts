import type { z } from 'zod';
import { leftBehinds, type CopyWish } from '$lib/shared/storage-copies';
import { writeTransaction } from '../../db/client';
import { TransferFault } from '../../engines/s3-family/copy/client';
import { listAfter } from '../../engines/s3-family/copy/objects';
import { assertNewBucketName } from '../../engines/s3-family/checks';
import type { StorageAdmin } from '../../engines/storage';
import { AppError, isAppError } from '../../errors';
import { newId } from '../../ids';
import { findOperation } from '../../operations/repository';
import type { OperationRunner } from '../../operations/runner';
import { Places } from '../../places';
import { Secret } from '../../secret';
import { beginOperation, type Caller, type Started } from '../../services/begin-operation';
import type { ServiceRow } from '../../services/repository';
import { cellAddress } from '../../vault';
import { endpointOf } from './address';
import { abandonUploads } from './left-uploads';
import {
	findCopy,
	hasUploads,
	insertCopy,
	listCopies,
	listCopyBuckets,
	listFindings,
	updateCopy,
	type BucketRow,
	type CopyRow,
	type NewCopy,
} from './repository';
import type { bucketsInput, checkView, copyItem, copyView, reportView, sourceInput } from './schemas';
import {
	asAppError,
	atService,
	briefly,
	hasBucket,
	openTarget,
	outsideSource,
	serviceSource,
	sourceService,
	tookTooLong,
	type CopyDeps,
	type Source,
	type SourceBucket,
} from './sources';

type SourceInput = z.infer<typeof sourceInput>;
type Wanted = { source: SourceInput; secret?: string | undefined };
type BucketInput = z.infer<typeof bucketsInput>[number];
type Pair = { source: string; target: string };

/** What stands in the way of a copy is looked for no longer, however many buckets there are. */
const PLAN_LIMIT_MS = 2 * 60_000;
/** For one server. */
const LOOKS_AT_ONCE = 2;
const BUSY_SECONDS = 5;

/** Whoever waits for a plan: it ends with them, and at its deadline. */
type Patience = { deadline: AbortSignal; hasLeft: () => boolean };

/** Copies of buckets into a storage server. Everything throws SERVICE_NOT_RUNNING, ENGINE_UNREACHABLE, DOCKER_UNAVAILABLE. */
export class StorageCopies {
	readonly #deps: CopyDeps;
	readonly #planLimitMs: number;
	/** Looks at sources that are under way: nobody tries addresses out by the hundred, or lets the panel wait at all of them. */
	readonly #looks = new Places({ each: LOOKS_AT_ONCE, all: Infinity });

	constructor(deps: CopyDeps, { planLimitMs = PLAN_LIMIT_MS }: { planLimitMs?: number } = {}) {
		this.#deps = deps;
		this.#planLimitMs = planLimitMs;
	}

	/** `takesPrivate`: sources outside may be at private addresses. */
	options(): { takesPrivate: boolean } {
		return { takesPrivate: this.#deps.network.takesPrivate };
	}

	/** Connects to a source and lists its buckets. Throws NOT_FOUND, COPY_ADDRESS_REFUSED, COPY_SOURCE_*, THROTTLED. */
	async check(service: ServiceRow, wanted: Wanted): Promise<z.infer<typeof checkView>> {
		const source = this.#open(service, wanted);
		return this.#looking(service, wanted, async () => {
			const keys = await briefly(() => source.keys());
			const buckets = await briefly((signal) => namedBuckets(source, signal));
			return {
				buckets: buckets?.map(({ name, objects, sizeBytes }) => ({ name, objects, sizeBytes })) ?? null,
				carriesSecrets: (keys?.exportSecret ?? null) !== null,
			};
		});
	}

	/**
	 * Begins a copy of these buckets, or of all when `buckets` is null. Throws as `check`, SERVICE_BUSY, and with the bucket's place in
	 * `field`: NAME_*, BUCKET_NOT_EMPTY for one that is not said to be existing, BUCKET_NOT_FOUND. Nothing begins, and OPERATION_INTERRUPTED
	 * is thrown, when the caller `hasLeft` before that is known.
	 */
	async create(
		runner: OperationRunner,
		service: ServiceRow,
		input: Wanted & {
			buckets: BucketInput[] | null;
			carriesKeys: boolean;
			caller: Caller;
			hasLeft?: (() => boolean) | undefined;
		},
	): Promise<Started & { copyId: string }> {
		const source = this.#open(service, input);
		const { buckets, hasLeft = () => false } = input;
		const patience = { deadline: AbortSignal.timeout(this.#planLimitMs), hasLeft };
		const pairs = await this.#looking(service, input, () => this.#plan(service, source, buckets, patience));
		const copyId = newId('storageCopy');
		const row = this.#rowOf(service, copyId, input);
		const started = beginOperation(
			{ db: this.#deps.db, runner },
			{
				...{ kind: 'storage.copy', serviceId: service.id, caller: input.caller, phases: ['ready'] },
				input: () => ({ copyId }),
				values: (tx) => {
					insertCopy(tx, row, pairs);
					return {};
				},
			},
		);
		this.#set(copyId, { operationId: started.operationId });
		return { ...started, copyId };
	}

	/** The newest, and all that are not over. */
	list(service: ServiceRow): z.infer<typeof copyItem>[] {
		return listCopies(this.#deps.db, service.id).map((copy) => {
			const rows = listCopyBuckets(this.#deps.db, copy.id);
			const sum = (of: (row: BucketRow) => number) => rows.reduce((total, row) => total + of(row), 0);
			return {
				...factsOf(copy),
				buckets: rows.length,
				seen: sum(({ seen }) => seen),
				copied: sum(({ copied }) => copied),
				copiedBytes: sum(({ copiedBytes }) => copiedBytes),
				missing: sum(({ missing }) => missing),
				different: sum(({ different }) => different),
				refused: sum(({ refused }) => refused),
			};
		});
	}

	/** Throws NOT_FOUND. */
	get(service: ServiceRow, copyId: string): z.infer<typeof copyView> {
		const copy = this.#copy(service, copyId);
		const { endpoint, region, accessKeyId, isPathStyle, isInOwnNetwork, carriesKeys } = copy;
		const hasLogin = endpoint !== null && region !== null && accessKeyId !== null;
		return {
			...factsOf(copy),
			carriesKeys,
			...this.#operationOf(copy),
			outside: hasLogin ? { endpoint, region, accessKeyId, isPathStyle, isInOwnNetwork } : null,
			buckets: listCopyBuckets(this.#deps.db, copyId).map(viewOf),
		};
	}

	/** What is not as in the source, and what was not carried over. Throws NOT_FOUND. */
	report(service: ServiceRow, copyId: string): z.infer<typeof reportView> {
		const { keys } = this.#copy(service, copyId);
		const rows = listCopyBuckets(this.#deps.db, copyId);
		const findings = listFindings(this.#deps.db, copyId);
		const found = rows.reduce((sum, row) => sum + row.missing + row.different + row.refused, 0);
		return {
			findings: findings.map(({ position, key, finding, reason }) => ({
				...{ bucket: rows[position]?.source ?? '', key, finding, reason },
			})),
			isCut: found > findings.length,
			leftBehind: rows.flatMap(({ source, leftBehind }) =>
				leftBehinds.flatMap((what) => {
					const count = leftBehind[what];
					return count === undefined ? [] : [{ bucket: source, what, count }];
				}),
			),
			keys,
		};
	}

	/** Lets a copy pause, or end; what was copied stays. One that failed frees what it could not then. Throws NOT_FOUND, COPY_STATE. */
	async stop(service: ServiceRow, copyId: string, wish: CopyWish): Promise<void> {
		const copy = this.#copy(service, copyId);
		if (copy.state === 'running') return this.#set(copyId, { wish });
		const hasLeft = copy.state === 'failed' && hasUploads(this.#deps.db, copyId);
		if (wish === 'pause' || !(copy.state === 'paused' || hasLeft)) throw new AppError('COPY_STATE');
		if (!hasLeft) this.#set(copyId, { state: 'cancelled', secretCell: null, endedAt: new Date() });
		await abandonUploads(this.#deps, service, copyId);
	}

	/** Goes on with a paused copy from where it was. Throws NOT_FOUND, COPY_STATE, SERVICE_BUSY. */
	resume(
		runner: OperationRunner,
		service: ServiceRow,
		{ copyId, caller }: { copyId: string; caller: Caller },
	): Started & { copyId: string } {
		const started = beginOperation(
			{ db: this.#deps.db, runner },
			{
				...{ kind: 'storage.copy', serviceId: service.id, caller, phases: ['ready'] },
				input: () => ({ copyId }),
				values: (tx) => {
					if (this.#copy(service, copyId).state !== 'paused') throw new AppError('COPY_STATE');
					updateCopy(tx, copyId, { state: 'running', wish: null });
					return {};
				},
			},
		);
		this.#set(copyId, { operationId: started.operationId });
		return { ...started, copyId };
	}

	/** What the copy's newest operation says of it. */
	#operationOf({ state, operationId }: CopyRow): Pick<z.infer<typeof copyView>, 'waitsFor' | 'failure'> {
		const operation = operationId === null ? undefined : findOperation(this.#deps.db, operationId);
		if (operation === undefined) return { waitsFor: null, failure: null };
		const { row, steps } = operation;
		const running = state === 'running' ? steps.find(({ status }) => status === 'running') : undefined;
		const hasFailed = state === 'failed' && row.errorCode !== null;
		return {
			waitsFor: running?.progress?.waitsFor ?? null,
			failure: hasFailed ? { code: row.errorCode ?? 'INTERNAL', details: row.errorDetails } : null,
		};
	}

	#set(copyId: string, values: Partial<CopyRow>): void {
		writeTransaction(this.#deps.db, (tx) => updateCopy(tx, copyId, values));
	}

	#copy(service: ServiceRow, copyId: string): CopyRow {
		const copy = findCopy(this.#deps.db, copyId);
		if (copy?.serviceId !== service.id) throw new AppError('NOT_FOUND');
		return copy;
	}

	#open(service: ServiceRow, { source, secret }: Wanted): Source {
		if (source.kind === 'service') {
			if (source.serviceId === service.id) throw new AppError('BAD_INPUT', { field: 'source' });
			return serviceSource(this.#deps, sourceService(this.#deps, service, source.serviceId));
		}
		if (secret === undefined) throw new AppError('BAD_INPUT', { field: 'secret' });
		const { kind: _kind, ...login } = source;
		return outsideSource(this.#deps.network, { ...login, secret: new Secret(secret) });
	}

	#rowOf(
		service: ServiceRow,
		id: string,
		{ source, secret, carriesKeys }: Wanted & { carriesKeys: boolean },
	): NewCopy {
		const base = { id, serviceId: service.id, state: 'running' as const, createdAt: new Date() };
		if (source.kind === 'service') {
			const { name } = sourceService(this.#deps, service, source.serviceId);
			return { ...base, sourceServiceId: source.serviceId, sourceName: name, carriesKeys };
		}
		const { kind: _kind, ...login } = source;
		const { origin, host } = endpointOf(login.endpoint);
		const cell = new Secret(secret ?? '');
		const secretCell = this.#deps.vault.encrypt(cellAddress.storageCopySecret(id), cell);
		return { ...base, ...login, endpoint: origin, sourceName: host, secretCell };
	}

	async #looking<T>({ id }: ServiceRow, { source }: Wanted, look: () => Promise<T>): Promise<T> {
		const giveBack = this.#looks.take(id);
		if (giveBack === null) throw new AppError('THROTTLED', { details: { retryAfterSeconds: BUSY_SECONDS } });
		try {
			return await look();
		} catch (error) {
			throw source.kind === 'service' ? atService(error) : error;
		} finally {
			giveBack();
		}
	}

	/** Which bucket goes where; what stands in the way is thrown before anything begins. */
	async #plan(
		service: ServiceRow,
		source: Source,
		wanted: BucketInput[] | null,
		{ deadline, hasLeft }: Patience,
	): Promise<Pair[]> {
		const inputs = wanted ?? (await this.#all(source, deadline));
		const targets = new Set<string>();
		const pairs: Pair[] = [];
		const admin = await this.#deps.broker.storageAdmin(service);
		for (const [index, { source: name, target, isIntoExisting }] of inputs.entries()) {
			if (hasLeft()) throw new AppError('OPERATION_INTERRUPTED');
			if (deadline.aborted) throw tookTooLong();
			const pair = { source: name, target: target ?? name };
			const field = `buckets.${index}.target`;
			if (targets.has(pair.target)) throw new AppError('BUCKET_EXISTS', { field });
			targets.add(pair.target);
			await this.#assertTarget(service, admin, pair.target, isIntoExisting).catch((error: unknown) => {
				throw atBucket(error, { field, bucket: pair.target });
			});
			await this.#assertSource(source, pair.source, { field: `buckets.${index}.source`, deadline });
			pairs.push(pair);
		}
		if (hasLeft()) throw new AppError('OPERATION_INTERRUPTED');
		return pairs;
	}

	async #all(source: Source, deadline: AbortSignal): Promise<BucketInput[]> {
		const names = await briefly((signal) => source.bucketNames(signal), deadline);
		if (names.length === 0) throw new AppError('BUCKET_NOT_FOUND', { field: 'buckets' });
		return names.map((name) => ({ source: name, target: null, isIntoExisting: false }));
	}

	async #assertTarget(
		service: ServiceRow,
		admin: StorageAdmin,
		name: string,
		isIntoExisting: boolean,
	): Promise<void> {
		if (!(await hasBucket(admin, name))) return assertNewBucketName(name);
		if (isIntoExisting) return;
		const { side, close } = await openTarget(this.#deps, service, name);
		try {
			const { entries } = await briefly((signal) => listAfter(side, null, signal, 1));
			if (entries.length > 0) throw new AppError('BUCKET_NOT_EMPTY');
		} finally {
			close();
		}
	}

	async #assertSource(
		source: Source,
		name: string,
		{ field, deadline }: { field: string; deadline: AbortSignal },
	): Promise<void> {
		try {
			const { side, close } = await source.open(name);
			await briefly((signal) => listAfter(side, null, signal, 1), deadline).finally(close);
		} catch (error) {
			const isNone = error instanceof AppError && error.details.code === 'NoSuchBucket';
			throw isNone ? new AppError('BUCKET_NOT_FOUND', { field }) : atBucket(error, { field, bucket: name });
		}
	}
}

/** As an error about this bucket of the form. */
function atBucket(error: unknown, { field, bucket }: { field: string; bucket: string }): unknown {
	const known = asAppError(error);
	const codes = [
		...(['NAME_INVALID', 'NAME_RESERVED', 'NAME_TOO_LONG'] as const),
		...(['BUCKET_EXISTS', 'BUCKET_NOT_EMPTY', 'BUCKET_NOT_FOUND', 'COPY_SOURCE_REFUSED'] as const),
	];
	if (!isAppError(known, ...codes)) return known;
	return new AppError(known.code, { cause: known, details: { ...known.details, bucket }, field });
}

/** Null when the key may not list them. */
async function namedBuckets(source: Source, signal: AbortSignal): Promise<SourceBucket[] | null> {
	try {
		return await source.buckets(signal);
	} catch (error) {
		if (error instanceof TransferFault && error.code === 'AccessDenied') return null;
		throw error;
	}
}

function factsOf({ id, sourceName, sourceServiceId, state, operationId, createdAt, endedAt }: CopyRow) {
	return { id, sourceName, sourceServiceId, state, operationId, createdAt, endedAt };
}

function viewOf(row: BucketRow): z.infer<typeof copyView>['buckets'][number] {
	const {
		copyId: _copy,
		position: _position,
		cursor: _cursor,
		uploads: _uploads,
		leftBehind: _left,
		...view
	} = row;
	return view;
}
