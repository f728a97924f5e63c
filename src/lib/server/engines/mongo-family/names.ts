import { nameProblem } from '$lib/shared/database-names';
import { AppError } from '../../errors';
import type { NameRule } from '../engine';
import { assertNoProblem, isUnchangedBySaslprep, passwordCheck } from '../names';

/** The database in which users live, unless somebody made them elsewhere by hand. */
export const ADMIN_DATABASE = 'admin';

/** A database's name becomes part of file names: fewer than 64 bytes. One limit for users too, as FerretDB's are roles of PostgreSQL. */
const maxNameBytes = 63;

export const ROOT_USER = 'root';
/** Users made for one call; hidden in lists. */
export const SHORT_LIVED_PREFIX = 'sh0_';

const serverDatabases = new Set([ADMIN_DATABASE, 'config', 'local']);

/** True for the server's own: never dropped or granted. */
export function isProtectedDatabase(name: string): boolean {
	return serverDatabases.has(name.toLowerCase());
}

/** Throws DATABASE_PROTECTED for the server's own. */
export function assertNotProtected(name: string): void {
	if (isProtectedDatabase(name)) throw new AppError('DATABASE_PROTECTED', { details: { name } });
}

// What the server refuses on one system or another, the blank included.
const notInDatabaseNames = /[/\\. "$*<>:|?]/;
/** Drivers escape only the first `=` and `,` of a user name at login, so that one with two of them could never log in. */
const notInUserNames = /[=,]/;

function assertCharacters(name: string, refused: RegExp): void {
	if (refused.test(name)) {
		throw new AppError('NAME_INVALID', { details: { reason: 'character' }, field: 'name' });
	}
}

function assertName(name: string, isReserved: (folded: string) => boolean): void {
	assertNoProblem(
		nameProblem(name, { maxBytes: maxNameBytes, isReserved: (given) => isReserved(given.toLowerCase()) }),
	);
}

function assertDatabaseName(name: string): void {
	assertName(name, (folded) => serverDatabases.has(folded));
	assertCharacters(name, notInDatabaseNames);
}

/** Throws PASSWORD_UNUSABLE unless every driver would send this password as it is: each prepares others in its own way. */
const assertPassword = passwordCheck({
	isCarried: (password) => password.normalize('NFKC') === password && isUnchangedBySaslprep(password),
});

/** The user and the database in which it lives, by what tells it from every other: `name`, or `name@database` outside `admin`. */
export function splitIdentifier(identifier: string): { user: string; db: string } {
	const at = identifier.lastIndexOf('@');
	if (at < 0) return { user: identifier, db: ADMIN_DATABASE };
	return { user: identifier.slice(0, at), db: identifier.slice(at + 1) };
}

/** The opposite of `splitIdentifier`. */
export function identifierOf({ user, db }: { user: string; db: string }): string {
	return db === ADMIN_DATABASE && !user.includes('@') ? user : `${user}@${db}`;
}

/** Throws NAME_INVALID for a new user's name with the sign that parts a user from a database. */
export function assertNewUserName(name: string): void {
	assertCharacters(name, /@/);
}

/** The naming rules of one engine; `isReserved` gets a user's name in lower case. */
export function nameRule(isReserved: (folded: string) => boolean): NameRule {
	return {
		assertDatabaseName,
		assertUserName(identifier) {
			const { user, db } = splitIdentifier(identifier);
			assertName(user, (folded) => folded.startsWith(SHORT_LIVED_PREFIX) || isReserved(folded));
			assertCharacters(user, notInUserNames);
			if (db !== ADMIN_DATABASE) assertDatabaseName(db);
		},
		assertPassword,
		maxNameBytes,
	};
}
