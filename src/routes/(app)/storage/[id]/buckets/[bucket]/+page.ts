import { storageKey } from '$lib/actions/storage';
import { inside } from '$lib/components/services/inside';
import { pageClient } from '$lib/trpc/api';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, fetch, depends, parent, untrack }) => {
	depends(storageKey);
	// Untracked: the layout asks anew every few seconds, and tells when this should.
	const { service } = await untrack(parent);
	const found = await inside(service, () =>
		pageClient(fetch).buckets.get.query({ serviceId: params.id, name: params.bucket }),
	);
	return { found };
};
