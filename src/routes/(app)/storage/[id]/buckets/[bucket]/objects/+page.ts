import { objectsKey } from '$lib/actions/objects';
import { inside } from '$lib/components/services/inside';
import { pageClient } from '$lib/trpc/api';
import type { PageLoad } from './$types';

const perPage = 100;

/** `listed` is null for whoever may not look into buckets. */
export const load: PageLoad = async ({ params, url, fetch, depends, parent, untrack }) => {
	depends(objectsKey);
	// Untracked: the layout asks anew every few seconds, and tells when this should.
	const { service, may } = await untrack(parent);
	const { id: serviceId, bucket } = params;
	const prefix = url.searchParams.get('prefix') ?? '';
	const search = url.searchParams.get('search') ?? '';
	const cursor = url.searchParams.get('after') ?? undefined;
	const place = { bucket, prefix, search, isFirstPage: cursor === undefined };
	if (!may.manage) return { ...place, listed: null };
	const listed = await inside(service, () =>
		pageClient(fetch).objects.list.query({
			...{ serviceId, bucket, prefix, search, limit: perPage },
			...(cursor === undefined ? {} : { cursor }),
		}),
	);
	return { ...place, listed };
};
