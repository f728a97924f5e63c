import { isAppError } from '../errors';

export type Refusal = { code: string; field: string | null; details: Record<string, unknown> };

/** What a call of the router was refused with, as its caller sees it; null when it was not. A failure that nobody foresaw fails the test. */
export async function refusalOf(attempt: Promise<unknown>): Promise<Refusal | null> {
	try {
		await attempt;
		return null;
	} catch (error) {
		const cause = error instanceof Error ? error.cause : null;
		if (!isAppError(cause)) throw error;
		return { code: cause.code, field: cause.field, details: cause.details };
	}
}
