import { databasesKey } from '$lib/actions/databases';
import { servicesKey } from '$lib/state/operations.svelte';
import { pageClient, settled } from '$lib/trpc/api';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, fetch, depends }) => {
	depends(databasesKey, servicesKey);
	const client = pageClient(fetch);
	const serviceId = params.id;
	const [databases, users] = await Promise.all([
		settled(client.databases.list.query({ serviceId })),
		settled(client.databaseUsers.list.query({ serviceId })),
	]);
	return { databases, users };
};
