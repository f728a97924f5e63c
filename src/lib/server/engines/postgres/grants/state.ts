import { z } from 'zod';
import type { GrantLevel } from '$lib/shared/services';
import { AppError } from '../../../errors';
import type { Query } from '../connections';
import { groupsOf } from './groups';
import { ROOT_DATABASE } from '../names';
import { rowsAs } from '../rows';

const ownedDatabase = z.object({ name: z.string(), owner: z.string() });

const databaseState = z.object({
	oid: z.coerce.number(),
	owner: z.string(),
	isOwnedByLogin: z.boolean(),
	/** Created, but not yet open to anybody but superusers. */
	isClosed: z.boolean(),
	groups: z.array(z.string()),
	/** Logins of the owner group that own objects here themselves, after SET ROLE NONE. */
	strayOwners: z.array(z.string()),
	/** Databases that a login owns by hand. */
	ownedDatabases: z.array(ownedDatabase),
	userOid: z.coerce.number().nullable(),
	isSuperuser: z.boolean(),
	memberships: z.array(z.string()),
	/** Acts, or last acted, as the owner group here: the setting goes only when leaving that level is complete. */
	hasOwnerTraces: z.boolean(),
});

export type GrantState = z.infer<typeof databaseState>;

const stateSql = `
SELECT d.oid::text AS oid, o.rolname::text AS owner,
	o.rolcanlogin AND NOT o.rolsuper AS "isOwnedByLogin",
	d.datconnlimit = 0 AS "isClosed",
	ARRAY(SELECT g.rolname::text FROM pg_roles g
		WHERE g.rolname = ANY (ARRAY['sh0_' || d.oid || '_owner', 'sh0_' || d.oid || '_write', 'sh0_' || d.oid || '_read'])) AS groups,
	ARRAY(SELECT r.rolname::text FROM pg_auth_members m
		JOIN pg_roles g ON g.oid = m.roleid AND g.rolname = 'sh0_' || d.oid || '_owner'
		JOIN pg_roles r ON r.oid = m.member
		WHERE EXISTS (SELECT FROM pg_shdepend s WHERE s.dbid = d.oid AND s.deptype = 'o'
			AND s.refclassid = 'pg_authid'::regclass AND s.refobjid = r.oid
			AND s.classid <> 'pg_default_acl'::regclass)) AS "strayOwners",
	(SELECT coalesce(json_agg(json_build_object('name', x.datname, 'owner', r.rolname)), '[]')
		FROM pg_database x JOIN pg_roles r ON r.oid = x.datdba WHERE r.rolcanlogin AND NOT r.rolsuper) AS "ownedDatabases",
	u.oid::text AS "userOid", coalesce(u.rolsuper, false) AS "isSuperuser",
	ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
		WHERE m.member = u.oid AND g.rolname ~ ('^sh0_' || d.oid || '_(owner|write|read)$')) AS memberships,
	EXISTS (SELECT FROM pg_db_role_setting s WHERE s.setdatabase = d.oid AND s.setrole = u.oid
		AND EXISTS (SELECT FROM unnest(s.setconfig) entry WHERE entry LIKE 'role=%')) AS "hasOwnerTraces"
FROM pg_database d
JOIN pg_roles o ON o.oid = d.datdba
LEFT JOIN pg_roles u ON u.rolname = $2::text
WHERE d.datname = $1::text AND NOT d.datistemplate`;

/**
 * Everything a change of grants on one database needs, in one query; `user` null asks about the database alone.
 * Throws DATABASE_NOT_FOUND.
 */
export async function readGrantState(
	query: Query,
	{ database, user }: { database: string; user: string | null },
): Promise<GrantState> {
	const [state] = rowsAs(databaseState, await query(stateSql, [database, user]));
	if (!state) throw new AppError('DATABASE_NOT_FOUND', { details: { name: database } });
	return state;
}

/** The user's level as the state shows it: by its groups, or because it owns the database by hand. */
export function levelOf(user: string, state: GrantState): GrantLevel {
	const groups = groupsOf(state.oid);
	if (state.owner === user || state.memberships.includes(groups.owner)) return 'owner';
	if (state.memberships.includes(groups.write)) return 'write';
	if (state.memberships.includes(groups.read)) return 'read';
	return 'none';
}

/** Throws DATABASE_PROTECTED for the server's own database. */
export function assertNotProtected(database: string): void {
	if (database === ROOT_DATABASE || database === 'template0' || database === 'template1') {
		throw new AppError('DATABASE_PROTECTED', { details: { name: database } });
	}
}
