import { z } from 'zod';
import { grantLevels, type GrantLevel } from '$lib/shared/services';
import { AppError, isAppError } from '../../../errors';
import type { GrantInfo } from '../../engine';
import type { Connections } from '../connections';
import {
	createGroups,
	dropRights,
	loginDefaults,
	ownerGroupDefaults,
	reassignOwned,
	repairExisting,
	resetRole,
	script,
	setMembership,
	type GrantScope,
} from './sql';
import { assertNotProtected, levelOf, readGrantState, type GrantState } from './state';
import { GROUP_PATTERN, groupsOf } from './groups';
import { rowsAs } from '../rows';
import { endSessions } from '../sessions';

const lockNotAvailable = '55P03';

/** The facts about a server that grants depend on. */
export type ServerFacts = { rootUser: string; majorVersion: number };

function rank(level: GrantLevel): number {
	return grantLevels.indexOf(level);
}

/** The statements that make a database's groups, defaults and existing objects what the levels promise. */
function baseline(scope: GrantScope, state: GrantState): string[] {
	return [
		...createGroups(scope, {
			existing: state.groups,
			formerOwner: state.isOwnedByLogin ? state.owner : null,
			isClosed: state.isClosed,
		}),
		...ownerGroupDefaults(scope),
		repairExisting(scope),
	];
}

/** Gives a new database its groups, and its owner, if any, the level `owner`; the role that marked it as unfinished goes. */
export async function prepareDatabase(
	connections: Connections,
	facts: ServerFacts,
	{ database, owner, marker }: { database: string; owner: string | null; marker: string },
): Promise<void> {
	const state = await readGrantState(connections.query, { database, user: owner });
	const scope: GrantScope = { ...facts, database: { oid: state.oid, name: database } };
	const statements = [
		...baseline(scope, state),
		...(owner === null
			? []
			: [...setMembership(owner, 'owner', { scope, current: [] }), ...loginDefaults(owner, scope)]),
		`DROP ROLE ${marker}`,
	];
	await connections.inDatabase(database, (query) => query(script(statements)));
}

/**
 * Makes the user's level on a database exactly this, for everything in it and everything made there later. A level that shrinks ends
 * the user's sessions in that database, then takes what they had made or been given beside the level.
 */
export async function setLevel(
	connections: Connections,
	facts: ServerFacts,
	{ database, user, level }: { database: string; user: string; level: GrantLevel },
): Promise<void> {
	assertNotProtected(database);
	const state = await readGrantState(connections.query, { database, user });
	const { userOid } = state;
	if (userOid === null) throw new AppError('DATABASE_USER_NOT_FOUND', { details: { name: user } });
	if (state.isSuperuser) throw new AppError('DATABASE_USER_PROTECTED', { details: { name: user } });
	const scope: GrantScope = { ...facts, database: { oid: state.oid, name: database } };
	const before = levelOf(user, state);
	// A login that owns the database by hand enters the owner group on the way.
	const current = before === 'owner' ? [...state.memberships, groupsOf(state.oid).owner] : state.memberships;
	await connections.inDatabase(database, (query) =>
		query(
			script([
				...baseline(scope, state),
				...setMembership(user, level, { scope, current: [...new Set(current)] }),
				...(level === 'none' ? [] : loginDefaults(user, scope)),
			]),
		),
	);
	await collectStrays(connections, scope, state);
	const leavesOwner = level !== 'owner' && (before === 'owner' || state.hasOwnerTraces);
	if (rank(level) >= rank(before) && !leavesOwner) return;
	await endSessions(connections.query, { userOid, database });
	if (leavesOwner || level === 'none') await takeLeftovers(connections, scope, { user, level });
}

/**
 * Moves what owners made after SET ROLE NONE to the owner group. It needs a lock on each table, which a long transaction may hold: then
 * the next change of grants moves it; what the levels promise holds meanwhile.
 */
