import { createHash } from 'node:crypto';
import { and, eq, isNull, ne, or } from 'drizzle-orm';
import { alias } from 'drizzle-orm/sqlite-core';
import type { ErrorCode } from '$lib/shared/error-codes';
import { writeTransaction, type Db } from '../db/client';
import { auditHead, auditLog, operations, type auditOutcomes } from '../db/schema/index';
import { AppError, isAppError } from '../errors';
import { hashOf, type AuditEntry } from './chain';
import { ChainWatch, type ChainSummary } from './chain-watch';
import { verifyChain, type ChainPoint, type ChainReport } from './verify';

export type Actor = {
	kind: 'user' | 'token' | 'system' | 'cli' | 'anonymous';
	id: string | null;
	label: string;
};
export type AuditTarget = { kind: string; id: string | null; name: string | null };
export type AuditIntent = {
	action: string;
	actor: Actor;
	projectId: string | null;
	target: AuditTarget | null;
	/** JSON of what was asked for; no secret. Beyond 64,000 characters its SHA-256, length and beginning are kept. */
	detail?: string | null;
	ip: string | null;
	requestId: string | null;
};
export type AuditOutcome = (typeof auditOutcomes)[number];

type AuditResult = { outcome: AuditOutcome; errorCode?: ErrorCode | null };

const MAX_TEXT_LENGTH = 500;
/** More than the largest change of rights comes to. */
const MAX_DETAIL_LENGTH = 64_000;
/** Outcomes that wait to be written; a restart finds what is beyond as interrupted. */
const MAX_WAITING = 1_000;

/** As SQLite will give it back: half a surrogate pair would come back changed and break the chain. */
function storable(text: string): string {
	return Buffer.from(text.slice(0, MAX_TEXT_LENGTH)).toString();
}

const storableOrNull = (text: string | null | undefined) =>
	text === null || text === undefined ? null : storable(text);

/** Nothing that was asked for hides behind the end of a long text: one that is too long is named by its SHA-256. */
function storableDetail(json: string | null | undefined): string | null {
	if (json === null || json === undefined) return null;
	if (json.length <= MAX_DETAIL_LENGTH) return Buffer.from(json).toString();
	const sha256 = createHash('sha256').update(json).digest('hex');
	const beginning = json.slice(0, MAX_DETAIL_LENGTH);
	return JSON.stringify({ sha256, characters: json.length, beginning });
}

/** Links the entry to the head. Inside a write transaction only: it holds the write lock, so no other process can link to the same head. */
function append(tx: Db, entry: Omit<AuditEntry, 'seq'>): number {
	const head = tx.select().from(auditHead).get();
	if (head === undefined) throw new Error('the head of the audit record is missing');
	const linked = { ...entry, seq: head.seq + 1 };
	const hash = hashOf(head.hash, linked);
	tx.insert(auditLog)
		.values({ ...linked, previousHash: head.hash, hash })
		.run();
	tx.update(auditHead).set({ seq: linked.seq, hash }).where(eq(auditHead.id, head.id)).run();
	return linked.seq;
}

/** The append-only record of who did what: an intent before every mutation, one outcome after it. */
export class Audit {
	readonly #db: Db;
	readonly #watch: ChainWatch;
	readonly #waiting = new Map<number, AuditResult>();

	constructor(db: Db) {
		this.#db = db;
		this.#watch = new ChainWatch((options) => this.verify(options));
	}

	/**
	 * Records that something is about to be done and gives the record's number. Throws AUDIT_UNAVAILABLE or DISK_FULL: then it must not
	 * be done.
	 */
	intent(entry: AuditIntent, tx: Db = this.#db): number {
		const seq = this.#appendIntent(entry, tx);
		if (tx === this.#db) this.#writeWaiting();
		return seq;
	}

	#appendIntent(entry: AuditIntent, tx: Db): number {
		return this.#write(tx, (inner) =>
			append(inner, {
				at: new Date(),
				phase: 'intent',
				intentSeq: null,
				projectId: entry.projectId,
				actorKind: entry.actor.kind,
				actorId: storableOrNull(entry.actor.id),
				actorLabel: storable(entry.actor.label),
				ip: storableOrNull(entry.ip),
				action: storable(entry.action),
				targetKind: storableOrNull(entry.target?.kind),
				targetId: storableOrNull(entry.target?.id),
				targetName: storableOrNull(entry.target?.name),
				detail: storableDetail(entry.detail),
				outcome: null,
				errorCode: null,
				requestId: storableOrNull(entry.requestId),
			}),
		);
	}

	/** Closes an intent. The first outcome stands: another one is left out. Throws AUDIT_UNAVAILABLE or DISK_FULL. */
	outcome(intentSeq: number, result: AuditResult, tx: Db = this.#db): void {
		this.#write(tx, (inner) => {
			const intent = inner.select().from(auditLog).where(eq(auditLog.seq, intentSeq)).get();
			if (intent?.phase !== 'intent') throw new Error(`no audit intent ${intentSeq}`);
			const closed = inner.select().from(auditLog).where(eq(auditLog.intentSeq, intentSeq)).get();
			if (closed !== undefined) return;
			append(inner, {
				...intent,
				at: new Date(),
				phase: 'outcome',
				intentSeq,
				outcome: result.outcome,
				errorCode: result.errorCode ?? null,
			});
		});
	}

	/** Keeps an outcome that could not be written until an intent can be: until then the action shows as begun. */
	outcomeLater(intentSeq: number, result: AuditResult): void {
		if (this.#waiting.size < MAX_WAITING) this.#waiting.set(intentSeq, result);
	}

	/** What still cannot be written waits on. */
	#writeWaiting(): void {
		for (const [intentSeq, result] of this.#waiting) {
			try {
				this.outcome(intentSeq, result);
			} catch {
				return;
			}
			this.#waiting.delete(intentSeq);
		}
	}

	/** Intents without an outcome that no running operation will close, oldest first. */
	listOrphans(): number[] {
		const outcome = alias(auditLog, 'outcome');
		return this.#db
			.select({ seq: auditLog.seq })
			.from(auditLog)
			.leftJoin(outcome, eq(outcome.intentSeq, auditLog.seq))
			.leftJoin(operations, eq(operations.auditIntentSeq, auditLog.seq))
			.where(
				and(
					eq(auditLog.phase, 'intent'),
					isNull(outcome.seq),
					or(isNull(operations.id), ne(operations.status, 'running')),
				),
			)
			.orderBy(auditLog.seq)
			.all()
			.map(({ seq }) => seq);
	}

	/** At boot, before anything is answered: marks what the last process left open as interrupted, and gives how many that were. */
	closeOrphans(): number {
		return this.#write(this.#db, (tx) => {
			const orphans = this.listOrphans();
			for (const seq of orphans) this.outcome(seq, { outcome: 'interrupted' }, tx);
			return orphans.length;
		});
	}

	/** See `verifyChain`. */
	verify(options: { from?: ChainPoint; mustContain?: ChainPoint } = {}): Promise<ChainReport> {
		return verifyChain(this.#db, options);
	}

	/** What `verify` finds, kept for some seconds and brought up to date by new entries only (see `ChainWatch`). */
	summary(): Promise<ChainSummary> {
		return this.#watch.summary();
	}

	#write<T>(tx: Db, run: (inner: Db) => T): T {
		try {
			return writeTransaction(tx, run);
		} catch (cause) {
			if (isAppError(cause, 'DISK_FULL', 'AUDIT_UNAVAILABLE')) throw cause;
			throw new AppError('AUDIT_UNAVAILABLE', { cause });
		}
	}
}
