import { z } from 'zod';
import type { GrantLevel } from '$lib/shared/services';
import { AppError } from '../../../errors';
import type { GrantInfo } from '../../engine';
import { accountName, accountOf, hostCovers, type Account } from '../accounts';
import { grantPattern, isPattern, matcher, unescapePattern } from '../patterns';
import { accountSql, identifier } from '../quote';
import type { Connections } from '../connections';
import { assertNotProtected, notOwnDatabaseSql, notOwnUserSql } from '../names';
import { numeric, rowsAs } from '../rows';
import { endSessions } from '../sessions';
import { getAccount } from '../users';
import { excessRights, globalColumns, grantWords, levelOf, rightsIn } from './privileges';
import { atLeastOne, grantRows, revokeOnObjects, revokeRights, type GrantRow } from './rows';

/**
 * Makes an account's level on a database exactly this; it covers everything made there later. First what is missing comes, then what
 * is too much goes, so that at no time anything of the new level is missing. A level that shrinks ends the account's sessions there.
 */
export async function setLevel(
	connections: Connections,
	{ database, user, level }: { database: string; user: string; level: GrantLevel },
): Promise<void> {
	assertNotProtected(database);
	const account = await getAccount(connections, user);
	if (account.isSuperuser) throw new AppError('DATABASE_USER_PROTECTED', { details: { name: user } });
	const pattern = grantPattern(database);
	const all = await grantRows(connections, { users: [account.user], databases: [database] });
	const rows = all.filter((row) => row.user === account.user && row.host === account.host);
	if (level !== 'none') {
		await connections.query(
			`GRANT ${grantWords(level)} ON ${identifier(pattern)}.* TO ${accountSql(account)}`,
		);
	}
	let hasShrunk = await revokeOnObjects(connections, database, account);
	for (const row of rows) {
		// One made by hand without escapes also opens databases of like names.
		const excess = row.pattern === pattern ? excessRights(row.rights, level) : row.rights;
		await revokeRights(connections, row, excess);
		hasShrunk ||= excess.length > 0;
	}
	if (hasShrunk) await endSessions(connections, { account, database });
}

const userRow = z.looseObject({ User: z.string(), Host: z.string() });

/** Accounts that have rights on every database. */
async function globalRows(connections: Connections, users: string[] | undefined): Promise<GrantRow[]> {
	const columns = globalColumns.map((column) => `u.${column}_priv`);
	// Compared as bytes: in MariaDB they are expressions of a view, whose collation need not go with ours.
	const some = columns.map((column) => `${column} = _binary'Y'`).join(' OR ');
	const filter = users === undefined ? '' : ' AND u.User IN (?)';
	const rows = await connections.query(
		`SELECT u.User, u.Host, ${columns.join(', ')} FROM mysql.user u WHERE ${notOwnUserSql('u.User')}${filter} AND (${some})`,
		users === undefined ? [] : [atLeastOne(users)],
	);
	return rowsAs(userRow, rows).map((row) => ({
		user: row.User,
		host: row.Host,
		pattern: '%',
		rights: rightsIn(row),
	}));
}

/** Of several grants that match a database the server takes the one that names it most closely. */
function closeness({ pattern }: GrantRow): number {
	if (!isPattern(pattern)) return Number.POSITIVE_INFINITY;
	return pattern.search(/(?<!\\)[_%]/);
}

type Known = { accounts: Account[]; databases: string[]; rows: GrantRow[]; everywhere: GrantRow[] };

/** The databases that a row opens. */
function opened(row: GrantRow, databases: string[], existing: Set<string>): string[] {
	if (isPattern(row.pattern)) return databases.filter(matcher(row.pattern));
	const name = unescapePattern(row.pattern);
	return existing.has(name) ? [name] : [];
}

/** Rights by database that one account has: those given to its name for the addresses it comes from, and those it has everywhere. */
function rightsOf(
	account: Account,
	{ databases, rows, everywhere }: Known,
	existing: Set<string>,
): Map<string, string[]> {
	const closest = new Map<string, GrantRow>();
	for (const row of rows) {
		if (!hostCovers(row.host, account.host)) continue;
		for (const database of opened(row, databases, existing)) {
			const known = closest.get(database);
			if (!known || closeness(row) > closeness(known)) closest.set(database, row);
		}
	}
	const rights = new Map([...closest].map(([database, row]) => [database, row.rights]));
	const own = everywhere.find((row) => row.host === account.host);
	if (own)
		for (const database of databases) rights.set(database, [...own.rights, ...(rights.get(database) ?? [])]);
	return rights;
}

const accountRow = z.object({ user: z.string(), host: z.string(), isSuperuser: numeric });

/** Accounts of these user names that levels are for. */
async function accountsOf(connections: Connections, users: string[]): Promise<Account[]> {
	const { table, isSuperuser, isRole } = connections.dialect.accounts;
	const rows = await connections.query(
		`SELECT a.User AS user, a.Host AS host, ${isSuperuser} AS isSuperuser FROM ${table} a
		WHERE a.User IN (?) AND ${notOwnUserSql('a.User')} AND NOT ${isRole}`,
		[atLeastOne(users)],
	);
	return rowsAs(accountRow, rows).filter((row) => row.isSuperuser !== 1);
}

/** Names of the databases there are, of these only when given. */
async function databaseNames(connections: Connections, wanted: string[] | undefined): Promise<string[]> {
	const rows = await connections.query(
		`SELECT s.SCHEMA_NAME AS name FROM information_schema.schemata s
		WHERE ${notOwnDatabaseSql('s.SCHEMA_NAME')}${wanted ? ' AND s.SCHEMA_NAME IN (?)' : ''}`,
		wanted ? [atLeastOne(wanted)] : [],
	);
	const names = rowsAs(z.object({ name: z.string() }), rows).map(({ name }) => name);
	return wanted ? names.filter((name) => wanted.includes(name)) : names;
}

async function read(
	connections: Connections,
	filter: { users?: string[]; databases?: string[] },
): Promise<Known> {
	const users = filter.users?.map((name) => accountOf(name).user);
	const [databases, rows, everywhere] = await Promise.all([
		databaseNames(connections, filter.databases),
		grantRows(connections, { users, databases: filter.databases, withPatterns: true }),
		globalRows(connections, users),
	]);
	const granted = [...new Set([...rows, ...everywhere].map(({ user }) => user))];
	return { accounts: await accountsOf(connections, granted), databases, rows, everywhere };
}

function byUser(rows: GrantRow[]): Map<string, GrantRow[]> {
	const grouped = new Map<string, GrantRow[]>();
	for (const row of rows) {
		const known = grouped.get(row.user);
		if (known) known.push(row);
		else grouped.set(row.user, [row]);
	}
	return grouped;
}

/** Accounts' levels on databases as the server itself says; `none` is left out, and so are superusers. */
export async function listGrants(
	connections: Connections,
	filter: { users?: string[]; databases?: string[] } = {},
): Promise<GrantInfo[]> {
	const known = await read(connections, filter);
	const existing = new Set(known.databases);
	const rows = byUser(known.rows);
	const everywhere = byUser(known.everywhere);
	const wanted = filter.users === undefined ? null : new Set(filter.users);
	return known.accounts.flatMap((account) => {
		const user = accountName(account);
		if (wanted && !wanted.has(user)) return [];
		const own = {
			...known,
			rows: rows.get(account.user) ?? [],
			everywhere: everywhere.get(account.user) ?? [],
		};
		return [...rightsOf(account, own, existing)].flatMap(([database, rights]) => {
			const level = levelOf(rights);
			return level === 'none' ? [] : [{ database, user, level }];
		});
	});
}
