import { errorCodes, type ErrorCode, type ErrorDetails } from '$lib/shared/error-codes';
import { m } from './generated/messages';

/** What the API told about an error, as far as it told anything. */
export type KnownError = { code: ErrorCode; details: ErrorDetails; field: string | null };

const isRecord = (value: unknown): value is Record<string, unknown> =>
	typeof value === 'object' && value !== null;

/** True for a code of the closed set. */
export function isErrorCode(value: unknown): value is ErrorCode {
	return typeof value === 'string' && Object.hasOwn(errorCodes, value);
}

function toDetails(value: unknown): ErrorDetails {
	const details: ErrorDetails = {};
	if (!isRecord(value)) return details;
	for (const [key, fact] of Object.entries(value))
		if (fact === null || typeof fact === 'string' || typeof fact === 'number' || typeof fact === 'boolean')
			details[key] = fact;
	return details;
}

/** Reads `error.data` of a failed call; undefined when the call never reached sh0. */
export function knownError(error: unknown): KnownError | undefined {
	const data = isRecord(error) ? error['data'] : undefined;
	if (!isRecord(data) || !isErrorCode(data['appCode'])) return undefined;
	const { appCode, field, requestId } = data;
	return {
		code: appCode,
		details: { ...toDetails(data['details']), ...toDetails({ requestId }) },
		field: typeof field === 'string' ? field : null,
	};
}

export type Sentence = (details: ErrorDetails) => string;

/** A fact among the details as text; empty when it is not there. */
export const textIn = (details: ErrorDetails, key: string): string => String(details[key] ?? '');

type Sentences = Record<ErrorCode, Sentence>;

let sentences: Sentences | null = null;

/** Told once by `error-sentences.ts` when it is loaded. */
export function haveSentences(all: Sentences): void {
	sentences = all;
}

/**
 * The sentence for whatever a call rejected with, in the person's language. The client loads the sentences before it rejects, so that a
 * page on which nothing goes wrong does without them; when even that fails, an error is said to be one of sh0's own.
 */
export function sentenceOf(error: unknown): string {
	const known = knownError(error);
	if (!known) return m.error_network();
	const { code, details } = known;
	return sentences?.[code](details) ?? m.error_internal({ request: textIn(details, 'requestId') });
}
