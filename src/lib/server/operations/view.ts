import { z } from 'zod';
import { errorCodes, type ErrorCode } from '$lib/shared/error-codes';
import {
	operationKinds,
	operationStatuses,
	operationStepKeys,
	progressUnits,
	stepStatuses,
	waitedFor,
} from '$lib/shared/operations';
import type { OperationRow, StepRow } from './repository';

const errorCodeSchema = z.custom<ErrorCode>(
	(value) => typeof value === 'string' && Object.hasOwn(errorCodes, value),
);

export const operationViewSchema = z.strictObject({
	id: z.string(),
	projectId: z.string(),
	serviceId: z.string(),
	serviceName: z.string(),
	kind: z.enum(operationKinds),
	status: z.enum(operationStatuses),
	errorCode: errorCodeSchema.nullable(),
	errorDetails: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).nullable(),
	/** Who asked, as a person reads it. */
	actor: z.string(),
	/** More than 1: the panel was restarted meanwhile. */
	attempts: z.number(),
	/** What it is held up by just now; it goes on by itself. */
	waitingFor: z.enum(['docker', 'disk', 'vault']).nullable(),
	/** Whether a person may end what it does just now. */
	canCancel: z.boolean(),
	/** A person ended it, and it is on its way back. */
	isCancelling: z.boolean(),
	createdAt: z.date(),
	finishedAt: z.date().nullable(),
	steps: z.array(
		z.strictObject({
			key: z.enum(operationStepKeys),
			status: z.enum(stepStatuses),
			progress: z
				.strictObject({
					done: z.number(),
					total: z.number(),
					unit: z.enum(progressUnits),
					line: z.string().nullable(),
					/** Who does not answer just now; the step goes on once it does, or fails after a while. */
					waitsFor: z.enum(waitedFor).optional(),
				})
				.nullable(),
			startedAt: z.date().nullable(),
			finishedAt: z.date().nullable(),
		}),
	),
});

/** An operation as pages and scripts see it: everything but its input and its lease. */
export type OperationView = z.infer<typeof operationViewSchema>;
export type WaitingFor = OperationView['waitingFor'];

/** Puts rows together into what a caller may see. */
export function operationView(
	row: OperationRow,
	steps: StepRow[],
	live: Pick<OperationView, 'waitingFor' | 'canCancel'> = { waitingFor: null, canCancel: false },
): OperationView {
	return {
		id: row.id,
		projectId: row.projectId,
		serviceId: row.serviceId,
		serviceName: row.serviceName,
		kind: row.kind,
		status: row.status,
		errorCode: row.errorCode,
		errorDetails: row.errorDetails,
		actor: row.actor,
		attempts: row.attempts,
		...live,
		isCancelling: row.status === 'running' && row.errorCode === 'OPERATION_CANCELLED',
		createdAt: row.createdAt,
		finishedAt: row.finishedAt,
		steps: steps.map(({ key, status, progress, startedAt, finishedAt }) => ({
			key,
			status,
			progress,
			startedAt,
			finishedAt,
		})),
	};
}
