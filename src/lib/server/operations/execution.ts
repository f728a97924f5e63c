import { setTimeout as sleep } from 'node:timers/promises';
import type { Audit } from '../audit/audit';
import { writeTransaction, type Db } from '../db/client';
import { AppError, isAppError } from '../errors';
import type { Logger } from '../log';
import type { OperationBus } from './bus';
import { BeginAgain, type AnyOperation, type Plan } from './definition';
import { ProgressReporter } from './progress';
import {
	updateOperation,
	updateStep,
	type OperationRow,
	type OperationWithSteps,
	type StepRow,
} from './repository';
import { operationView, type OperationView, type WaitingFor } from './view';

/**
 * How long an operation waits for Docker to come back, or for room on the disk, before it fails. What is taken back waits without limit:
 * half of it would be left to people.
 */
export const PATIENCE_MS = 10 * 60_000;
const MAX_PAUSE_MS = 5_000;
const MAX_BEGINNINGS = 3;

export type ExecutionDeps = {
	db: Db;
	audit: Pick<Audit, 'outcome'>;
	log: Logger;
	bus: OperationBus;
	signal: AbortSignal;
	patienceMs: number;
};

/** Thrown when the panel is stopping: the operation stays as it is and another process takes it up. */
class Left extends Error {}

/** What goes by itself: the work is held up, not wrong. */
export function heldUpBy(error: unknown): WaitingFor {
	if (isAppError(error, 'DOCKER_UNAVAILABLE')) return 'docker';
	if (isAppError(error, 'DISK_FULL')) return 'disk';
	if (isAppError(error, 'SEALED')) return 'vault';
	return null;
}

function toAppError(error: unknown): AppError {
	return isAppError(error) ? error : new AppError('INTERNAL', { cause: error });
}

/** One run of one operation: forward through its steps, or back again after a failure. Every change is stored before it is told. */
export class Execution {
	readonly #deps: ExecutionDeps;
	readonly #operation: OperationRow;
	readonly #steps: StepRow[];
	readonly #definition: AnyOperation;
	/** Steps whose newest state is not stored yet. */
	readonly #unstored = new Set<StepRow>();
	readonly #cancellation = new AbortController();
	#waitingFor: WaitingFor = null;
	#heldUpSinceMs: number | null = null;
	#pauseMs = 0;
	#beginnings = 0;

	constructor(deps: ExecutionDeps, definition: AnyOperation, { row, steps }: OperationWithSteps) {
		this.#deps = deps;
		this.#definition = definition;
		this.#operation = row;
		this.#steps = steps;
	}

