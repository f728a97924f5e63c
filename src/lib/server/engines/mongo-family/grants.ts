import type { GrantLevel } from '$lib/shared/services';
import { AppError } from '../../errors';
import type { GrantInfo } from '../engine';
import { getAccount, listAccounts, type Account, type Role, type ServerFacts } from './accounts';
import { databaseExists } from './database-names';
import { isProtectedDatabase } from './names';

/** The built-in role on a database that is a level, strongest first. */
const roleOfLevel = [
	['owner', 'dbOwner'],
	['write', 'readWrite'],
	['read', 'read'],
] as const satisfies readonly (readonly [GrantLevel, string])[];

function roleOf(level: GrantLevel): string | null {
	return roleOfLevel.find(([candidate]) => candidate === level)?.[1] ?? null;
}

/** The strongest level among the roles; other roles, made or given by hand, are none. */
function levelOf(roles: Role[]): GrantLevel {
	return roleOfLevel.find(([, role]) => roles.some((one) => one.role === role))?.[0] ?? 'none';
}

function grantsOf(account: Account): GrantInfo[] {
	const databases = new Set(account.roles.map((role) => role.db));
	return [...databases]
		.filter((database) => !isProtectedDatabase(database))
		.map((database) => ({
			database,
			user: account.name,
			level: levelOf(account.roles.filter((role) => role.db === database)),
		}))
		.filter((grant) => grant.level !== 'none');
}

/** Levels as the server has them. */
export async function listGrants(
	facts: ServerFacts,
	filter: { users?: string[]; databases?: string[] } = {},
): Promise<GrantInfo[]> {
	return (await listAccounts(facts))
		.filter((account) => !account.isSuperuser && (filter.users?.includes(account.name) ?? true))
		.flatMap(grantsOf)
		.filter((grant) => filter.databases?.includes(grant.database) ?? true);
}

/**
 * Makes an account's level on a database exactly this: the level's role is given, then every other role on this database is taken, those
 * made by hand included. Rights change for sessions that are open, at their next command. The database need not be there.
 */
export async function giveLevel(
	{ run }: ServerFacts,
	account: Account,
	{ database, level }: { database: string; level: GrantLevel },
): Promise<void> {
	const wanted = roleOf(level);
	const present = account.roles.filter((role) => role.db === database);
	const surplus = present.filter((role) => role.role !== wanted);
	if (wanted !== null && !present.some((role) => role.role === wanted)) {
		await run(account.db, { grantRolesToUser: account.user, roles: [{ role: wanted, db: database }] });
	}
	if (surplus.length > 0) await run(account.db, { revokeRolesFromUser: account.user, roles: surplus });
}

/** As `giveLevel`, by names. Throws DATABASE_USER_NOT_FOUND, DATABASE_USER_PROTECTED, DATABASE_NOT_FOUND. */
export async function setLevel(
	facts: ServerFacts,
	{ user, database, level }: { user: string; database: string; level: GrantLevel },
): Promise<void> {
	const account = await getAccount(facts, user);
	if (account.isSuperuser) throw new AppError('DATABASE_USER_PROTECTED', { details: { name: user } });
	if (level !== 'none' && !(await databaseExists(facts.run, database))) {
		throw new AppError('DATABASE_NOT_FOUND', { details: { name: database } });
	}
	await giveLevel(facts, account, { database, level });
}

/** Takes every role on a database from every user, so that the next database of this name inherits none. */
export async function revokeAll(facts: ServerFacts, database: string): Promise<void> {
	for (const account of await listAccounts(facts)) {
		const roles = account.roles.filter((role) => role.db === database);
		if (roles.length > 0) await facts.run(account.db, { revokeRolesFromUser: account.user, roles });
	}
	await facts.run(database, { dropAllRolesFromDatabase: 1 });
}
