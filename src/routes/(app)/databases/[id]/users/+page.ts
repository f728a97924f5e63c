import { databasesKey } from '$lib/actions/databases';
import { inside } from '$lib/components/services/inside';
import { pageClient } from '$lib/trpc/api';
import type { PageLoad } from './$types';

/** A matrix of more cells than this is no longer read. */
const usersPerPage = 30;
const mostColumns = 20;

export const load: PageLoad = async ({ params, url, fetch, depends, parent, untrack }) => {
	depends(databasesKey);
	// Untracked: the layout asks anew every few seconds, and tells when this should.
	const { service } = await untrack(parent);
	const client = pageClient(fetch);
	const serviceId = params.id;
	const search = url.searchParams.get('search') ?? '';
	const within = url.searchParams.get('database') ?? '';
	const cursor = url.searchParams.get('after') ?? undefined;
	const [databases, users] = await Promise.all([
		inside(service, () =>
			client.databases.list.query({
				serviceId,
				limit: mostColumns,
				...(within === '' ? {} : { search: within }),
			}),
		),
		inside(service, () =>
			client.databaseUsers.list.query({
				serviceId,
				limit: usersPerPage,
				...(search === '' ? {} : { search }),
				...(cursor === undefined ? {} : { cursor }),
			}),
		),
	]);
	return { databases, users, search, within, isFirstPage: cursor === undefined, mostColumns };
};
