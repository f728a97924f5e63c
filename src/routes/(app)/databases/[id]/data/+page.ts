import { databasesKey } from '$lib/actions/databases';
import { inside } from '$lib/components/services/inside';
import { pageClient } from '$lib/trpc/api';
import type { PageLoad } from './$types';

const collectionsPerPage = 50;
const rowsPerPage = 50;

export const load: PageLoad = async ({ params, url, fetch, depends, parent, untrack }) => {
	depends(databasesKey);
	const query = url.searchParams;
	const search = query.get('search') ?? '';
	const cursor = query.get('after') ?? undefined;
	const collection = query.get('collection');
	const rowCursor = query.get('rows') ?? undefined;
	// Read here, because what the layout reads is untracked: another database is another page.
	query.get('database');
	const { service, database } = await untrack(parent);
	const facts = {
		search,
		collection,
		isFirstPage: cursor === undefined,
		isFirstRows: rowCursor === undefined,
	};
	if (database === null) return { ...facts, collections: null, rows: null };
	const client = pageClient(fetch);
	const [collections, rows] = await Promise.all([
		inside(service, () =>
			client.browser.collections.query({
				serviceId: params.id,
				database,
				limit: collectionsPerPage,
				...(search === '' ? {} : { search }),
				...(cursor === undefined ? {} : { cursor }),
			}),
		),
		collection === null
			? null
			: inside(service, () =>
					client.browser.rows.query({
						serviceId: params.id,
						database,
						collection,
						limit: rowsPerPage,
						...(rowCursor === undefined ? {} : { cursor: rowCursor }),
					}),
				),
	]);
	return { ...facts, collections, rows };
};
