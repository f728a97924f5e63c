import { api } from '$lib/trpc/api';
import type { Database, DatabaseUser } from './grants';

/** The first names of a list; `hasMore` when there are others. */
export type NamePage = { names: readonly string[]; hasMore: boolean };
/** The first users of a list, with what they may do. */
export type UserPage = { users: readonly DatabaseUser[]; hasMore: boolean };

/** Of users and databases to choose from: whoever looks for another one types. */
export const choicesPerPage = 50;

const request = (serviceId: string, search: string) => ({
	serviceId,
	limit: choicesPerPage,
	...(search === '' ? {} : { search }),
});

/** The names of databases; the engine's own only when `withProtected`. */
export function namesOf(
	databases: readonly Database[],
	{ withProtected }: { withProtected: boolean },
): string[] {
	return databases.filter(({ isProtected }) => withProtected || !isProtected).map(({ name }) => name);
}

/** The first databases whose names hold the text; the engine's own only when `withProtected`. */
export async function findDatabases(
	serviceId: string,
	search: string,
	which: { withProtected: boolean },
): Promise<NamePage> {
	const { items, nextCursor } = await api.databases.list.query(request(serviceId, search));
	return { names: namesOf(items, which), hasMore: nextCursor !== null };
}

/** The first users whose names hold the text. */
export async function findUsers(serviceId: string, search: string): Promise<UserPage> {
	const { items, nextCursor } = await api.databaseUsers.list.query(request(serviceId, search));
	return { users: items, hasMore: nextCursor !== null };
}
