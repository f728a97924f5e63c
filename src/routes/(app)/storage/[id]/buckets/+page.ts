import { storageKey } from '$lib/actions/storage';
import { inside } from '$lib/components/services/inside';
import { pageClient } from '$lib/trpc/api';
import type { PageLoad } from './$types';

const perPage = 50;

export const load: PageLoad = async ({ params, url, fetch, depends, parent, untrack }) => {
	depends(storageKey);
	// Untracked: the layout asks anew every few seconds, and tells when this should.
	const { service } = await untrack(parent);
	const search = url.searchParams.get('search') ?? '';
	const cursor = url.searchParams.get('after') ?? undefined;
	const buckets = await inside(service, () =>
		pageClient(fetch).buckets.list.query({
			serviceId: params.id,
			limit: perPage,
			...(search === '' ? {} : { search }),
			...(cursor === undefined ? {} : { cursor }),
		}),
	);
	return { buckets, search, isFirstPage: cursor === undefined };
};
