import { storageKey } from '$lib/actions/storage';
import { inside } from '$lib/components/services/inside';
import { pageClient } from '$lib/trpc/api';
import type { PageLoad } from './$types';

/** A matrix of more cells than this is no longer read. */
const keysPerPage = 30;
const mostColumns = 20;

export const load: PageLoad = async ({ params, url, fetch, depends, parent, untrack }) => {
	depends(storageKey);
	// Untracked: the layout asks anew every few seconds, and tells when this should.
	const { service } = await untrack(parent);
	const search = url.searchParams.get('search') ?? '';
	const within = url.searchParams.get('bucket') ?? '';
	const cursor = url.searchParams.get('after') ?? undefined;
	const bucketCursor = url.searchParams.get('columns') ?? undefined;
	const listed = await inside(service, () =>
		pageClient(fetch).storageKeys.list.query({
			serviceId: params.id,
			limit: keysPerPage,
			bucketLimit: mostColumns,
			...(search === '' ? {} : { search }),
			...(cursor === undefined ? {} : { cursor }),
			...(within === '' ? {} : { bucketSearch: within }),
			...(bucketCursor === undefined ? {} : { bucketCursor }),
		}),
	);
	return {
		listed,
		search,
		within,
		isFirstPage: cursor === undefined,
		isFirstColumns: bucketCursor === undefined,
	};
};
