import { saslprep } from '@mongodb-js/saslprep';
import {
	hasControlCharacter,
	isWellFormed,
	MAX_PASSWORD_LENGTH,
	type NameProblem,
} from '$lib/shared/database-names';
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
 * An engine's rule for passwords, which throws PASSWORD_UNUSABLE: whatever people can type and clients can send, as far as `isCarried`
 * by the engine's logins.
 */
export function passwordCheck(isCarried: (password: string) => boolean): NameRule['assertPassword'] {
	return (password) => {
		const isUsable =
			password.length >= 1 &&
			password.length <= MAX_PASSWORD_LENGTH &&
			isWellFormed(password) &&
			!hasControlCharacter(password) &&
			isCarried(password);
		if (!isUsable) throw new AppError('PASSWORD_UNUSABLE', { field: 'password' });
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
