import { api } from '$lib/trpc/api';
import type { DatabaseUser } from './grants';

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

/** The first databases whose names hold the text; the engine's own only when `withProtected`. */
export async function findDatabases(
	serviceId: string,
	search: string,
	{ withProtected }: { withProtected: boolean },
): Promise<NamePage> {
	const { items, nextCursor } = await api.databases.list.query(request(serviceId, search));
	const shown = items.filter(({ isProtected }) => withProtected || !isProtected);
	return { names: shown.map(({ name }) => name), hasMore: nextCursor !== null };
}

/** The first users whose names hold the text. */
export async function findUsers(serviceId: string, search: string): Promise<UserPage> {
	const { items, nextCursor } = await api.databaseUsers.list.query(request(serviceId, search));
	return { users: items, hasMore: nextCursor !== null };
}
