import { saslprep } from '@mongodb-js/saslprep';
import { byteLength, unusablePassword, type NameProblem } from '$lib/shared/database-names';
import type { ErrorDetails } from '$lib/shared/error-codes';
import { AppError, isAppError } from '../errors';
import type { Secret } from '../secret';
import type { NameRule } from './engine';

/** Throws what is wrong with a name, if anything is. */
export function assertNoProblem(problem: NameProblem | null): void {
	if (problem) throw new AppError(problem.code, { details: problem.details, field: 'name' });
}

/** True for a password that SASLprep (RFC 4013) takes and leaves as it is. */
export function isUnchangedBySaslprep(password: string): boolean {
	try {
		return saslprep(password) === password;
	} catch {
		return false;
	}
}

/**
 * An engine's rule for passwords, which throws PASSWORD_UNUSABLE with a `reason`: whatever people can type and clients can send, as far as
 * `isCarried` by the engine's logins, in at most `maxBytes` of UTF-8.
 */
export function passwordCheck({
	isCarried = () => true,
	maxBytes = Infinity,
}: {
	isCarried?: (password: string) => boolean;
	maxBytes?: number;
}): NameRule['assertPassword'] {
	const problem = (password: string): ErrorDetails | null => {
		const unusable = unusablePassword(password);
		if (unusable) return unusable;
		if (byteLength(password) > maxBytes) return { reason: 'length', max: maxBytes };
		return isCarried(password) ? null : { reason: 'characters' };
	};
	return (password) => {
		const details = problem(password);
		if (details) throw new AppError('PASSWORD_UNUSABLE', { details, field: 'password' });
	};
}

/** False for a password that the engine could not carry, which is nobody's. */
export function isPassword(password: Secret, { assertPassword }: NameRule): boolean {
	try {
		assertPassword(password.reveal());
		return true;
	} catch (error) {
		if (isAppError(error, 'PASSWORD_UNUSABLE')) return false;
		throw error;
	}
}