	view(): OperationView {
		const live = { waitingFor: this.#waitingFor, canCancel: this.#canCancel() };
		return operationView(this.#operation, this.#steps, live);
	}

	/** Ends the present step; then everything is taken back. Throws OPERATION_NOT_CANCELLABLE unless that step can be ended. */
	cancel(): void {
		if (!this.#canCancel()) throw new AppError('OPERATION_NOT_CANCELLABLE');
		const error = new AppError('OPERATION_CANCELLED');
		const failure = { errorCode: error.code };
		// On record first: if the panel ends now, the next one goes back too.
		writeTransaction(this.#deps.db, (tx) => updateOperation(tx, this.#operation.id, failure));
		Object.assign(this.#operation, failure);
		this.#cancellation.abort(error);
		this.#publish();
	}

	#canCancel(): boolean {
		const { status, errorCode } = this.#operation;
		if (status !== 'running' || errorCode !== null) return false;
		const { cancellableKeys } = this.#definition;
		return this.#steps.some((step) => step.status === 'running' && cancellableKeys.includes(step.key));
	}

	#assertNotCancelled(): void {
		this.#cancellation.signal.throwIfAborted();
	}

	/** Runs to the end. Resolves early, with the operation still running, only when the panel is stopping. */
	async run(): Promise<void> {
		try {
			const { signal } = this.#deps;
			const forward = AbortSignal.any([signal, this.#cancellation.signal]);
			const plan = this.#definition.plan(this.#operation, forward);
			const error = this.#storedFailure() ?? (await this.#goForward(plan));
			if (error) await this.#goBack(this.#definition.plan(this.#operation, signal), error);
		} catch (error) {
			if (!(error instanceof Left)) throw error;
		}
	}

	#storedFailure(): AppError | null {
		const { errorCode, errorDetails } = this.#operation;
		return errorCode === null ? null : new AppError(errorCode, { details: errorDetails ?? {} });
	}

	async #goForward(plan: Plan): Promise<AppError | null> {
		if (this.#operation.attempts > 1) await this.#rewind(plan.resumeFrom());
		for (let next = this.#firstOpen(); next; next = this.#firstOpen()) {
			const error = await this.#runStep(plan, next);
			if (error) return error;
		}
		return this.#succeed(plan);
	}

	#firstOpen(): StepRow | undefined {
		return this.#steps.find((step) => step.status !== 'done');
	}

	/** Null when the step is done, or is to be tried again. */
	async #runStep(plan: Plan, step: StepRow): Promise<AppError | null> {
		if (this.#deps.signal.aborted) {
			await this.#save(() => {});
			throw new Left();
		}
		await this.#setStep(step, { status: 'running', startedAt: new Date(), finishedAt: null });
		try {
			this.#assertNotCancelled();
			await this.#reporting(step, (report) => plan.run(step.position, report));
			// One that was done before it noticed is taken back all the same.
			this.#assertNotCancelled();
			this.#isMovingAgain();
			this.#markDone(step);
			return null;
		} catch (error) {
			return this.#afterError(plan, step, error);
		}
	}

	async #afterError(plan: Plan, step: StepRow, error: unknown): Promise<AppError | null> {
		if (error instanceof Left || this.#deps.signal.aborted) throw new Left();
		const { signal } = this.#cancellation;
		if (signal.aborted) return toAppError(signal.reason);
		if (error instanceof BeginAgain) {
			this.#beginnings += 1;
			if (this.#beginnings > MAX_BEGINNINGS) return toAppError(error.cause);
			this.#log('operation begins again', { from: error.from, error: error.cause });
			await this.#rewind(error.from);
			return null;
		}
		const heldUp = heldUpBy(error);
		if (heldUp && (await this.#pause(heldUp, { error, isPatient: plan.isPatient(step.position) }))) {
			await this.#rewind(plan.resumeFrom());
			return null;
		}
		return toAppError(error);
	}

	async #rewind(from: string | null): Promise<void> {
		const start = from === null ? -1 : this.#steps.findIndex((step) => step.key === from);
		if (start < 0) return;
		for (const step of this.#steps.slice(start)) {
			if (step.status === 'waiting') continue;
			await this.#setStep(step, { status: 'waiting', progress: null, startedAt: null, finishedAt: null });
		}
	}

	async #succeed(plan: Plan): Promise<AppError | null> {
		try {
			await this.#finish('succeeded', (tx) => plan.onSuccess(tx));
			return null;
		} catch (error) {
			if (error instanceof Left) throw error;
			return toAppError(error);
		}
	}

	async #goBack(plan: Plan, error: AppError): Promise<void> {
		await this.#storeFailure(error);
		this.#heldUpSinceMs = null;
		const canUndo = this.#definition.canUndo && !this.#isPastReturn();
		let isUndone = canUndo;
		for (const step of canUndo ? [...this.#steps].reverse() : []) {
			if (step.status === 'waiting' || step.status === 'undone') continue;
			isUndone = (await this.#undoStep(plan, step)) && isUndone;
		}
		// One that was cancelled, or left by a panel that ended, and could not be undone.
		for (const step of this.#steps) if (step.status === 'running') await this.#endStep(step, 'failed');
		const status = isUndone ? 'undone' : 'failed';
		await this.#finish(status, (tx) => plan.onFailure(tx, { error, isUndone }), error);
	}

	#isPastReturn(): boolean {
		return this.#steps.some(
			({ key, status }) => key === this.#definition.pointOfNoReturn && status === 'done',
		);
	}

	async #storeFailure(error: AppError): Promise<void> {
		this.#log('operation fails', { error });
		if (this.#operation.errorCode !== null) return;
		const step = this.#firstOpen();
		const failure = { errorCode: error.code, errorDetails: error.details };
		await this.#save((tx) => {
			updateOperation(tx, this.#operation.id, failure);
			if (step) updateStep(tx, Object.assign(step, { status: 'failed', finishedAt: new Date() }));
		});
		Object.assign(this.#operation, failure);
		this.#publish();
	}

	/** False when it could not be undone; what is left is found by the reconciler. */
	async #undoStep(plan: Plan, step: StepRow): Promise<boolean> {
		for (;;) {
			try {
				await this.#reporting(step, (report) => plan.undo(step.position, report));
				this.#isMovingAgain();
				await this.#endStep(step, step.status === 'failed' ? 'failed' : 'undone');
				return true;
			} catch (error) {
				if (error instanceof Left || this.#deps.signal.aborted) throw new Left();
				const heldUp = heldUpBy(error);
				if (heldUp && (await this.#pause(heldUp, { error, isPatient: true }))) continue;
				this.#log('operation step cannot be undone', { step: step.key, error });
				return false;
			}
		}
	}

	/** The end, what belongs to it and the audit's outcome, in one transaction. */
	async #finish(status: 'succeeded' | 'failed' | 'undone', also: (tx: Db) => void, error?: AppError) {
		const end = { status, finishedAt: new Date(), leaseOwner: null, leaseUntil: null };
		const intentSeq = this.#operation.auditIntentSeq;
		await this.#save((tx) => {
			also(tx);
			updateOperation(tx, this.#operation.id, end);
			if (intentSeq === null) return;
			const outcome = status === 'succeeded' ? 'succeeded' : 'failed';
			this.#deps.audit.outcome(intentSeq, { outcome, errorCode: error?.code ?? null }, tx);
		});
		Object.assign(this.#operation, end);
		this.#log('operation ended', { status });
		this.#publish();
	}

	async #reporting(step: StepRow, run: (report: ProgressReporter['report']) => Promise<void>): Promise<void> {
		const reporter = new ProgressReporter({
			set: (progress) => Object.assign(step, { progress }),
			publish: () => this.#publish(),
			store: () => this.#storeProgress(step),
		});
		try {
			await run((progress) => reporter.report(progress));
		} finally {
			reporter.end();
		}
	}

	/** Progress is nice to have: a full disk must not stop the work for it. */
	#storeProgress(step: StepRow): void {
		try {
			writeTransaction(this.#deps.db, (tx) => updateStep(tx, step));
		} catch (error) {
			this.#deps.log.debug('progress not stored', { operation: this.#operation.id, error });
		}
	}

	/** Stored, and told, with what comes next: a crash in between has the step run again, which it can take, and a commit is saved. */
	#markDone(step: StepRow): void {
		Object.assign(step, { status: 'done', finishedAt: new Date() });
		this.#unstored.add(step);
	}

	async #endStep(step: StepRow, status: 'failed' | 'undone'): Promise<void> {
		await this.#setStep(step, { status, finishedAt: step.finishedAt ?? new Date() });
	}

