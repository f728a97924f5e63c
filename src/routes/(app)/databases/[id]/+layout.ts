import { permissionsOf, roleIn } from '$lib/components/services/service';
import { serviceKey, servicesKey } from '$lib/state/operations.svelte';
import { orErrorPage, pageClient } from '$lib/trpc/api';
import type { LayoutLoad } from './$types';

export const load: LayoutLoad = async ({ params, fetch, depends, parent }) => {
	depends(servicesKey, serviceKey);
	const service = await orErrorPage(pageClient(fetch).services.get.query({ serviceId: params.id }));
	const { projects } = await parent();
	return { service, may: permissionsOf(roleIn(projects, service.projectId)) };
};
