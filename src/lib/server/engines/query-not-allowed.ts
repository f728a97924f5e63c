import type { QueryRefusal } from '$lib/shared/query-refusals';
import { MIB } from '$lib/shared/units';
import { AppError } from '../errors';

/** As much of an answer as may enter memory; one value alone could have a gigabyte. */
export const MAX_ANSWER_BYTES = 32 * MIB;

/** QUERY_NOT_ALLOWED: what was typed is refused by sh0, not by the engine. */
export function queryNotAllowed(details: QueryRefusal, cause?: unknown): AppError {
	return new AppError('QUERY_NOT_ALLOWED', { details, ...(cause !== undefined && { cause }) });
}

/** QUERY_NOT_ALLOWED for an answer of more than `MAX_ANSWER_BYTES`. */
export function answerTooLarge(): AppError {
	return queryNotAllowed({ reason: 'answerTooLarge', maxBytes: MAX_ANSWER_BYTES });
}