	async #setStep(step: StepRow, values: Partial<StepRow>): Promise<void> {
		await this.#save((tx) => updateStep(tx, { ...step, ...values }));
		Object.assign(step, values);
		this.#publish();
	}

	/** Writes, waiting for as long as the disk is full: the state must not run ahead of what is stored. */
	async #save(write: (tx: Db) => void): Promise<void> {
		for (;;) {
			try {
				writeTransaction(this.#deps.db, (tx) => {
					for (const step of this.#unstored) updateStep(tx, step);
					write(tx);
				});
				this.#unstored.clear();
				return;
			} catch (error) {
				if (!isAppError(error, 'DISK_FULL')) throw error;
				this.#heldUpSinceMs = null;
				await this.#pause('disk', { error });
			}
		}
	}

	/** Waits a little, longer each time. False when patience has run out. */
	async #pause(
		heldUp: WaitingFor,
		{ error, isPatient = false }: { error: unknown; isPatient?: boolean },
	): Promise<boolean> {
		this.#heldUpSinceMs ??= Date.now();
		// A sealed vault is a matter for people: nothing is given up, and nothing undone, before they have the key again.
		const isOver = Date.now() - this.#heldUpSinceMs > this.#deps.patienceMs;
		if (isOver && heldUp !== 'vault' && !isPatient) return false;
		if (this.#waitingFor !== heldUp) this.#log('operation is held up', { by: heldUp, error });
		this.#waitingFor = heldUp;
		this.#publish();
		this.#pauseMs = Math.min(Math.max(this.#pauseMs * 2, 250), MAX_PAUSE_MS);
		try {
			await sleep(this.#pauseMs, undefined, { signal: this.#deps.signal });
		} catch {
			throw new Left();
		}
		return true;
	}

	#isMovingAgain(): void {
		this.#waitingFor = null;
		this.#heldUpSinceMs = null;
		this.#pauseMs = 0;
	}

	#publish(): void {
		this.#deps.bus.publish(this.view());
	}

	#log(event: string, fields: Record<string, unknown>): void {
		const { id, kind, serviceId, attempts } = this.#operation;
		this.#deps.log.info(event, { operation: id, kind, service: serviceId, attempts, ...fields });
	}
}
