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
	const search = url.searchParams.get('search') ?? '';
	const within = url.searchParams.get('database') ?? '';
	const cursor = url.searchParams.get('after') ?? undefined;
	const databaseCursor = url.searchParams.get('columns') ?? undefined;
	const listed = await inside(service, () =>
		pageClient(fetch).databaseUsers.grantMatrix.query({
			serviceId: params.id,
			limit: usersPerPage,
			databaseLimit: mostColumns,
			...(search === '' ? {} : { search }),
			...(cursor === undefined ? {} : { cursor }),
			...(within === '' ? {} : { databaseSearch: within }),
			...(databaseCursor === undefined ? {} : { databaseCursor }),
		}),
	);
	return {
		listed,
		search,
		within,
		isFirstPage: cursor === undefined,
		isFirstColumns: databaseCursor === undefined,
	};
};
