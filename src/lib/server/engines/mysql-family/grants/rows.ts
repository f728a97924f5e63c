import { z } from 'zod';
import type { Account } from '../accounts';
import { grantPattern } from '../patterns';
import { accountSql, identifier } from '../quote';
import type { Connections, Value } from '../connections';
import { isFault } from '../errors';
import { rowsAs } from '../rows';
import { rightsIn } from './privileges';

/** There is no such grant: somebody else took it away meanwhile. */
const noSuchGrant = [1141, 1147, 1403, 1269];

/** What an account has been granted on one database, or on all that its pattern matches. */
export type GrantRow = Account & { pattern: string; rights: string[] };

const accountRow = z.looseObject({ User: z.string(), Host: z.string(), Db: z.string() });

/** A grant whose database stands for several: what is left of it without its escapes has a wildcard. */
const patternSql = String.raw`REPLACE(REPLACE(REPLACE(d.Db, '\\\\', ''), '\\_', ''), '\\%', '') REGEXP '[_%]'`;

/**
 * `mysql.db` as it is: when given, of these user names only, and of these databases (by their own name or escaped) only, with
 * `withPatterns` also of all that stand for several.
 */
export async function grantRows(
	connections: Connections,
	filter: { users?: string[] | undefined; databases?: string[] | undefined; withPatterns?: boolean } = {},
): Promise<GrantRow[]> {
	const { users, databases, withPatterns = false } = filter;
	const conditions: string[] = ['TRUE'];
	const values: Value[] = [];
	if (users) {
		conditions.push('d.User IN (?)');
		values.push(atLeastOne(users));
	}
	if (databases) {
		conditions.push(withPatterns ? `(d.Db IN (?) OR ${patternSql})` : 'd.Db IN (?)');
		values.push(atLeastOne(databases.flatMap((name) => [name, grantPattern(name)])));
	}
	const rows = await connections.query(`SELECT * FROM mysql.db d WHERE ${conditions.join(' AND ')}`, values);
	return rowsAs(accountRow, rows).map((row) => ({
		user: row.User,
		host: row.Host,
		pattern: row.Db,
		rights: rightsIn(row),
	}));
}

/** A list for IN, which may not be empty; no user and no database has the empty name. */
export function atLeastOne(names: string[]): string[] {
	return names.length === 0 ? [''] : names;
}

async function revoke(connections: Connections, sql: string): Promise<void> {
	try {
		await connections.query(sql);
	} catch (error) {
		if (!isFault(error, ...noSuchGrant)) throw error;
	}
}

/** Takes these rights of a row. */
export async function revokeRights(connections: Connections, row: GrantRow, rights: string[]): Promise<void> {
	if (rights.length === 0) return;
	await revoke(
		connections,
		`REVOKE ${rights.join(', ')} ON ${identifier(row.pattern)}.* FROM ${accountSql(row)}`,
	);
}

const objectRow = z.object({ user: z.string(), host: z.string(), kind: z.string(), name: z.string() });

const objectsSql = `
SELECT t.User AS user, t.Host AS host, 'TABLE' AS kind, t.Table_name AS name FROM mysql.tables_priv t WHERE t.Db = ?
UNION ALL
SELECT r.User, r.Host, r.Routine_type, r.Routine_name FROM mysql.procs_priv r WHERE r.Db = ?`;

/** Takes the rights on single tables, columns and routines of a database; of one account only when given. */
export async function revokeOnObjects(
	connections: Connections,
	database: string,
	account?: Account,
): Promise<boolean> {
	const rows = rowsAs(objectRow, await connections.query(objectsSql, [database, database]));
	const theirs = rows.filter((row) => !account || (row.user === account.user && row.host === account.host));
	for (const { kind, name, ...owner } of theirs) {
		const object = `${kind} ${identifier(database)}.${identifier(name)}`;
		await revoke(connections, `REVOKE ALL PRIVILEGES ON ${object} FROM ${accountSql(owner)}`);
		await revoke(connections, `REVOKE GRANT OPTION ON ${object} FROM ${accountSql(owner)}`);
	}
	return theirs.length > 0;
}

/**
 * Takes every right on a database and what is in it, whoever has it. One that somebody gave under its name without escapes counts as
 * its own; other patterns stay.
 */
export async function revokeEverythingOn(connections: Connections, database: string): Promise<void> {
	for (const row of await grantRows(connections, { databases: [database] })) {
		await revokeRights(connections, row, row.rights);
	}
	await revokeOnObjects(connections, database);
}

/** Gives rows back as they were. */
export async function regrant(connections: Connections, rows: GrantRow[]): Promise<void> {
	for (const row of rows) {
		const option = row.rights.includes('GRANT OPTION') ? ' WITH GRANT OPTION' : '';
		const rights = row.rights.filter((right) => right !== 'GRANT OPTION');
		await connections.query(
			`GRANT ${rights.length === 0 ? 'USAGE' : rights.join(', ')} ON ${identifier(row.pattern)}.* TO ${accountSql(row)}${option}`,
		);
	}
}
