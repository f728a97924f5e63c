import { z } from 'zod';
import { AppError } from '../../errors';
import type { Run, RunCursor } from './connections';
import type { Dialect } from './dialect';
import { ADMIN_DATABASE, identifierOf, SHORT_LIVED_PREFIX } from './names';
import { replyAs } from './replies';

const roleSchema = z.object({ role: z.string(), db: z.string() });
export type Role = z.infer<typeof roleSchema>;

const accountsSchema = z.object({
	users: z.array(
		z.object({ user: z.string(), db: z.string(), roles: z.array(roleSchema).optional().default([]) }),
	),
});

/** A user as the server keeps it. */
export type Account = {
	/** What tells it from every other: see `splitIdentifier`. */
	name: string;
	user: string;
	/** The database in which it lives, which is not one it has rights on. */
	db: string;
	roles: Role[];
	isSuperuser: boolean;
};

/** What sh0 needs to know of a server beside its connections. */
export type ServerFacts = { run: Run; cursor: RunCursor; dialect: Dialect; rootUser: string };

/** Roles on `admin` that open no other database; every other one there reaches further than a level can say. */
const harmlessRoles = new Set(['clusterMonitor', 'directShardOperations', 'enableSharding', 'read']);

/** Roles with rights on every database exist on `admin` only. */
function isServerWide({ role, db }: Role): boolean {
	return db === ADMIN_DATABASE && !harmlessRoles.has(role);
}

/** True for the root user and for users made for one call. */
export function isOurs({ user, db }: { user: string; db: string }, rootUser: string): boolean {
	return db === ADMIN_DATABASE && (user === rootUser || user.startsWith(SHORT_LIVED_PREFIX));
}

/** Every user of people and apps, in whatever database it lives. */
export async function listAccounts({ run, dialect, rootUser }: ServerFacts): Promise<Account[]> {
	const reply = await run(ADMIN_DATABASE, { usersInfo: { forAllDBs: true } });
	return replyAs(accountsSchema, reply)
		.users.filter((one) => !isOurs(one, rootUser))
		.map((one) => ({
			...one,
			name: identifierOf(one),
			isSuperuser: dialect.hasRoles && one.roles.some(isServerWide),
		}));
}

/** Null when there is none. */
export async function findAccount(facts: ServerFacts, name: string): Promise<Account | null> {
	const [found, another] = (await listAccounts(facts)).filter((one) => one.name === name);
	// Made by hand so that `a@b` in `c` and `a` in `b@c` look the same: neither is touched.
	if (another) throw new AppError('DATABASE_USER_PROTECTED', { details: { name } });
	return found ?? null;
}

/** Throws DATABASE_USER_NOT_FOUND. */
export async function getAccount(facts: ServerFacts, name: string): Promise<Account> {
	const found = await findAccount(facts, name);
	if (!found) throw new AppError('DATABASE_USER_NOT_FOUND', { details: { name } });
	return found;
}
