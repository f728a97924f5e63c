import { DatabaseError } from 'pg';
import type { ErrorCode } from '$lib/shared/error-codes';
import { AppError } from '../../errors';
import { EngineFault, refusalError } from '../fault';

const bySqlState: Record<string, ErrorCode> = {
	'3D000': 'DATABASE_NOT_FOUND',
	'42P04': 'DATABASE_EXISTS',
	'42704': 'DATABASE_USER_NOT_FOUND',
	'42710': 'DATABASE_USER_EXISTS',
	'2BP01': 'DATABASE_USER_OWNS_OBJECTS',
	// Starting up, shutting down, recovering; ended by an administrator.
	'57P03': 'ENGINE_NOT_READY',
	'57P01': 'ENGINE_UNREACHABLE',
	'57P02': 'ENGINE_UNREACHABLE',
};

/** SQLSTATE of what the server refused, or null when the error did not come from the server. */
export function sqlState(error: unknown): string | null {
	return error instanceof DatabaseError ? (error.code ?? null) : null;
}

/** True when the server refused the login itself: wrong password, no such role, or a role that may not log in. */
export function isLoginRefused(error: unknown): boolean {
	return (sqlState(error) ?? '').startsWith('28');
}

/**
 * What a failed call to the server means. A refused login of ours is ENGINE_UNREACHABLE with `reason: 'login'`; anything that did not
 * come from the server is a broken connection.
 */
export function toEngineError(error: unknown): AppError {
	if (error instanceof AppError) return error;
	if (!(error instanceof DatabaseError)) return new AppError('ENGINE_UNREACHABLE', { cause: error });
	const words = `SQLSTATE ${error.code ?? 'unknown'} from ${error.routine ?? 'unknown routine'}`;
	const state = error.code ?? '';
	return refusalError(new EngineFault(words, { name: 'PostgresFault', refused: error }), {
		isLogin: isLoginRefused(error),
		code: bySqlState[state],
		details: { sqlState: state },
	});
}
