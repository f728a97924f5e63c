import { setTimeout as delay } from 'node:timers/promises';
import { escapeIdentifier } from 'pg';
import { z } from 'zod';
import { AppError, isAppError } from '../../errors';
import type { DatabaseInfo, DatabasesRequest } from '../engine';
import type { Page } from '../page';
import type { Connections } from './connections';
import { prepareDatabase, type ServerFacts } from './grants/grants';
import { script, withoutWaiting } from './grants/sql';
import { assertNotProtected } from './grants/state';
import { GROUP_PATTERN, GROUP_PREFIX, MARKER_PATTERN, newDatabaseMarker } from './grants/groups';
import { ROOT_DATABASE } from './names';
import { queryPage } from './paging';
import { rowsAs } from './rows';
import type { SizeCache } from './sizes';

/** How long a list waits for sizes it does not know yet: enough for a few dozen databases. */
const sizesPatienceMs = 150;

const databaseRow = z.object({
	oid: z.coerce.number(),
	name: z.string(),
	encoding: z.string(),
	collation: z.string().nullable(),
	owner: z.string().nullable(),
});

const matchingSql = 'SELECT d.oid, d.datname::text AS name FROM pg_database d WHERE NOT d.datistemplate';

/** Of a database that ICU sorts, its locale; the column has had another name before 17. */
function collationSql(majorVersion: number): string {
	if (majorVersion < 15) return 'd.datcollate::text';
	return `CASE d.datlocprovider WHEN 'c' THEN d.datcollate ELSE d.${majorVersion < 17 ? 'daticulocale' : 'datlocale'} END`;
}

const columnsSql = (majorVersion: number): string => `
SELECT d.oid::text AS oid, page.name, pg_encoding_to_char(d.encoding)::text AS encoding,
	${collationSql(majorVersion)} AS collation,
	CASE WHEN starts_with(o.rolname::text, $4::text) THEN (
		SELECT min(r.rolname::text) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
		WHERE m.roleid = o.oid AND NOT starts_with(r.rolname::text, $4::text)
	) ELSE o.rolname::text END AS owner
FROM page JOIN pg_database d ON d.oid = page.oid LEFT JOIN pg_roles o ON o.oid = d.datdba`;

/** A page of all databases but the templates, in one query; a size not known yet is null and is measured in the background. */
export async function listDatabases(
	connections: Connections,
	{ sizes, majorVersion }: { sizes: SizeCache; majorVersion: number },
	{ isMeasured = true, ...request }: DatabasesRequest = {},
): Promise<Page<DatabaseInfo>> {
	const sql = { matching: matchingSql, columns: columnsSql(majorVersion), row: databaseRow };
	const page = await queryPage(connections.query, sql, request, [GROUP_PREFIX]);
	if (isMeasured) {
		const measured = sizes.measure(page.items.map((row) => row.oid));
		await Promise.race([measured, delay(sizesPatienceMs, undefined, { ref: false })]);
	}
	const items = page.items.map(({ oid, ...row }) => ({
		...row,
		sizeBytes: sizes.get(oid),
		objects: null,
		isProtected: row.name === ROOT_DATABASE,
	}));
	return { ...page, items };
}

async function assertUserExists(connections: Connections, user: string): Promise<void> {
	const found = await connections.query('SELECT FROM pg_roles WHERE rolname = $1::text', [user]);
	if (found.length === 0) throw new AppError('DATABASE_USER_NOT_FOUND', { details: { name: user } });
}

const foundSql = `
SELECT d.datconnlimit = 0 AND o.rolname = $2::text AS "isLeftover"
FROM pg_database d JOIN pg_roles o ON o.oid = d.datdba WHERE d.datname = $1::text`;

/**
 * Creates the bare database, which nobody but a superuser can enter until its groups exist. It belongs to a role made for this one name,
 * by which one that an interrupted attempt left is told from a stranger's. True when this call created it. Throws DATABASE_EXISTS.
 */
async function createBare(connections: Connections, name: string, marker: string): Promise<boolean> {
	const rows = await connections.query(foundSql, [name, marker]);
	const [found] = rowsAs(z.object({ isLeftover: z.boolean() }), rows);
	if (found?.isLeftover) return false;
	if (found) throw new AppError('DATABASE_EXISTS', { details: { name } });
	try {
		// On disk with the database at the latest: what is written first is there first.
		await connections.query(script([withoutWaiting, `CREATE ROLE ${marker} NOLOGIN`]));
	} catch (error) {
		if (!isAppError(error, 'DATABASE_USER_EXISTS')) throw error;
	}
	// From template0: template1 cannot be copied while anybody is connected to it, and may have been changed.
	await connections.query(
		`CREATE DATABASE ${escapeIdentifier(name)} OWNER ${marker} TEMPLATE template0 ENCODING 'UTF8' CONNECTION LIMIT 0`,
	);
	return true;
}

/** Creates a database with its groups; one that this call made and cannot complete is dropped again. Throws DATABASE_EXISTS. */
export async function createDatabase(
	connections: Connections,
	facts: ServerFacts,
	{ name, owner }: { name: string; owner: string | null },
): Promise<void> {
	if (owner !== null) await assertUserExists(connections, owner);
	const marker = newDatabaseMarker(name);
	const isOurs = await createBare(connections, name, marker);
	try {
		await prepareDatabase(connections, facts, { database: name, owner, marker });
	} catch (error) {
		if (isOurs) await removeDatabase(connections, name).catch(() => undefined);
		throw error;
	}
}

const orphansSql = `
SELECT rolname::text AS name FROM pg_roles r
WHERE CASE WHEN rolname ~ $1 THEN split_part(rolname::text, '_', 2)::oid NOT IN (SELECT oid FROM pg_database)
	ELSE rolname ~ $2 AND r.oid NOT IN (SELECT datdba FROM pg_database) END`;

/** Drops groups and markers whose database is gone, also those an interrupted drop left. One that still owns something elsewhere stays. */
async function dropOrphanGroups(connections: Connections): Promise<void> {
	const found = await connections.query(orphansSql, [GROUP_PATTERN, MARKER_PATTERN]);
	const rows = rowsAs(z.object({ name: z.string() }), found);
	if (rows.length === 0) return;
	const names = rows.map((row) => escapeIdentifier(row.name));
	try {
		await connections.query(`DROP ROLE ${names.join(', ')}`);
	} catch (error) {
		if (!isAppError(error, 'DATABASE_USER_OWNS_OBJECTS')) throw error;
	}
}

/** Ends a database's sessions and drops it and its groups. Throws DATABASE_NOT_FOUND, DATABASE_PROTECTED. */
export async function removeDatabase(connections: Connections, name: string): Promise<void> {
	assertNotProtected(name);
	await connections.release(name);
	await connections.query(`DROP DATABASE ${escapeIdentifier(name)} WITH (FORCE)`);
	await dropOrphanGroups(connections);
}
