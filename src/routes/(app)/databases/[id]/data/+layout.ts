import { databasesKey } from '$lib/actions/databases';
import { choicesPerPage } from '$lib/components/databases/find';
import { inside } from '$lib/components/services/inside';
import { pageClient } from '$lib/trpc/api';
import type { LayoutLoad } from './$types';

/** `database` is the one looked into: the one the address names, else the first that is not the engine's own. */
export const load: LayoutLoad = async ({ params, url, fetch, depends, parent, untrack }) => {
	depends(databasesKey);
	// Untracked: the layout asks anew every few seconds, and tells when this should.
	const { service, matrix, may } = await untrack(parent);
	const wanted = url.searchParams.get('database');
	if (!may.manage || matrix.browse !== null) return { databases: null, database: null };
	const databases = await inside(service, () =>
		pageClient(fetch).databases.list.query({ serviceId: params.id, limit: choicesPerPage }),
	);
	const items = databases.data?.items ?? [];
	const first = items.find(({ isProtected }) => !isProtected) ?? items[0];
	return { databases, database: wanted ?? first?.name ?? null };
};
