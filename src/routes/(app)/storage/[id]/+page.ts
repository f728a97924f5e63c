import { storageKey } from '$lib/actions/storage';
import { pageClient, settled } from '$lib/trpc/api';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, fetch, depends }) => {
	depends(storageKey);
	const client = pageClient(fetch);
	const serviceId = params.id;
	const [connection, stats] = await Promise.all([
		settled(client.services.connection.query({ serviceId })),
		settled(client.services.stats.query({ serviceId })),
	]);
	return { connection, stats };
};
