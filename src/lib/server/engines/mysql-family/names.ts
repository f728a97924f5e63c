import { byteLength, nameProblem, type NameProblem } from '$lib/shared/database-names';
import { AppError } from '../../errors';
import type { NameRule } from '../engine';
import { assertNoProblem, passwordCheck } from '../names';
import { accountOf, ANY_HOST, isHost } from './accounts';
import { grantPattern } from './patterns';
import type { Dialect } from './dialect';

export const ROOT_USER = 'root';
/** Accounts that live for one call; hidden in lists and refused to people. */
export const HELPER_PREFIX = 'sh0_';

const maxNameBytes = 64;
/** The name is a folder's name, in which anything but letters of ASCII, digits and `_` takes five bytes of 255. */
const maxFolderBytes = 250;
/** Longest address: `255.255.255.255/255.255.255.255`, or IPv6. */
const maxHostBytes = 60;
/** As OAEP carries it with the servers' RSA key, with room to spare. */
const maxPasswordBytes = 128;

const ownDatabases = new Set(['mysql', 'sys', 'information_schema', 'performance_schema']);
const ownUsers = new Set([
	'root',
	'mysql',
	'mariadb.sys',
	'mysql.sys',
	'mysql.session',
	'mysql.infoschema',
	'healthcheck',
	'public',
	'none',
]);

function isOwnDatabase(name: string): boolean {
	const folded = name.toLowerCase();
	return ownDatabases.has(folded) || folded.startsWith('#mysql50#') || folded === 'lost+found';
}

function isOwnUser(name: string): boolean {
	const folded = name.toLowerCase();
	return ownUsers.has(folded) || folded.startsWith(HELPER_PREFIX);
}

/** Characters outside the basic plane are stored as `?`, so that different names would become one. */
function hasWideCharacter(text: string): boolean {
	return /[\u{10000}-\u{10FFFF}]/u.test(text);
}

function invalid(reason: string): NameProblem {
	return { code: 'NAME_INVALID', details: { reason } };
}

function folderBytes(name: string): number {
	return [...name].reduce((sum, character) => sum + (/[A-Za-z0-9_]/.test(character) ? 1 : 5), 0);
}

function databaseProblem(name: string): NameProblem | null {
	const problem = nameProblem(name, { maxBytes: maxNameBytes, isReserved: isOwnDatabase });
	if (problem) return problem;
	if (hasWideCharacter(name)) return invalid('characters');
	// Rights are kept under the name with its `_` and `%` escaped, in a column of the same width as the name's own.
	const escaped = byteLength(grantPattern(name));
	if (escaped > maxNameBytes)
		return { code: 'NAME_TOO_LONG', details: { maxBytes: maxNameBytes, bytes: escaped } };
	if (folderBytes(name) > maxFolderBytes)
		return { code: 'NAME_TOO_LONG', details: { maxBytes: maxFolderBytes / 5, bytes: name.length } };
	return null;
}

function userProblem(name: string, { maxUserCharacters, takesCidr }: Dialect): NameProblem | null {
	const { user, host } = accountOf(name);
	// The host `%` goes without saying, so that an account has one name.
	const isBound = user !== name;
	if (isBound && (host === ANY_HOST || byteLength(host) > maxHostBytes || !isHost(host, { takesCidr })))
		return invalid('address');
	const problem = nameProblem(user, { maxBytes: maxNameBytes, isReserved: isOwnUser });
	if (problem) return problem;
	if (user.length > maxUserCharacters) {
		return { code: 'NAME_TOO_LONG', details: { maxBytes: maxUserCharacters, bytes: user.length } };
	}
	// Quotes around a name are taken off when somebody logs in.
	if (user.includes('@') || /['"`]/.test(user) || hasWideCharacter(user)) return invalid('characters');
	return null;
}

/** Throws PASSWORD_UNUSABLE for what a login cannot carry. */
const assertPassword = passwordCheck({ maxBytes: maxPasswordBytes });

/** Names and passwords that the server takes and gives back exactly. */
export function nameRule(dialect: Dialect): NameRule {
	return {
		assertDatabaseName: (name) => assertNoProblem(databaseProblem(name)),
		assertUserName: (name) => assertNoProblem(userProblem(name, dialect)),
		assertPassword,
		maxNameBytes,
	};
}

/** Throws DATABASE_PROTECTED for a database of the server's own. */
export function assertNotProtected(name: string): void {
	if (isOwnDatabase(name)) throw new AppError('DATABASE_PROTECTED', { details: { name } });
}

/** The condition that leaves out the server's own databases. */
export function notOwnDatabaseSql(column: string): string {
	return `LOWER(${column}) NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema') AND LOWER(${column}) <> 'lost+found'`;
}

/** The condition that leaves out the server's own accounts and ours. */
export function notOwnUserSql(column: string): string {
	const names = [...ownUsers].map((name) => `'${name}'`).join(', ');
	return `LOWER(${column}) NOT IN (${names}) AND LEFT(${column}, ${HELPER_PREFIX.length}) <> '${HELPER_PREFIX}' AND ${column} <> ''`;
}