async function collectStrays(connections: Connections, scope: GrantScope, state: GrantState): Promise<void> {
	const { strayOwners, ownedDatabases } = state;
	if (strayOwners.length === 0) return;
	try {
		await connections.inDatabase(scope.database.name, (query) =>
			query(script(reassignOwned(strayOwners, { scope, ownedDatabases }))),
		);
	} catch (error) {
		if (!isAppError(error, 'ENGINE_REFUSED') || error.details.sqlState !== lockNotAvailable) throw error;
	}
}

/**
 * After its sessions ended: what the user made goes to the owner group, rights beside its level go. The role setting goes with them,
 * so that an interrupted change is seen and completed by the next.
 */
async function takeLeftovers(
	connections: Connections,
	scope: GrantScope,
	{ user, level }: { user: string; level: GrantLevel },
): Promise<void> {
	const { name: database } = scope.database;
	const { ownedDatabases } = await readGrantState(connections.query, { database, user });
	const statements = [
		...reassignOwned([user], { scope, ownedDatabases }),
		dropRights(user),
		resetRole(user, scope),
		...(level === 'none' ? [] : loginDefaults(user, scope)),
	];
	await connections.inDatabase(database, (query) => query(script(statements)));
}

const grantRow = z.object({ database: z.string(), user: z.string(), level: z.enum(grantLevels) });

// A membership counts when its rights are there without SET ROLE and its group still opens, or owns, the database. Step by step, so that
// rights are looked up for those asked for only; one member after the other, since the server keeps what it found out about the last.
const grantsSql = `
WITH membership AS MATERIALIZED (
	SELECT m.roleid, m.member, r.rolname::text AS "user" FROM pg_auth_members m JOIN pg_authid r ON r.oid = m.member
	WHERE r.rolname !~ '^sh0_' AND ($2::text[] IS NULL OR r.rolname::text = ANY ($2::text[]))
), of_group AS MATERIALIZED (
	SELECT m.*, split_part(g.rolname::text, '_', 2)::oid AS dbid, split_part(g.rolname::text, '_', 3) AS level
	FROM membership m JOIN pg_authid g ON g.oid = m.roleid WHERE g.rolname ~ $1
), on_database AS MATERIALIZED (
	SELECT o.*, d.oid, d.datdba, d.datname::text AS database FROM of_group o JOIN pg_database d ON d.oid = o.dbid
	WHERE $3::text[] IS NULL OR d.datname::text = ANY ($3::text[]) ORDER BY o.member
)
SELECT database, "user", level FROM on_database
WHERE pg_has_role(member, roleid, 'USAGE')
AND CASE WHEN level = 'owner' THEN datdba = roleid ELSE has_database_privilege(roleid, oid, 'CONNECT') END
UNION ALL
SELECT d.datname::text, r.rolname::text, 'owner'
FROM pg_database d JOIN pg_authid r ON r.oid = d.datdba
WHERE r.rolcanlogin AND NOT r.rolsuper AND NOT d.datistemplate
AND ($2::text[] IS NULL OR r.rolname::text = ANY ($2::text[])) AND ($3::text[] IS NULL OR d.datname::text = ANY ($3::text[]))`;

/** Users' levels on databases as the server itself says, strongest only; `none` is left out. */
export async function listGrants(
	connections: Connections,
	filter: { users?: string[]; databases?: string[] } = {},
): Promise<GrantInfo[]> {
	const found = await connections.query(grantsSql, [
		GROUP_PATTERN,
		filter.users ?? null,
		filter.databases ?? null,
	]);
	const rows = rowsAs(grantRow, found);
	const strongest = new Map<string, GrantInfo>();
	for (const row of rows) {
		const key = JSON.stringify([row.database, row.user]);
		const known = strongest.get(key);
		if (!known || rank(row.level) > rank(known.level)) strongest.set(key, row);
	}
	return [...strongest.values()];
}
