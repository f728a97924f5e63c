import type { GrantLevel } from '$lib/shared/services';
import type { Db } from '../db/client';
import type { DatabaseUserInfo, GrantInfo } from '../engines/engine';
import { accessView, declaredAccess, type AccessView } from './access';
import {
	listDatabaseUsers,
	listDeclaredGrants,
	type DatabaseUserRow,
	type DeclaredGrant,
} from './repository';

export type Grant = { database: string; level: GrantLevel };
/** `level` is what the engine answers, `declared` what was asked for here; `hasDrift` when they differ. */
export type GrantView = Grant & { declared: GrantLevel; hasDrift: boolean };
export type DatabaseUserView = Omit<DatabaseUserInfo, 'access'> & {
	hasPassword: boolean;
	isManaged: boolean;
	access: AccessView | null;
	grants: GrantView[];
	hasDrift: boolean;
};

/** What sh0 has on record of users, by their name. */
export type Declared = { rows: Map<string, DatabaseUserRow>; grants: Map<string, DeclaredGrant[]> };

/** Everything declared on a service, in two queries; the grants of these databases only, when named. */
export function readDeclared(db: Db, serviceId: string, databases?: string[]): Declared {
	const wanted = databases && new Set(databases);
	const grants = new Map<string, DeclaredGrant[]>();
	for (const grant of listDeclaredGrants(db, serviceId)) {
		const known = grants.get(grant.userName) ?? [];
		grants.set(grant.userName, known);
		if (wanted?.has(grant.database) ?? true) known.push(grant);
	}
	return { rows: new Map(listDatabaseUsers(db, serviceId).map((row) => [row.name, row])), grants };
}

/** False for a user made by hand of whom nothing was ever asked here. */
export function isManaged(name: string, { rows, grants }: Declared): boolean {
	return rows.has(name) || grants.has(name);
}

/**
 * A user's levels as read back, with those that were declared and are not there. What a user has who was made by hand is no drift:
 * nothing was declared of it.
 */
export function grantViews(user: string, actual: GrantInfo[], declared: Declared): GrantView[] {
	const levels = new Map<string, { level: GrantLevel; declared: GrantLevel }>();
	for (const grant of actual) {
		if (grant.user === user) levels.set(grant.database, { level: grant.level, declared: 'none' });
	}
	for (const grant of declared.grants.get(user) ?? []) {
		levels.set(grant.database, { level: levels.get(grant.database)?.level ?? 'none', declared: grant.level });
	}
	const managed = isManaged(user, declared);
	return [...levels]
		.map(([database, both]) => ({ database, ...both, hasDrift: managed && both.level !== both.declared }))
		.sort((a, b) => (a.database < b.database ? -1 : 1));
}

/** A user as the API shows it. */
export function userView(user: DatabaseUserInfo, actual: GrantInfo[], declared: Declared): DatabaseUserView {
	const row = declared.rows.get(user.name);
	const grants = grantViews(user.name, actual, declared);
	const access = accessView(user.access, declaredAccess(row?.access ?? null));
	return {
		...user,
		hasPassword: row !== undefined && (row.passwordCell ?? row.pendingPasswordCell) !== null,
		isManaged: isManaged(user.name, declared),
		access,
		grants,
		hasDrift: (access?.hasDrift ?? false) || grants.some((grant) => grant.hasDrift),
	};
}
