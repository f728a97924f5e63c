import { z } from 'zod';
import { errorCodes, type ErrorCode } from '$lib/shared/error-codes';
import { auditLog, auditOutcomes } from '../db/schema/index';

const text = z.string().trim().min(1).max(200);

/** `pending`: begun, and not ended yet. */
const activityOutcomes = [...auditOutcomes, 'pending'] as const;

/**
 * What to show of a record. `actor` and `search` find parts of a text, whatever the case; `action` is a procedure's path or the
 * part before its dot; `since` counts itself, `until` does not.
 */
export const activityFilter = {
	actor: text.optional(),
	action: text.optional(),
	outcome: z.enum(activityOutcomes).optional(),
	since: z.date().optional(),
	until: z.date().optional(),
	search: text.optional(),
};
export type ActivityFilter = z.infer<z.ZodObject<typeof activityFilter>> & {
	/** Null: what belongs to no project, such as a login. */
	projectId: string | null;
};

const errorCode = z.custom<ErrorCode>(
	(value) => typeof value === 'string' && Object.hasOwn(errorCodes, value),
);

/** One action: its intent and, once it has ended, its outcome. */
export const activityEntry = z.strictObject({
	seq: z.int(),
	at: z.date(),
	action: z.string(),
	actor: z.strictObject({ kind: z.enum(auditLog.actorKind.enumValues), label: z.string() }),
	target: z
		.strictObject({ kind: z.string(), id: z.string().nullable(), name: z.string().nullable() })
		.nullable(),
	/** What was asked for, as JSON. */
	detail: z.string().nullable(),
	ip: z.string().nullable(),
	requestId: z.string().nullable(),
	/** Null while it is pending. */
	outcome: z.enum(auditOutcomes).nullable(),
	errorCode: errorCode.nullable(),
	endedAt: z.date().nullable(),
});
export type ActivityEntry = z.infer<typeof activityEntry>;
