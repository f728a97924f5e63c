import { orErrorPage, pageClient } from '$lib/trpc/api';
import { catalogueKey } from '$lib/components/services/availability';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, parent, depends }) => {
	depends(catalogueKey);
	const { project } = await parent();
	return {
		catalogue: await orErrorPage(pageClient(fetch).services.catalogue.query({ projectId: project.id })),
	};
};
