import type { GrantLevel } from '$lib/shared/services';
import type { RouterOutputs } from '$lib/trpc/client';

export type DatabaseUser = RouterOutputs['databaseUsers']['list']['items'][number];
export type Database = RouterOutputs['databases']['list']['items'][number];

/** What a user has on a database: as the engine says, and as it was given through sh0. */
export type Cell = { level: GrantLevel; declared: GrantLevel; hasDrift: boolean };

const none: Cell = { level: 'none', declared: 'none', hasDrift: false };

/** Grants the list does not name are none at all. */
export function cellOf(user: DatabaseUser, database: string): Cell {
	return user.grants.find((grant) => grant.database === database) ?? none;
}

/** Whose access differs from what was given here. */
export function driftedOf(users: readonly DatabaseUser[]): DatabaseUser[] {
	return users.filter(({ hasDrift }) => hasDrift);
}
