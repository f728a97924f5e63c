import { databasesKey } from '$lib/actions/databases';
import { pageClient, settled } from '$lib/trpc/api';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, fetch, depends }) => {
	depends(databasesKey);
	const client = pageClient(fetch);
	const serviceId = params.id;
	const [connection, stats, databases, users] = await Promise.all([
		settled(client.services.connection.query({ serviceId })),
		settled(client.services.stats.query({ serviceId })),
		settled(client.databases.list.query({ serviceId, limit: 200 })),
		settled(client.databaseUsers.list.query({ serviceId, limit: 200 })),
	]);
	return { connection, stats, databases, users };
};
