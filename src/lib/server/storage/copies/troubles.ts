import { isTlsCode } from '$lib/shared/tls-codes';
import { TransferFault } from '../../engines/s3-family/copy/client';
import { listAfter } from '../../engines/s3-family/copy/objects';
import { AppError } from '../../errors';
import { LeftOut } from './left-out';
import { Hitch, isKeyEnd, type Opened, type Sides } from './sides';
import type { Result, Tally } from './tally';

/**
 * An object at which a side fails so often, while it answers otherwise, is left out; and its bytes count no more as getting further, since
 * each attempt begins it anew.
 */
const MOST_STRIKES = 3;
/** A way that breaks off now and then is no fault of the object's: it is given more time. */
const LEAST_BROKEN_MS = 30_000;

type Strikes = { count: number; sinceMs: number };

/** Of objects that did not go well in one run. */
export class Troubles {
	/** How often a side failed. */
	readonly #strikes = new Map<string, Strikes>();
	/** How many parts the target kept at the most. */
	readonly #parts = new Map<string, number>();
	/** Those that were written other than they were sent. */
	readonly #spoiled = new Set<string>();
	readonly leftOut: LeftOut;

	constructor(tally: Tally) {
		this.leftOut = new LeftOut(tally);
	}

	isSpoiled(key: string): boolean {
		return this.#spoiled.has(key);
	}

	isStruckOut(key: string): boolean {
		return (this.#strikes.get(key)?.count ?? 0) >= MOST_STRIKES;
	}

	/** True when the target has never kept so many of its parts: those that are sent again and again are no way forward. */
	isFurther(key: string, kept: number): boolean {
		if (kept <= (this.#parts.get(key) ?? 0)) return false;
		this.#parts.set(key, kept);
		this.#strikes.delete(key);
		return true;
	}

	/** What a failure at one object means for it; throws what is about the whole copy, and what is to be tried again. */
	async judge(error: unknown, key: string, { sides, opened, signal }: Situation): Promise<Result> {
		if (!(error instanceof TransferFault) || isOfAll(error) || isKeyEnd(error, opened.endsAtMs)) throw error;
		const { role, code } = error;
		if (role === 'target' && code === 'StorageFull') throw new AppError('STORAGE_FULL', { cause: error });
		if (role === 'target' && code === 'QuotaExceeded')
			throw new AppError('STORAGE_QUOTA_EXCEEDED', { cause: error });
		if (role === 'source' && code === 'NoSuchKey') return { kind: 'gone' };
		if (role === 'source' && code === 'PreconditionFailed')
			return { kind: 'finding', finding: 'different', reason: 'changed' };
		if (mayPass(error)) await this.#assertStruckOut(error, key, { sides, signal });
		if (error.kind === 'away' || error.isDenial) {
			// Its bytes go by for nothing from now on.
			const { count = 0, sinceMs = Date.now() } = this.#strikes.get(key) ?? {};
			this.#strikes.set(key, { count: Math.max(count, MOST_STRIKES), sinceMs });
			await this.leftOut.add(error, key, sides, signal);
		}
		return { kind: 'finding', finding: 'refused', reason: `${role}:${code}` };
	}

	/** Throws what is to be tried again, until it has been often enough; a side that answers nothing else is waited for. */
	async #assertStruckOut(
		fault: TransferFault,
		key: string,
		{ sides, signal }: Pick<Situation, 'sides' | 'signal'>,
	): Promise<void> {
		if (fault.code === 'BadDigest') this.#spoiled.add(key);
		const { count: former, sinceMs } = this.#strikes.get(key) ?? { count: 0, sinceMs: Date.now() };
		const count = former + 1;
		this.#strikes.set(key, { count, sinceMs });
		const isBroken = fault.code === 'unreachable';
		const isOut = isBroken
			? count > MOST_STRIKES && Date.now() - sinceMs >= LEAST_BROKEN_MS
			: count >= MOST_STRIKES;
		if (!isOut) throw fault.kind === 'away' ? fault : new Hitch(fault);
		if (fault.kind === 'away') await listAfter(sides[fault.role], null, signal, 1);
	}
}

type Situation = { sides: Sides; opened: Opened; signal: AbortSignal };

/** No other object will go better. */
function isOfAll({ kind, code }: TransferFault): boolean {
	return kind === 'login' || code === 'NoSuchBucket' || isTlsCode(code);
}

/** Somebody wrote there in between, what arrived is not what was sent, or the side cannot just now. */
function mayPass({ role, kind, code }: TransferFault): boolean {
	return kind === 'away' || code === 'BadDigest' || (role === 'target' && code === 'PreconditionFailed');
}
