import { writeTransaction } from '../db/client';
import type { DatabaseAdmin, UserAccess } from '../engines/engine';
import { readAccess } from './access';
import { accessOf, grantsOf, type DatabaseDeps, type DatabaseService } from './deps';
import {
	findDatabaseUser,
	insertDatabaseUser,
	isKnownUser,
	putDeclaredAccess,
	putDeclaredGrant,
	type DatabaseUserRow,
} from './repository';
import type { Grant } from './views';

/** One database after the other; each is recorded once the engine has taken it. */
export async function applyGrants(
	deps: DatabaseDeps,
	service: DatabaseService,
	{ admin, user, grants }: { admin: DatabaseAdmin; user: string; grants: Grant[] },
): Promise<void> {
	for (const grant of grants) {
		await grantsOf(deps, service, admin).set({ user, grants: [grant] });
		writeTransaction(deps.db, (tx) => putDeclaredGrant(tx, service.id, { ...grant, userName: user }));
	}
}

/** Records as declared what the engine made of the rules: it may write them in another way than they were asked for. */
export async function declareAccess(
	deps: DatabaseDeps,
	service: DatabaseService,
	{ admin, user }: { admin: DatabaseAdmin; user: string },
): Promise<UserAccess> {
	const access = await readAccess(admin, user);
	writeTransaction(deps.db, (tx) => {
		const row = findDatabaseUser(tx, service.id, user) ?? insertDatabaseUser(tx, service.id, user);
		putDeclaredAccess(tx, row.id, JSON.stringify(access));
	});
	return access;
}

/** Gives the user these rules and records them. Throws NOT_SUPPORTED, ACCESS_INVALID, DATABASE_USER_NOT_FOUND. */
export async function applyAccess(
	deps: DatabaseDeps,
	service: DatabaseService,
	{ admin, user, access }: { admin: DatabaseAdmin; user: string; access: UserAccess },
): Promise<UserAccess> {
	await accessOf(deps, service, admin).set({ user, access });
	return declareAccess(deps, service, { admin, user });
}

/**
 * What a user made by hand has counts as declared from the first change on that is made to it here: only what changes later is drift.
 * Does nothing for a user that sh0 knows.
 */
export async function adoptUser(
	deps: DatabaseDeps,
	service: DatabaseService,
	{ admin, user }: { admin: DatabaseAdmin; user: string },
): Promise<void> {
	if (isKnownUser(deps.db, service.id, user)) return;
	const grants = (await admin.grants?.list({ users: [user] })) ?? [];
	writeTransaction(deps.db, (tx) => {
		for (const { database, level } of grants) {
			putDeclaredGrant(tx, service.id, { database, level, userName: user });
		}
	});
	if (admin.access) await declareAccess(deps, service, { admin, user });
}

/** The row of a user, a new one when there is none. */
export function rowOf(deps: DatabaseDeps, service: DatabaseService, name: string): DatabaseUserRow {
	return (
		findDatabaseUser(deps.db, service.id, name) ??
		writeTransaction(deps.db, (tx) => insertDatabaseUser(tx, service.id, name))
	);
}
