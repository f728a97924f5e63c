import type { ErrorCode } from '$lib/shared/error-codes';
import { z } from 'zod';
import { AppError } from '../../errors';
import { EngineFault, refusalError } from '../fault';

/** What the driver throws: with a SQL state when the server said it, without when the connection broke. */
const faultSchema = z.object({
	errno: z.number(),
	/** The driver has no names for the newer ones. */
	code: z.string().optional(),
	sqlState: z.string().optional(),
	sqlMessage: z.string().optional(),
});
export type ServerFault = { errno: number; code: string; text: string };

const byNumber: Record<number, ErrorCode> = {
	1007: 'DATABASE_EXISTS',
	1008: 'DATABASE_NOT_FOUND',
	1049: 'DATABASE_NOT_FOUND',
	1115: 'CHARSET_UNKNOWN',
	1253: 'CHARSET_UNKNOWN',
	1273: 'CHARSET_UNKNOWN',
	1094: 'SESSION_NOT_FOUND',
	// Shutting down, and sessions ended from outside.
	1053: 'ENGINE_NOT_READY',
	1040: 'ENGINE_UNREACHABLE',
	1203: 'ENGINE_UNREACHABLE',
};

/** Wrong password or none such account; no right to come from there; locked; a password that has to be changed first. */
const loginRefusals = new Set([1045, 1130, 1129, 1862, 1820, 3118, 4151, 1698, 1251]);
/** Said after the password was checked: the database may not be entered, or does not exist. */
const databaseRefusals = new Set([1044, 1049]);

/** What the server refused, or null when the error did not come from the server. */
export function serverFault(error: unknown): ServerFault | null {
	const { success, data } = faultSchema.safeParse(error);
	if (!success || data.sqlState === undefined || data.errno < 1000) return null;
	return { errno: data.errno, code: data.code ?? 'unnamed', text: data.sqlMessage ?? '' };
}

export function isLoginRefused(error: unknown): boolean {
	return loginRefusals.has(serverFault(error)?.errno ?? 0);
}

export function isDatabaseRefused(error: unknown): boolean {
	return databaseRefusals.has(serverFault(error)?.errno ?? 0);
}

/** True for one of these of the server's error numbers, also after `toEngineError`. */
export function isFault(error: unknown, ...numbers: number[]): boolean {
	if (error instanceof AppError) return numbers.includes(Number(error.details.errno ?? 0));
	return numbers.includes(serverFault(error)?.errno ?? 0);
}

/**
 * What a failed call to the server means. A refused login of ours is ENGINE_UNREACHABLE with `reason: 'login'`; anything that did not
 * come from the server is a broken connection.
 */
export function toEngineError(error: unknown): AppError {
	if (error instanceof AppError) return error;
	const fault = serverFault(error);
	if (!fault) return new AppError('ENGINE_UNREACHABLE', { cause: withoutStatement(error) });
	const { errno } = fault;
	const cause = new EngineFault(`error ${errno} (${fault.code})`, { name: 'MysqlFault', refused: error });
	return refusalError(cause, {
		isLogin: loginRefusals.has(errno),
		code: byNumber[errno],
		details: { errno },
	});
}

/** The driver hangs the statement, and with it a hash, on its errors. */
function withoutStatement(error: unknown): unknown {
	if (!(error instanceof Error)) return error;
	const { success, data } = z.object({ code: z.string() }).safeParse(error);
	return new Error(`${error.name} ${success ? data.code : ''}: ${error.message}`);
}
