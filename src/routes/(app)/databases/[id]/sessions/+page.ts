import { sessionsKey } from '$lib/actions/sessions';
import { databasesKey } from '$lib/actions/databases';
import { inside } from '$lib/components/services/inside';
import { pageClient } from '$lib/trpc/api';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, fetch, depends, parent, untrack }) => {
	depends(databasesKey, sessionsKey);
	// Untracked: the layout asks anew every few seconds, and tells when this should.
	const { service, matrix, may } = await untrack(parent);
	if (matrix.sessions !== null || !may.operate) return { listed: null };
	const listed = await inside(service, () =>
		pageClient(fetch).databaseSessions.list.query({ serviceId: params.id }),
	);
	return { listed };
};
