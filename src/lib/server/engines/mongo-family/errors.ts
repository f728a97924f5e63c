import { MongoNetworkTimeoutError, MongoServerError } from 'mongodb';
import type { ErrorCode } from '$lib/shared/error-codes';
import { AppError } from '../../errors';
import { EngineFault, refusalError } from '../fault';

/** The server's error codes that mean something to us. */
export const CODE = {
	userNotFound: 11,
	unauthorized: 13,
	authenticationFailed: 18,
	namespaceNotFound: 26,
	roleNotFound: 31,
	namespaceExists: 48,
	maxTimeExpired: 50,
	commandNotFound: 59,
	invalidNamespace: 73,
	shutdownInProgress: 91,
	interruptedAtShutdown: 11_600,
	databaseDiffersInCase: 13_297,
	userExists: 51_003,
} as const;

const byCode = new Map<number, ErrorCode>([
	[CODE.userNotFound, 'DATABASE_USER_NOT_FOUND'],
	[CODE.namespaceNotFound, 'COLLECTION_NOT_FOUND'],
	[CODE.namespaceExists, 'DATABASE_EXISTS'],
	[CODE.databaseDiffersInCase, 'DATABASE_EXISTS'],
	[CODE.invalidNamespace, 'NAME_INVALID'],
	[CODE.userExists, 'DATABASE_USER_EXISTS'],
	[CODE.shutdownInProgress, 'ENGINE_NOT_READY'],
	[CODE.interruptedAtShutdown, 'ENGINE_UNREACHABLE'],
]);

/** The code of what the server refused, or null when the error did not come from the server. */
export function serverCode(error: unknown): number | null {
	return error instanceof MongoServerError && typeof error.code === 'number' ? error.code : null;
}

/** The server's own words, for the person who typed the statement; null when the error did not come from the server. */
export function serverText(error: unknown): string | null {
	return error instanceof MongoServerError ? (error.errmsg ?? error.message) : null;
}

/** True when the server refused the login itself: wrong password or no such user. */
export function isLoginRefused(error: unknown): boolean {
	return serverCode(error) === CODE.authenticationFailed;
}

/** True when a command took longer than it may, by the server's clock or by ours. */
export function isTimeout(error: unknown): boolean {
	return serverCode(error) === CODE.maxTimeExpired || error instanceof MongoNetworkTimeoutError;
}

/**
 * What a failed call to the server means. A refused login of ours is ENGINE_UNREACHABLE with `reason: 'login'`; anything that did not
 * come from the server is a broken connection.
 */
export function toEngineError(error: unknown): AppError {
	if (error instanceof AppError) return error;
	if (!(error instanceof MongoServerError)) return new AppError('ENGINE_UNREACHABLE', { cause: error });
	const words = `code ${String(error.code ?? 'unknown')} ${error.codeName ?? ''}`.trim();
	const number = serverCode(error);
	return refusalError(new EngineFault(words, { name: 'MongoFault', refused: error }), {
		isLogin: isLoginRefused(error),
		code: number === null ? undefined : byCode.get(number),
		details: { engineCode: number },
	});
}
