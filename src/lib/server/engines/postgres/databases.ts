import { setTimeout as delay } from 'node:timers/promises';
import { escapeIdentifier } from 'pg';
import { z } from 'zod';
import { AppError, isAppError } from '../../errors';
import type { DatabaseInfo } from '../engine';
import type { Connections } from './connections';
import { prepareDatabase, type ServerFacts } from './grants/grants';
import { assertNotProtected } from './grants/state';
import { GROUP_PATTERN, GROUP_PREFIX, MARKER_PATTERN, newDatabaseMarker } from './grants/groups';
import { ROOT_DATABASE } from './names';
import { rowsAs } from './rows';
import type { SizeCache } from './sizes';

/** How long a list waits for sizes it does not know yet: enough for a few dozen databases. */
const sizesPatienceMs = 150;

const databaseRow = z.object({
	oid: z.coerce.number(),
	name: z.string(),
	encoding: z.string(),
	owner: z.string().nullable(),
});

const listSql = `
SELECT d.oid::text AS oid, d.datname::text AS name, pg_encoding_to_char(d.encoding)::text AS encoding,
	CASE WHEN starts_with(o.rolname::text, $1::text) THEN (
		SELECT min(r.rolname::text) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE m.roleid = o.oid
	) ELSE o.rolname::text END AS owner
FROM pg_database d LEFT JOIN pg_roles o ON o.oid = d.datdba
WHERE NOT d.datistemplate`;

/** Every database but the templates, in one query; a size not known yet is null and is measured in the background. */
export async function listDatabases(connections: Connections, sizes: SizeCache): Promise<DatabaseInfo[]> {
	const rows = rowsAs(databaseRow, await connections.query(listSql, [GROUP_PREFIX]));
	const refreshed = sizes.refresh(rows.map((row) => row.oid));
	if (rows.some((row) => sizes.get(row.oid) === null)) {
		await Promise.race([refreshed, delay(sizesPatienceMs, undefined, { ref: false })]);
	}
	return rows.map(({ oid, ...row }) => ({
		...row,
		collation: null,
		sizeBytes: sizes.get(oid),
		objects: null,
		isProtected: row.name === ROOT_DATABASE,
	}));
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
		await connections.query(`CREATE ROLE ${marker} NOLOGIN`);
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
