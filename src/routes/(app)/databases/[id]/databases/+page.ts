import { databasesKey } from '$lib/actions/databases';
import { inside } from '$lib/components/services/inside';
import { pageClient } from '$lib/trpc/api';
import type { PageLoad } from './$types';

const perPage = 50;

export const load: PageLoad = async ({ params, url, fetch, depends, parent, untrack }) => {
	depends(databasesKey);
	// Untracked: the layout asks anew every few seconds, and tells when this should.
	const { service, matrix } = await untrack(parent);
	const client = pageClient(fetch);
	const serviceId = params.id;
	const search = url.searchParams.get('search') ?? '';
	const cursor = url.searchParams.get('after') ?? undefined;
	const [databases, users] = await Promise.all([
		inside(service, () =>
			client.databases.list.query({
				serviceId,
				limit: perPage,
				...(search === '' ? {} : { search }),
				...(cursor === undefined ? {} : { cursor }),
			}),
		),
		matrix.owners === null
			? inside(service, () => client.databaseUsers.list.query({ serviceId, limit: 200 }))
			: null,
	]);
	return { databases, users, search, isFirstPage: cursor === undefined };
};
