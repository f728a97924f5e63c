import { databasesKey } from '$lib/actions/databases';
import { pageClient, settled } from '$lib/trpc/api';
import type { PageLoad } from './$types';

const perPage = 50;

export const load: PageLoad = async ({ params, url, fetch, depends }) => {
	depends(databasesKey);
	const client = pageClient(fetch);
	const serviceId = params.id;
	const search = url.searchParams.get('search') ?? '';
	const cursor = url.searchParams.get('after') ?? undefined;
	const [databases, users] = await Promise.all([
		settled(
			client.databases.list.query({
				serviceId,
				limit: perPage,
				...(search === '' ? {} : { search }),
				...(cursor === undefined ? {} : { cursor }),
			}),
		),
		settled(client.databaseUsers.list.query({ serviceId, limit: 200 })),
	]);
	return { databases, users, search, isFirstPage: cursor === undefined };
};
