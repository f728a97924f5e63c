import { databasesKey } from '$lib/actions/databases';
import { choicesPerPage, namesOf } from '$lib/components/databases/find';
import { inside } from '$lib/components/services/inside';
import { pageClient } from '$lib/trpc/api';
import type { LayoutLoad } from './$types';

/**
 * `names` are the first databases to choose from: the engine's own are nobody's to look into. `database` is the one looked into: the one
 * the address names, else the first of them.
 */
export const load: LayoutLoad = async ({ params, url, fetch, depends, parent, untrack }) => {
	depends(databasesKey);
	// Untracked: the layout asks anew every few seconds, and tells when this should.
	const { service, matrix, may } = await untrack(parent);
	const wanted = url.searchParams.get('database');
	if (!may.manage || matrix.browse !== null) return { databases: null, names: [], database: null };
	const databases = await inside(service, () =>
		pageClient(fetch).databases.list.query({ serviceId: params.id, limit: choicesPerPage }),
	);
	const names = namesOf(databases.data?.items ?? [], { withProtected: false });
	return { databases, names, database: wanted ?? names[0] ?? null };
};
