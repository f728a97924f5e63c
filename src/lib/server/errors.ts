import type { ErrorCode, ErrorDetails } from '$lib/shared/error-codes';

/**
 * An expected failure: its code has a sentence in every language. `message` and `cause` are for the log only and never reach a
 * caller; `details` do, so they hold no secret. `field` names the input it is about, for the form to point at.
 */
export class AppError extends Error {
	readonly code: ErrorCode;
	readonly details: ErrorDetails;
	readonly field: string | null;

	constructor(
		code: ErrorCode,
		options: { cause?: unknown; details?: ErrorDetails; field?: string; message?: string } = {},
	) {
		super(options.message ?? code, options.cause === undefined ? undefined : { cause: options.cause });
		this.name = 'AppError';
		this.code = code;
		this.details = options.details ?? {};
		this.field = options.field ?? null;
	}
}

/** True when `error` is an AppError of one of these codes (any code when none is given). */
export function isAppError(error: unknown, ...codes: ErrorCode[]): error is AppError {
	return error instanceof AppError && (codes.length === 0 || codes.includes(error.code));
}

/** The answer, or null when it is refused with this code. Rejects as the answer does. */
export async function nullOn<T>(code: ErrorCode, answer: Promise<T>): Promise<T | null> {
	try {
		return await answer;
	} catch (error) {
		if (isAppError(error, code)) return null;
		throw error;
	}
}
