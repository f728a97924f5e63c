import { setTimeout as delay } from 'node:timers/promises';
import { escapeIdentifier } from 'pg';
import { z } from 'zod';
import { AppError, isAppError } from '../../errors';
import type { DatabaseInfo } from '../engine';
import type { Connections } from './connections';
import { prepareDatabase, type ServerFacts } from './grants/grants';
import { assertNotProtected } from './grants/state';
import { GROUP_PATTERN } from './grants/groups';
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
	CASE WHEN o.rolname ~ $1 THEN (
		SELECT min(r.rolname::text) FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE m.roleid = o.oid
	) ELSE o.rolname::text END AS owner
FROM pg_database d LEFT JOIN pg_roles o ON o.oid = d.datdba
WHERE NOT d.datistemplate`;

/** Every database but the templates, in one query; a size not known yet is null and is measured in the background. */
export async function listDatabases(connections: Connections, sizes: SizeCache): Promise<DatabaseInfo[]> {
	const rows = rowsAs(databaseRow, await connections.query(listSql, [GROUP_PATTERN]));
	const refreshed = sizes.refresh(rows.map((row) => row.oid));
	if (rows.some((row) => sizes.get(row.oid) === null)) {
		await Promise.race([refreshed, delay(sizesPatienceMs, undefined, { ref: false })]);
	}
	return rows.map(({ oid, ...row }) => ({
		...row,
		sizeBytes: sizes.get(oid),
		isProtected: row.name === ROOT_DATABASE,
	}));
}

async function assertUserExists(connections: Connections, user: string): Promise<void> {
	const found = await connections.query('SELECT FROM pg_roles WHERE rolname = $1::text', [user]);
	if (found.length === 0) throw new AppError('DATABASE_USER_NOT_FOUND', { details: { name: user } });
}

const unfinishedSql = `
SELECT FROM pg_database d WHERE d.datname = $1::text AND d.datconnlimit = 0
AND NOT EXISTS (SELECT FROM pg_roles g WHERE g.rolname = 'sh0_' || d.oid || '_owner')`;

/**
 * Creates the bare database, which nobody but a superuser can enter until its groups exist. One that an interrupted attempt left like
 * that is taken over.
 */
async function createBare(connections: Connections, name: string): Promise<void> {
	try {
		// From template0: template1 cannot be copied while anybody is connected to it, and may have been changed.
		await connections.query(
			`CREATE DATABASE ${escapeIdentifier(name)} TEMPLATE template0 ENCODING 'UTF8' CONNECTION LIMIT 0`,
		);
	} catch (error) {
		if (!isAppError(error, 'DATABASE_EXISTS')) throw error;
		if ((await connections.query(unfinishedSql, [name])).length === 0) throw error;
	}
}

/** Creates a database with its groups; one that cannot be completed is dropped again. Throws DATABASE_EXISTS. */
export async function createDatabase(
	connections: Connections,
	facts: ServerFacts,
	{ name, owner }: { name: string; owner: string | null },
): Promise<void> {
	if (owner !== null) await assertUserExists(connections, owner);
	await createBare(connections, name);
	try {
		await prepareDatabase(connections, facts, { database: name, owner });
	} catch (error) {
		await removeDatabase(connections, name).catch(() => undefined);
		throw error;
	}
}

const orphansSql = `
SELECT rolname::text AS name FROM pg_roles
WHERE rolname ~ $1 AND split_part(rolname::text, '_', 2)::oid NOT IN (SELECT oid FROM pg_database)`;

/** Drops groups whose database is gone, also those an interrupted drop left. One that still owns something elsewhere stays. */
async function dropOrphanGroups(connections: Connections): Promise<void> {
	const rows = rowsAs(z.object({ name: z.string() }), await connections.query(orphansSql, [GROUP_PATTERN]));
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
