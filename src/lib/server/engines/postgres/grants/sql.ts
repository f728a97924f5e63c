import { escapeIdentifier, escapeLiteral } from 'pg';
import type { GrantLevel } from '$lib/shared/services';
import { groupsOf, type Groups } from './groups';

/** A database with what its grants need to know. */
export type GrantScope = {
	database: { oid: number; name: string };
	rootUser: string;
	majorVersion: number;
};

/**
 * What the write level may do with a table. TRIGGER is left out on purpose: a trigger runs with the rights of whoever changes the
 * table, so it would make its author that person. REFERENCES is of no use to who cannot create tables.
 */
const writeTable = 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE';
const writeSequence = 'USAGE, SELECT, UPDATE';

/** Creates the groups a database lacks and hands the database to its owner group. `formerOwner`: a login that owned it by hand. */
export function createGroups(
	{ database, majorVersion }: GrantScope,
	{ existing, formerOwner, isClosed }: { existing: string[]; formerOwner: string | null; isClosed: boolean },
): string[] {
	const groups = groupsOf(database.oid);
	const name = escapeIdentifier(database.name);
	const missing = Object.values(groups).filter((group) => !existing.includes(group));
	return [
		...missing.map((group) => `CREATE ROLE ${group} NOLOGIN`),
		`ALTER DATABASE ${name} OWNER TO ${groups.owner}`,
		`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`,
		`GRANT CONNECT, TEMPORARY ON DATABASE ${name} TO ${groups.write}, ${groups.read}`,
		...(isClosed && missing.length > 0 ? [`ALTER DATABASE ${name} CONNECTION LIMIT -1`] : []),
		...(formerOwner === null ? [] : ownerMembership(formerOwner, { database, majorVersion })),
	];
}

function defaultsFor(creator: string, groups: Groups, { ownerToo }: { ownerToo: boolean }): string[] {
	const alter = `ALTER DEFAULT PRIVILEGES FOR ROLE ${creator}`;
	const grants = [
		`GRANT ${writeTable} ON TABLES TO ${groups.write}`,
		`GRANT ${writeSequence} ON SEQUENCES TO ${groups.write}`,
		`GRANT SELECT ON TABLES TO ${groups.read}`,
		`GRANT SELECT ON SEQUENCES TO ${groups.read}`,
		`GRANT USAGE ON SCHEMAS TO ${groups.write}, ${groups.read}`,
	];
	const ownerGrants = [
		`GRANT ALL ON TABLES TO ${groups.owner}`,
		`GRANT ALL ON SEQUENCES TO ${groups.owner}`,
		`GRANT ALL ON SCHEMAS TO ${groups.owner}`,
	];
	return [...grants, ...(ownerToo ? ownerGrants : [])].map((grant) => `${alter} ${grant}`);
}

/** For the owner group, whose logins all create as the group: covers what they make later. */
export function ownerGroupDefaults({ database }: GrantScope): string[] {
	const groups = groupsOf(database.oid);
	return defaultsFor(groups.owner, groups, { ownerToo: false });
}

/** For one login: covers what it makes after `SET ROLE NONE`, when it is not the group that creates. */
export function loginDefaults(login: string, { database }: GrantScope): string[] {
	return defaultsFor(escapeIdentifier(login), groupsOf(database.oid), { ownerToo: true });
}

/**
 * One DO block that makes the levels true for everything that exists: schemas, tables and sequences nobody granted, whoever made
 * them. Members of extensions keep their own grants. The root user's later tables are covered in its own schemas and in public only:
 * an extension's catalogue elsewhere may be writable to none but it.
 */
