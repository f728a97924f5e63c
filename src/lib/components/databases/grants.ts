import { m } from '$lib/i18n/generated/messages';
import type { GrantLevel } from '$lib/shared/services';
import type { RouterOutputs } from '$lib/trpc/client';

export type DatabaseUser = RouterOutputs['databaseUsers']['list']['items'][number];
export type Database = RouterOutputs['databases']['list']['items'][number];

export const grantWords: Record<GrantLevel, () => string> = {
	none: m.word_grant_none,
	read: m.word_grant_read,
	write: m.word_grant_write,
	owner: m.word_grant_owner,
};

/** What a user has on a database: as the engine says, and as it was given through sh0. */
export type Cell = { level: GrantLevel; declared: GrantLevel; hasDrift: boolean };

const none: Cell = { level: 'none', declared: 'none', hasDrift: false };

/** Grants the list does not name are none at all. */
export function cellOf(user: DatabaseUser, database: string): Cell {
	return user.grants.find((grant) => grant.database === database) ?? none;
}

/** One that may do everything and that nobody made so here: it is for whoever made it to change. */
export function isSuperuserByHand({ isSuperuser, isManaged }: DatabaseUser): boolean {
	return isSuperuser && !isManaged;
}

/** Rules that were given here can be given again to one that may do everything by now; levels cannot. */
export function canBeMended({ isSuperuser, access }: DatabaseUser): boolean {
	return !isSuperuser || (access !== null && access.declared !== null);
}

/** Whose access differs from what was given here. */
export function driftedOf(users: readonly DatabaseUser[]): DatabaseUser[] {
	return users.filter(({ hasDrift }) => hasDrift);
}
