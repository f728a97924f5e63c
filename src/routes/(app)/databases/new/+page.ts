import { orErrorPage, pageClient } from '$lib/trpc/api';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, parent }) => {
	const { project } = await parent();
	return {
		catalogue: await orErrorPage(pageClient(fetch).services.catalogue.query({ projectId: project.id })),
	};
};