export function repairExisting({ database, rootUser, majorVersion }: GrantScope): string {
	const { owner, write, read } = groupsOf(database.oid);
	const root = escapeLiteral(rootUser);
	const relations = (
		kinds: string,
		word: string,
		test: string,
		rights: { owner: string; write: string; read: string },
	): string => `
	SELECT format('GRANT %s ON ${word} %I.%I TO %I', x.rights, s.name, c.relname, x.grp)
	FROM own_schema s
	JOIN pg_class c ON c.relnamespace = s.oid AND c.relkind IN (${kinds})
	JOIN (VALUES ('${owner}', '${rights.owner}'), ('${write}', '${rights.write}'), ('${read}', '${rights.read}')) x (grp, rights) ON true
	WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
	AND NOT (SELECT bool_and(${test}(x.grp, c.oid, trim(one))) FROM unnest(string_to_array(x.rights, ',')) one)`;
	const body = `
DECLARE command text;
BEGIN
IF ${majorVersion} < 15 AND to_regnamespace('public') IS NOT NULL THEN
	ALTER SCHEMA public OWNER TO ${owner};
	REVOKE CREATE ON SCHEMA public FROM PUBLIC;
END IF;
FOR command IN
	WITH own_schema AS (
		SELECT n.oid, n.nspname AS name, n.nspowner FROM pg_namespace n
		WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
		AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_namespace'::regclass AND e.objid = n.oid AND e.deptype = 'e')
	)
	SELECT format('GRANT USAGE ON SCHEMA %I TO ${write}, ${read}', s.name) FROM own_schema s
	UNION ALL
	SELECT format('GRANT USAGE, CREATE ON SCHEMA %I TO ${owner}', s.name) FROM own_schema s
	UNION ALL
	SELECT format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT %s TO %s', ${root}, s.name, x.what, x.grp)
	FROM own_schema s JOIN (VALUES
		('ALL ON TABLES', '${owner}'), ('ALL ON SEQUENCES', '${owner}'),
		('${writeTable} ON TABLES', '${write}'), ('${writeSequence} ON SEQUENCES', '${write}'),
		('SELECT ON TABLES', '${read}'), ('SELECT ON SEQUENCES', '${read}')) x (what, grp) ON true
	WHERE s.name = 'public' OR s.nspowner = (SELECT r.oid FROM pg_roles r WHERE r.rolname = ${root})
	UNION ALL${relations(`'r', 'p', 'v', 'm', 'f'`, 'TABLE', 'has_table_privilege', { owner: writeTable, write: writeTable, read: 'SELECT' })}
	UNION ALL${relations(`'S'`, 'SEQUENCE', 'has_sequence_privilege', { owner: writeSequence, write: writeSequence, read: 'SELECT' })}
LOOP
	EXECUTE command;
END LOOP;
END`;
	return `DO ${escapeLiteral(body)}`;
}

/** A login that acts as the owner group from its next session on, so that what it creates belongs to all owners. */
function ownerMembership(login: string, scope: Pick<GrantScope, 'database' | 'majorVersion'>): string[] {
	const { owner } = groupsOf(scope.database.oid);
	const name = escapeIdentifier(login);
	return [
		grantGroup(owner, login, scope.majorVersion),
		`ALTER ROLE ${name} IN DATABASE ${escapeIdentifier(scope.database.name)} SET role = ${escapeLiteral(owner)}`,
	];
}

function grantGroup(group: string, login: string, majorVersion: number): string {
	// From 16 on a membership has options of its own, which would come from the role.
	const options = majorVersion >= 16 ? ' WITH INHERIT TRUE, SET TRUE' : '';
	return `GRANT ${group} TO ${escapeIdentifier(login)}${options}`;
}

/** Puts a login into exactly the group of its level. `current`: the groups it is in now. */
export function setMembership(
	login: string,
	level: GrantLevel,
	{ scope, current }: { scope: GrantScope; current: string[] },
): string[] {
	const groups = groupsOf(scope.database.oid);
	const wanted = level === 'none' ? null : groups[level];
	const revokes = current
		.filter((group) => group !== wanted)
		.map((group) => `REVOKE ${escapeIdentifier(group)} FROM ${escapeIdentifier(login)}`);
	if (level === 'owner') return [...revokes, ...ownerMembership(login, scope)];
	return [...revokes, ...(wanted === null ? [] : [grantGroup(wanted, login, scope.majorVersion)])];
}

/** Lets a login act as itself again in the database, from its next session on. */
export function resetRole(login: string, { database }: GrantScope): string {
	return `ALTER ROLE ${escapeIdentifier(login)} IN DATABASE ${escapeIdentifier(database.name)} RESET role`;
}

/**
 * Moves what logins own in the current database to its owner group. REASSIGN also takes other databases they own, so those are given
 * back in the same transaction.
 */
export function reassignOwned(
	logins: string[],
	{ scope, ownedDatabases }: { scope: GrantScope; ownedDatabases: { name: string; owner: string }[] },
): string[] {
	if (logins.length === 0) return [];
	const { owner } = groupsOf(scope.database.oid);
	return [
		`REASSIGN OWNED BY ${logins.map((login) => escapeIdentifier(login)).join(', ')} TO ${owner}`,
		...ownedDatabases
			.filter((owned) => owned.name !== scope.database.name && logins.includes(owned.owner))
			.map(
				(owned) => `ALTER DATABASE ${escapeIdentifier(owned.name)} OWNER TO ${escapeIdentifier(owned.owner)}`,
			),
	];
}

/** After `reassignOwned`: takes every right and default a login still has in the current database. */
export function dropRights(login: string): string {
	return `DROP OWNED BY ${escapeIdentifier(login)}`;
}

/** In a script: the server answers before it is on disk. For what a crash may undo. */
export const withoutWaiting = 'SET LOCAL synchronous_commit = off';

/** Several statements as one text, which the server runs as one transaction. */
export function script(statements: string[]): string {
	return statements.join(';\n');
}
