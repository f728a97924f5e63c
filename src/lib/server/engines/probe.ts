import { AppError, isAppError } from '../errors';

/**
 * Asks a server by a login. Throws ENGINE_UNREACHABLE with `reason: 'login'` when it was refused as such, ENGINE_NOT_READY for all else,
 * and the signal's reason when that aborts.
 */
export async function probeBy(
	login: () => Promise<unknown>,
	{ toEngineError, signal }: { toEngineError: (error: unknown) => AppError; signal: AbortSignal | undefined },
): Promise<void> {
	try {
		await login();
	} catch (error) {
		signal?.throwIfAborted();
		const fault = toEngineError(error);
		// Refused as such, the login will not become right by waiting; all else is a server that is not there yet.
		if (isAppError(fault, 'ENGINE_UNREACHABLE') && fault.details.reason === 'login') throw fault;
		throw new AppError('ENGINE_NOT_READY', { cause: fault });
	}
}
