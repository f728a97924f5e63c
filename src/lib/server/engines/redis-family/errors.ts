import type { ErrorCode } from '$lib/shared/error-codes';
import { AppError } from '../../errors';
import { EngineFault, refusalError } from '../fault';

const byWord: Record<string, ErrorCode> = {
	// Starting up, or stuck in a script.
	LOADING: 'ENGINE_NOT_READY',
	BUSY: 'ENGINE_NOT_READY',
	MASTERDOWN: 'ENGINE_NOT_READY',
};

/** The server's own words when it was the server that refused, else null. They may quote what was sent. */
export function refusalText(error: unknown): string | null {
	return error instanceof Error && error.name === 'ReplyError' ? error.message : null;
}

/** The first word of the server's refusal, such as `WRONGTYPE`, or null when the error did not come from the server. */
export function refusalWord(error: unknown): string | null {
	const text = refusalText(error);
	return text === null ? null : (/^[A-Z]+/.exec(text)?.[0] ?? 'ERR');
}

/** True when the server refused the login itself: wrong password, no such user, or a user that is off. */
export function isLoginRefused(error: unknown): boolean {
	return refusalWord(error) === 'WRONGPASS';
}

/**
 * What a failed call to the server means. A refused login of ours is ENGINE_UNREACHABLE with `reason: 'login'`; anything that did not
 * come from the server is a broken connection.
 */
export function toEngineError(error: unknown): AppError {
	if (error instanceof AppError) return error;
	const word = refusalWord(error);
	if (word === null) return new AppError('ENGINE_UNREACHABLE', { cause: error });
	return refusalError(new EngineFault(`refused with ${word}`, { name: 'RedisFault', refused: error }), {
		isLogin: isLoginRefused(error) || word === 'NOAUTH',
		code: byWord[word],
		details: { code: word },
	});
}
