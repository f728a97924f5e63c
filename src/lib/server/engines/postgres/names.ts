import { nameProblem } from '$lib/shared/database-names';
import type { NameRule } from '../engine';
import { assertNoProblem, isUnchangedBySaslprep, passwordCheck } from '../names';
import { GROUP_PREFIX } from './grants/groups';

/** PostgreSQL cuts a longer name without an error, and a login to the long name lands in the other database. */
const maxNameBytes = 63;

export const ROOT_USER = 'postgres';
/** The database every server has; never dropped or granted. */
export const ROOT_DATABASE = 'postgres';

const reservedNames = new Set([ROOT_USER, 'template0', 'template1', 'public', 'none']);

function isReserved(name: string): boolean {
	const folded = name.toLowerCase();
	return reservedNames.has(folded) || folded.startsWith('pg_') || folded.startsWith(GROUP_PREFIX);
}

/** Throws unless PostgreSQL would take exactly this name. */
function assertName(name: string): void {
	assertNoProblem(nameProblem(name, { maxBytes: maxNameBytes, isReserved }));
}

// RFC 3454's tables B.1 and C.1.2 as the `pg` driver applies them before it logs in.
const otherSpaces = /[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/g;
const mappedToNothing = /\u00AD|\u034F|\u1806|[\u180B-\u180D]|[\u200C\u200D]|\u2060|[\uFE00-\uFE0F]|\uFEFF/g;

function driverPrepared(password: string): string {
	return password.replace(otherSpaces, ' ').replace(mappedToNothing, '').normalize('NFKC');
}

/**
 * Throws PASSWORD_UNUSABLE unless every client would send this password's bytes as they are. Clients disagree on how they prepare
 * others (emoji, decomposed accents, full-width letters ...): such a password works in one program and fails in the next.
 */
const assertPassword = passwordCheck({
	isCarried: (password) => driverPrepared(password) === password && isUnchangedBySaslprep(password),
});

export const postgresNames: NameRule = {
	assertDatabaseName: assertName,
	assertUserName: assertName,
	assertPassword,
	maxNameBytes,
};
