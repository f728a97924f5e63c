import { hasControlCharacter, isWellFormed, MAX_NAME_BYTES, nameProblem } from '$lib/shared/database-names';
import { AppError } from '../../errors';
import type { NameRule } from '../engine';
import { assertNoProblem, passwordCheck } from '../names';

/** Root's name: built in, never deleted. */
export const ROOT_USER = 'default';
/** Users that sh0 makes for a moment. */
export const OWN_PREFIX = 'sh0_';

export function isOwnUser(name: string): boolean {
	return name === ROOT_USER || name.startsWith(OWN_PREFIX);
}

function isReserved(name: string): boolean {
	const folded = name.toLowerCase();
	return folded === ROOT_USER || folded.startsWith(OWN_PREFIX);
}

/**
 * True for text that the server takes as one word and writes into its configuration as it is: with a blank the server refuses it, and
 * a quote would keep it from reading that file at its next start.
 */
export function isOneWord(text: string): boolean {
	return text !== '' && isWellFormed(text) && !hasControlCharacter(text) && !/[\s"']/.test(text);
}

function assertUserName(name: string): void {
	assertNoProblem(nameProblem(name, { maxBytes: MAX_NAME_BYTES, isReserved }));
	if (!isOneWord(name))
		throw new AppError('NAME_INVALID', { details: { reason: 'characters' }, field: 'name' });
}

/** Databases are numbers. */
function assertDatabaseName(name: string): void {
	if (!/^(0|[1-9]\d{0,5})$/.test(name))
		throw new AppError('NAME_INVALID', { details: { reason: 'characters' }, field: 'name' });
}

/** The server sees no more than a digest, so a password may hold whatever clients can send and people can type. */
const assertPassword = passwordCheck({});

export const redisNames: NameRule = {
	assertDatabaseName,
	assertUserName,
	assertPassword,
	maxNameBytes: MAX_NAME_BYTES,
};
