import type { z } from 'zod';
import type { OperationKind, OperationStepKey, StepProgress } from '$lib/shared/operations';
import type { Db } from '../db/client';
import type { AppError } from '../errors';
import type { OperationRow } from './repository';

export type StepContext<I> = {
	operation: OperationRow;
	input: I;
	/** Aborts when the panel is stopping: a step that waits must end; the operation goes on at the next start. Or when it is cancelled. */
	signal: AbortSignal;
	/** Call as often as you like: it is throttled. */
	progress(progress: StepProgress): void;
};

export type Step<I> = {
	key: OperationStepKey;
	/** Must be idempotent: after a crash it is run again, whatever it had done. */
	run(context: StepContext<I>): Promise<void>;
	/** Takes back what `run` did, or half did; idempotent too. */
	undo?(context: StepContext<I>): Promise<void>;
	/** A person may end it while it runs; its `signal` aborts then too, and everything is taken back. */
	isCancellable?: boolean;
	/** Waits without limit for what holds it up: giving up would take back what others may be using by now. */
	isPatient?: boolean;
};

export type Failure = { error: AppError; isUndone: boolean };

/** How one kind of long work is done. Only its input and the steps' states are stored, so it can be taken up by another process. */
export type OperationDefinition<I> = {
	kind: OperationKind;
	input: z.ZodType<I>;
	steps: Step<NoInfer<I>>[];
	/** Once this step is done nothing is taken back any more, whatever fails after it. */
	pointOfNoReturn?: OperationStepKey;
	/** Asked when work is taken up after a crash or after Docker was away: the step to begin again from, or null for "go on". */
	resumeFrom?(context: StepContext<I>): OperationStepKey | null;
	/** Written in the same transaction as the end. */
	onSuccess?(context: StepContext<I>, tx: Db): void;
	onFailure?(context: StepContext<I>, tx: Db, failure: Failure): void;
};

/** A definition with its input's type hidden, so that the runner can hold all of them. */
export type AnyOperation = {
	kind: OperationKind;
	stepKeys: OperationStepKey[];
	cancellableKeys: OperationStepKey[];
	canUndo: boolean;
	pointOfNoReturn: OperationStepKey | null;
	/** Throws when the stored input no longer fits. */
	plan(operation: OperationRow, signal: AbortSignal): Plan;
};

type Report = (progress: StepProgress) => void;

export type Plan = {
	run(position: number, report: Report): Promise<void>;
	undo(position: number, report: Report): Promise<void>;
	isPatient(position: number): boolean;
	resumeFrom(): OperationStepKey | null;
	onSuccess(tx: Db): void;
	onFailure(tx: Db, failure: Failure): void;
};

const ignoreProgress: Report = () => {};

/** Makes a definition ready for the runner. */
export function defineOperation<I>(definition: OperationDefinition<I>): AnyOperation {
	return {
		kind: definition.kind,
		stepKeys: definition.steps.map((step) => step.key),
		cancellableKeys: definition.steps.filter((step) => step.isCancellable).map((step) => step.key),
		canUndo: definition.steps.some((step) => step.undo !== undefined),
		pointOfNoReturn: definition.pointOfNoReturn ?? null,
		plan(operation, signal) {
			const input = definition.input.parse(operation.input);
			const context = (progress: Report): StepContext<I> => ({ operation, input, signal, progress });
			return {
				async run(position, report) {
					await definition.steps[position]?.run(context(report));
				},
				async undo(position, report) {
					await definition.steps[position]?.undo?.(context(report));
				},
				isPatient: (position) => definition.steps[position]?.isPatient ?? false,
				resumeFrom: () => definition.resumeFrom?.(context(ignoreProgress)) ?? null,
				onSuccess: (tx) => definition.onSuccess?.(context(ignoreProgress), tx),
				onFailure: (tx, failure) => definition.onFailure?.(context(ignoreProgress), tx, failure),
			};
		},
	};
}

/** Thrown by a step: what an earlier step made is unusable, so begin again there. At most three times in one run. */
export class BeginAgain extends Error {
	readonly from: OperationStepKey;

	constructor(from: OperationStepKey, options: { cause: AppError }) {
		super(`begin again from ${from}`, options);
		this.name = 'BeginAgain';
		this.from = from;
	}
}
