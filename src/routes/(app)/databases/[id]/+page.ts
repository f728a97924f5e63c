import { servicesKey } from '$lib/state/operations.svelte';
import { pageClient, settled } from '$lib/trpc/api';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, fetch, depends }) => {
	depends(servicesKey);
	const client = pageClient(fetch);
	const serviceId = params.id;
	const [connection, stats, databases, users] = await Promise.all([
		settled(client.services.connection.query({ serviceId })),
		settled(client.services.stats.query({ serviceId })),
		settled(client.databases.list.query({ serviceId })),
		settled(client.databaseUsers.list.query({ serviceId })),
	]);
	return { connection, stats, databases, users };
};
