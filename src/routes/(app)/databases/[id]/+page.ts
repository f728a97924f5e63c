import { databasesKey } from '$lib/actions/databases';
import { pageClient, settled } from '$lib/trpc/api';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, fetch, depends }) => {
	depends(databasesKey);
	const client = pageClient(fetch);
	const serviceId = params.id;
	const [connection, stats] = await Promise.all([
		settled(client.services.connection.query({ serviceId })),
		settled(client.services.stats.query({ serviceId })),
	]);
	return { connection, stats };
};
