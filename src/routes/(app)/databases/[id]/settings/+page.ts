import { databasesKey } from '$lib/actions/databases';
import { pageClient, settled } from '$lib/trpc/api';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, fetch, depends, parent, untrack }) => {
	depends(databasesKey);
	// Untracked: the layout asks anew every few seconds, and tells when this should.
	const { matrix, may } = await untrack(parent);
	if (!may.manage || matrix.settings !== null) return { settings: null };
	const settings = await settled(pageClient(fetch).services.settings.get.query({ serviceId: params.id }));
	return { settings };
};
