import { z } from 'zod';
import { AppError, isAppError } from '../../errors';
import type { DatabaseInfo, DatabasesRequest } from '../engine';
import type { Page } from '../page';
import { chooseCharset } from './charsets';
import type { Connections } from './connections';
import { isFault } from './errors';
import { grantRows, regrant, revokeEverythingOn, type GrantRow } from './grants/rows';
import { listGrants, setLevel } from './grants/grants';
import { assertNotProtected, notOwnDatabaseSql } from './names';
import { pageFrom, pageSql } from './paging';
import { identifier } from './quote';
import { numeric, rowsAs } from './rows';
import { killAll, sessionsUsing } from './sessions';
import { databaseExists } from './schemas';
import type { Sizes } from './sizes';
import { getAccount } from './users';

const lockWaitTimeout = 1205;
const dropAttempts = 3;

const databaseName = 'CONVERT(s.SCHEMA_NAME USING utf8mb4) COLLATE utf8mb4_bin';

const databaseRow = z.object({
	name: z.string(),
	encoding: z.string(),
	collation: z.string(),
	folder: z.string(),
});
const countRow = z.object({ name: z.string(), count: numeric });

async function tableCounts(connections: Connections, names: string[]): Promise<Map<string, number>> {
	if (names.length === 0) return new Map();
	const rows = await connections.query(
		`SELECT CONVERT(t.TABLE_SCHEMA USING utf8mb4) COLLATE utf8mb4_bin AS name, COUNT(*) AS count
		FROM information_schema.tables t WHERE t.TABLE_SCHEMA IN (?) GROUP BY 1`,
		[names],
	);
	return new Map(rowsAs(countRow, rows).map(({ name, count }) => [name, count]));
}

/** By database: the first account, by name, of level `owner`. */
async function owners(connections: Connections, databases: string[]): Promise<Map<string, string>> {
	const grants = await listGrants(connections, { databases });
	const owning = grants.filter(({ level }) => level === 'owner').sort((a, b) => (a.user < b.user ? 1 : -1));
	return new Map(owning.map(({ database, user }) => [database, user]));
}

/** One page of databases, the server's own left out; a size not known yet is null and is measured in the background. */
export async function listDatabases(
	connections: Connections,
	sizes: Sizes,
	{ isMeasured = true, ...request }: DatabasesRequest = {},
): Promise<Page<DatabaseInfo>> {
	const page = pageSql(databaseName, request);
	const from = `FROM information_schema.schemata s WHERE ${notOwnDatabaseSql('s.SCHEMA_NAME')} AND ${page.matching}`;
	const [found, counted] = await Promise.all([
		connections.query(
			`SELECT ${databaseName} AS name, s.DEFAULT_CHARACTER_SET_NAME AS encoding, s.DEFAULT_COLLATION_NAME AS collation,
				${connections.dialect.folder('s.SCHEMA_NAME')} AS folder
			${from} AND ${page.after} ORDER BY name LIMIT ?`,
			[...page.matchingValues, ...page.afterValues, page.limit + 1],
		),
		connections.query(`SELECT COUNT(*) AS count, '' AS name ${from}`, page.matchingValues),
		isMeasured ? sizes.refresh() : undefined,
	]);
	const total = rowsAs(countRow, counted)[0]?.count ?? 0;
	const { items, ...rest } = pageFrom(rowsAs(databaseRow, found), { limit: page.limit, total });
	const names = items.map(({ name }) => name);
	const [counts, ownerOf] = await Promise.all([
		isMeasured ? tableCounts(connections, names) : null,
		owners(connections, names),
	]);
	return {
		...rest,
		items: items.map(({ folder, ...row }) => ({
			...row,
			owner: ownerOf.get(row.name) ?? null,
			sizeBytes: sizes.get(folder),
			objects: counts && (counts.get(row.name) ?? 0),
			isProtected: false,
		})),
	};
}

/**
 * Creates a database; the owner, if any, has its level before there is anything to own, so that an interruption leaves no database
 * without its owner. Rights that a former database of this name left would otherwise come with it. Throws DATABASE_EXISTS,
 * DATABASE_USER_NOT_FOUND, CHARSET_UNKNOWN.
 */
export async function createDatabase(
	connections: Connections,
	{
		name,
		owner,
		...wanted
	}: { name: string; owner: string | null; encoding?: string | null; collation?: string | null },
): Promise<void> {
	if (owner !== null) await getAccount(connections, owner);
	const { encoding, collation } = await chooseCharset(connections, wanted);
	if (await databaseExists(connections, name)) throw new AppError('DATABASE_EXISTS', { details: { name } });
	await revokeEverythingOn(connections, name);
	try {
		if (owner !== null) await setLevel(connections, { database: name, user: owner, level: 'owner' });
		await connections.query(
			`CREATE DATABASE ${identifier(name)} CHARACTER SET ${identifier(encoding)} COLLATE ${identifier(collation)}`,
		);
	} catch (error) {
		// Made by somebody else meanwhile: its rights are theirs to give.
		if (owner !== null)
			await setLevel(connections, { database: name, user: owner, level: 'none' }).catch(() => undefined);
		throw error;
	}
}

async function lockHolders({ query, dialect }: Connections, database: string): Promise<number[]> {
	if (dialect.lockHoldersSql === null) return [];
	return rowsAs(z.object({ id: numeric }), await query(dialect.lockHoldersSql, [database])).map(
		({ id }) => id,
	);
}

/** Ends what would keep a DROP waiting: sessions in the database, and transactions that may have touched it. */
async function endBlockers(connections: Connections, database: string, granted: GrantRow[]): Promise<void> {
	const users = granted.map(({ user }) => user);
	const [using, holding] = await Promise.all([
		sessionsUsing(connections, { database, users }),
		lockHolders(connections, database),
	]);
	// Asked last: the pool may have opened a connection for these two.
	const own = new Set(connections.ownIds());
	await killAll(
		connections,
		[...new Set([...using, ...holding])].filter((id) => !own.has(id)),
	);
}

async function drop(connections: Connections, name: string, granted: GrantRow[]): Promise<void> {
	for (let attempt = 1; ; attempt += 1) {
		await endBlockers(connections, name, granted);
		try {
			await connections.query(`DROP DATABASE ${identifier(name)}`);
			return;
		} catch (error) {
			if (!isFault(error, lockWaitTimeout) || attempt === dropAttempts) throw error;
		}
	}
}

/**
 * Takes all rights on a database, ends its sessions and drops it; the rights come back when it cannot be dropped. Throws
 * DATABASE_NOT_FOUND, DATABASE_PROTECTED.
 */
export async function removeDatabase(connections: Connections, name: string): Promise<void> {
	assertNotProtected(name);
	if (!(await databaseExists(connections, name)))
		throw new AppError('DATABASE_NOT_FOUND', { details: { name } });
	const granted = await grantRows(connections, { databases: [name] });
	await revokeEverythingOn(connections, name);
	try {
		await drop(connections, name, granted);
	} catch (error) {
		if (!isAppError(error, 'DATABASE_NOT_FOUND')) await regrant(connections, granted).catch(() => undefined);
		throw error;
	}
}
