import type { LoadEvent } from '@sveltejs/kit';
import { serviceKey, servicesKey } from '$lib/state/operations.svelte';
import { orErrorPage, pageClient, settled } from '$lib/trpc/api';
import { permissionsOf, roleIn, type Permissions, type Service } from './service';

type ServerEvent = Pick<LoadEvent<{ id: string }>, 'params' | 'fetch' | 'depends'> & {
	parent: () => Promise<{ projects: Parameters<typeof roleIn>[0] }>;
};

/** The server that an address names, and what the person may do with it. Throws the error page where there is none. */
export async function loadServer(event: ServerEvent): Promise<{ service: Service; may: Permissions }> {
	const { params, fetch, depends, parent } = event;
	depends(servicesKey, serviceKey);
	const service = await orErrorPage(pageClient(fetch).services.get.query({ serviceId: params.id }));
	const { projects } = await parent();
	return { service, may: permissionsOf(roleIn(projects, service.projectId)) };
}

/** What a server's overview shows: where it answers, and what it uses. */
export async function loadOverview({ params, fetch }: Pick<ServerEvent, 'params' | 'fetch'>) {
	const client = pageClient(fetch);
	const serviceId = params.id;
	const [connection, stats] = await Promise.all([
		settled(client.services.connection.query({ serviceId })),
		settled(client.services.stats.query({ serviceId })),
	]);
	return { connection, stats };
}
