import { z } from 'zod';
import { accountSql, type Account } from '../accounts';
import type { Connections, Value } from '../connections';
import { isFault } from '../errors';
import { grantPattern, identifier } from '../quote';
import { rowsAs } from '../rows';
import { rightsIn } from './privileges';

/** There is no such grant: somebody else took it away meanwhile. */
const noSuchGrant = [1141, 1147, 1403, 1269];

/** What an account has been granted on one database, or on all that its pattern matches. */
export type GrantRow = Account & { pattern: string; rights: string[] };

const accountRow = z.looseObject({ User: z.string(), Host: z.string(), Db: z.string() });

/** `mysql.db` as it is, of these databases (by their own name or escaped) and user names only when given. */
export async function grantRows(
	connections: Connections,
	filter: { users?: string[] | undefined; databases?: string[] | undefined } = {},
): Promise<GrantRow[]> {
	const patterns = filter.databases?.flatMap((name) => [name, grantPattern(name)]);
	const [sql, values] = filtered('SELECT * FROM mysql.db d WHERE TRUE', [
		['d.Db', patterns],
		['d.User', filter.users],
	]);
	return rowsAs(accountRow, await connections.query(sql, values)).map((row) => ({
		user: row.User,
		host: row.Host,
		pattern: row.Db,
		rights: rightsIn(row),
	}));
}

function filtered(
	base: string,
	conditions: [column: string, wanted: string[] | undefined][],
): [string, Value[]] {
	const given = conditions.flatMap(([column, wanted]) => (wanted === undefined ? [] : [{ column, wanted }]));
	const sql = given.map(({ column, wanted }) =>
		wanted.length === 0 ? ' AND FALSE' : ` AND ${column} IN (?)`,
	);
	return [base + sql.join(''), given.flatMap(({ wanted }) => (wanted.length === 0 ? [] : [wanted]))];
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

/** Takes every right on a database and what is in it, whoever has it; rights on patterns that also match others stay. */
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
