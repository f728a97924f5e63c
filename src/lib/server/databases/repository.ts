import { and, asc, eq } from 'drizzle-orm';
import type { GrantLevel } from '$lib/shared/services';
import type { Db } from '../db/client';
import { databaseGrants, databaseUsers } from '../db/schema/index';
import { newId } from '../ids';

export type DatabaseUserRow = typeof databaseUsers.$inferSelect;
export type DeclaredGrant = { database: string; userName: string; level: GrantLevel };

function isUser(serviceId: string, name: string) {
	return and(eq(databaseUsers.serviceId, serviceId), eq(databaseUsers.name, name));
}

export function findDatabaseUser(db: Db, serviceId: string, name: string): DatabaseUserRow | null {
	return db.select().from(databaseUsers).where(isUser(serviceId, name)).get() ?? null;
}

export function listDatabaseUsers(db: Db, serviceId: string): DatabaseUserRow[] {
	return db
		.select()
		.from(databaseUsers)
		.where(eq(databaseUsers.serviceId, serviceId))
		.orderBy(asc(databaseUsers.name))
		.all();
}

/** Inserts a user without a password. */
export function insertDatabaseUser(db: Db, serviceId: string, name: string): DatabaseUserRow {
	return db
		.insert(databaseUsers)
		.values({ id: newId('databaseUser'), serviceId, name, createdAt: new Date() })
		.returning()
		.get();
}

export function putPendingPassword(db: Db, id: string, cell: string): void {
	db.update(databaseUsers).set({ pendingPasswordCell: cell }).where(eq(databaseUsers.id, id)).run();
}

/** The pending password has been seen to work: it is the password now. */
export function promotePassword(db: Db, id: string, cell: string): void {
	db.update(databaseUsers)
		.set({ passwordCell: cell, pendingPasswordCell: null })
		.where(eq(databaseUsers.id, id))
		.run();
}

export function dropPendingPassword(db: Db, id: string): void {
	db.update(databaseUsers).set({ pendingPasswordCell: null }).where(eq(databaseUsers.id, id)).run();
}

/** Records the rules that were asked for, as JSON. */
export function putDeclaredAccess(db: Db, id: string, access: string): void {
	db.update(databaseUsers).set({ access }).where(eq(databaseUsers.id, id)).run();
}

/** Forgets a user, its password and what was declared for it. */
export function deleteDatabaseUser(db: Db, serviceId: string, name: string): void {
	db.delete(databaseUsers).where(isUser(serviceId, name)).run();
	deleteUsersDeclaredGrants(db, serviceId, name);
}

function isDeclaredFor(serviceId: string, userName: string) {
	return and(eq(databaseGrants.serviceId, serviceId), eq(databaseGrants.userName, userName));
}

/** Forgets what was declared for a user. */
export function deleteUsersDeclaredGrants(db: Db, serviceId: string, userName: string): void {
	db.delete(databaseGrants).where(isDeclaredFor(serviceId, userName)).run();
}

/** True when anything was declared for a user of this name, or sh0 made it. */
export function isKnownUser(db: Db, serviceId: string, name: string): boolean {
	const declared = db.select().from(databaseGrants).where(isDeclaredFor(serviceId, name)).get();
	return declared !== undefined || findDatabaseUser(db, serviceId, name) !== null;
}

export function listDeclaredGrants(db: Db, serviceId: string): DeclaredGrant[] {
	return db
		.select({
			database: databaseGrants.database,
			userName: databaseGrants.userName,
			level: databaseGrants.level,
		})
		.from(databaseGrants)
		.where(eq(databaseGrants.serviceId, serviceId))
		.all();
}

/** Records what was asked for; level `none` records nothing. */
export function putDeclaredGrant(db: Db, serviceId: string, grant: DeclaredGrant): void {
	const { database, userName, level } = grant;
	if (level === 'none') {
		db.delete(databaseGrants)
			.where(
				and(
					eq(databaseGrants.serviceId, serviceId),
					eq(databaseGrants.database, database),
					eq(databaseGrants.userName, userName),
				),
			)
			.run();
		return;
	}
	db.insert(databaseGrants)
		.values({ serviceId, ...grant })
		.onConflictDoUpdate({
			target: [databaseGrants.serviceId, databaseGrants.database, databaseGrants.userName],
			set: { level },
		})
		.run();
}

/** Forgets what was declared on a database. */
export function deleteDeclaredGrants(db: Db, serviceId: string, database: string): void {
	db.delete(databaseGrants)
		.where(and(eq(databaseGrants.serviceId, serviceId), eq(databaseGrants.database, database)))
		.run();
}
