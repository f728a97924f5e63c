import type { ErrorCode, ErrorDetails } from '$lib/shared/error-codes';
import { AppError } from '../errors';

/** A refusal as the log may show it: the server's own message may quote what was sent, so it says so in our words. */
export class EngineFault extends Error {
	constructor(message: string, { name, refused }: { name: string; refused: unknown }) {
		super(message);
		this.name = name;
		const stack = refused instanceof Error ? (refused.stack ?? '') : '';
		this.stack = `${name}: ${message}\n${stack.split('\n').slice(1).join('\n')}`;
	}
}

/**
 * What a server's refusal means: a refused login of ours is ENGINE_UNREACHABLE with `reason: 'login'`, and a refusal that means nothing
 * to us ENGINE_REFUSED with these details.
 */
export function refusalError(
	cause: EngineFault,
	{ isLogin, code, details }: { isLogin: boolean; code: ErrorCode | undefined; details: ErrorDetails },
): AppError {
	if (isLogin) return new AppError('ENGINE_UNREACHABLE', { cause, details: { reason: 'login' } });
	return code ? new AppError(code, { cause }) : new AppError('ENGINE_REFUSED', { cause, details });
}
