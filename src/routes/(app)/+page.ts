import { servicesKey } from '$lib/state/operations.svelte';
import { pageClient, settled } from '$lib/trpc/api';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, parent, depends }) => {
	depends(servicesKey);
	const { project } = await parent();
	return {
		listed: await settled(pageClient(fetch).services.list.query({ projectId: project.id, history: true })),
	};
};
