import { escapeIdentifier, escapeLiteral } from 'pg';
import { z } from 'zod';
import type { Secret } from '../../secret';
import { AppError } from '../../errors';
import type { DatabaseUserInfo } from '../engine';
import type { Page, PageRequest } from '../page';
import type { Connections } from './connections';
import { dropRights, reassignOwned, script } from './grants/sql';
import type { ServerFacts } from './grants/grants';
import { groupsOf } from './grants/groups';
import { queryPage } from './paging';
import { rowsAs } from './rows';
import { scramVerifier } from './scram';
import { endSessions } from './sessions';

const userRow = z.object({
	name: z.string(),
	canLogin: z.boolean(),
	isSuperuser: z.boolean(),
	connections: z.number(),
});

const matchingSql = `
SELECT r.oid, r.rolname::text AS name FROM pg_roles r WHERE r.rolname !~ '^(pg_|sh0_)' AND r.rolname <> $4::text`;

const columnsSql = `
SELECT page.name, r.rolcanlogin AS "canLogin", r.rolsuper AS "isSuperuser", coalesce(a.connections, 0) AS connections
FROM page JOIN pg_roles r ON r.oid = page.oid
LEFT JOIN (
	SELECT usesysid, count(*)::int AS connections FROM pg_stat_activity WHERE backend_type = 'client backend' GROUP BY usesysid
) a ON a.usesysid = r.oid`;

/** A page of the roles of people and apps; the server's own, the root user and those of sh0 are left out. */
export async function listUsers(
	connections: Connections,
	rootUser: string,
	request: PageRequest = {},
): Promise<Page<DatabaseUserInfo>> {
	const sql = { matching: matchingSql, columns: columnsSql, row: userRow };
	const page = await queryPage(connections.query, sql, request, [rootUser]);
	return { ...page, items: page.items.map((user) => ({ ...user, access: null })) };
}

const findSql = `
SELECT r.rolname::text AS name, r.rolcanlogin AS "canLogin", r.rolsuper AS "isSuperuser",
	(SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend' AND usesysid = r.oid) AS connections
FROM pg_roles r WHERE r.rolname = ANY($1::text[]) AND r.rolname !~ '^(pg_|sh0_)' AND r.rolname <> $2::text`;

/** Of those that `listUsers` lists, the ones of these names. */
export async function findUsers(
	connections: Connections,
	{ names, rootUser }: { names: string[]; rootUser: string },
): Promise<DatabaseUserInfo[]> {
	const users = rowsAs(userRow, await connections.query(findSql, [names, rootUser]));
	return users.map((user) => ({ ...user, access: null }));
}

/** Creates a role that may log in and nothing else. Throws DATABASE_USER_EXISTS. */
export async function createUser(
	connections: Connections,
	{ name, password }: { name: string; password: Secret },
): Promise<void> {
	const verifier = escapeLiteral(await scramVerifier(password));
	await connections.query(
		`CREATE ROLE ${escapeIdentifier(name)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD ${verifier}`,
	);
}

const roleRow = z.object({ oid: z.coerce.number(), isSuperuser: z.boolean() });

async function getRole(connections: Connections, name: string): Promise<z.infer<typeof roleRow>> {
	const rows = await connections.query(
		'SELECT oid::text AS oid, rolsuper AS "isSuperuser" FROM pg_roles WHERE rolname = $1::text',
		[name],
	);
	const [role] = rowsAs(roleRow, rows);
	if (!role) throw new AppError('DATABASE_USER_NOT_FOUND', { details: { name } });
	return role;
}

/** Sets a password; `endsSessions` also ends those that logged in with the old one. Throws DATABASE_USER_NOT_FOUND. */
export async function setPassword(
	connections: Connections,
	{ name, password, endsSessions }: { name: string; password: Secret; endsSessions: boolean },
): Promise<void> {
	const verifier = escapeLiteral(await scramVerifier(password));
	const { oid } = await getRole(connections, name);
	await connections.query(`ALTER ROLE ${escapeIdentifier(name)} PASSWORD ${verifier}`);
	if (endsSessions) await endSessions(connections.query, { userOid: oid, database: null });
}

const traceRow = z.object({
	oid: z.coerce.number(),
	name: z.string(),
	isOwned: z.boolean(),
	hasOwnerGroup: z.boolean(),
});

const tracesSql = `
SELECT d.oid::text AS oid, d.datname::text AS name, d.datdba = $1::oid AS "isOwned",
	EXISTS (SELECT FROM pg_roles g WHERE g.rolname = 'sh0_' || d.oid || '_owner') AS "hasOwnerGroup"
FROM pg_database d
WHERE d.datallowconn AND (d.datdba = $1::oid OR EXISTS (
	SELECT FROM pg_shdepend s WHERE s.dbid = d.oid AND s.refclassid = 'pg_authid'::regclass AND s.refobjid = $1::oid
))`;

/**
 * Removes a user: no new logins, then its sessions end, then what it owns goes to each database's owner group, then the role goes.
 * Interrupted anywhere, doing it again completes it. Throws DATABASE_USER_NOT_FOUND, DATABASE_USER_PROTECTED and, for what lies in
 * a database that takes no connections, DATABASE_USER_OWNS_OBJECTS.
 */
export async function removeUser(connections: Connections, facts: ServerFacts, name: string): Promise<void> {
	const role = await getRole(connections, name);
	if (role.isSuperuser) throw new AppError('DATABASE_USER_PROTECTED', { details: { name } });
	const user = escapeIdentifier(name);
	await connections.query(`ALTER ROLE ${user} NOLOGIN`);
	await endSessions(connections.query, { userOid: role.oid, database: null });
	const traces = rowsAs(traceRow, await connections.query(tracesSql, [role.oid]));
	for (const [index, trace] of traces.entries()) {
		const scope = { ...facts, database: { oid: trace.oid, name: trace.name } };
		const laterOwned = traces.slice(index + 1).filter((later) => later.isOwned);
		const statements = [
			// Never to the root user: what runs with its owner's rights would then run with root's.
			...(trace.hasOwnerGroup ? [] : [`CREATE ROLE ${groupsOf(trace.oid).owner} NOLOGIN`]),
			...reassignOwned([name], {
				scope,
				ownedDatabases: laterOwned.map((later) => ({ name: later.name, owner: name })),
			}),
			dropRights(name),
		];
		await connections.inDatabase(trace.name, (query) => query(script(statements)));
	}
	await connections.query(script([dropRights(name), `DROP ROLE ${user}`]));
}
