import { databasesKey } from '$lib/actions/databases';
import { choicesPerPage } from '$lib/components/databases/find';
import { inside } from '$lib/components/services/inside';
import { pageClient, settled } from '$lib/trpc/api';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, fetch, depends, parent, untrack }) => {
	depends(databasesKey);
	// Untracked: the layout asks anew every few seconds, and tells when this should.
	const { service } = await untrack(parent);
	const client = pageClient(fetch);
	const serviceId = params.id;
	const [connection, databases, users] = await Promise.all([
		settled(client.services.connection.query({ serviceId })),
		inside(service, () => client.databases.list.query({ serviceId, limit: choicesPerPage })),
		inside(service, () => client.databaseUsers.list.query({ serviceId, limit: choicesPerPage })),
	]);
	return { connection, databases, users };
};
