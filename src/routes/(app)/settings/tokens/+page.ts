import { orErrorPage, pageClient } from '$lib/trpc/api';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch, parent }) => {
	const { project } = await parent();
	return { tokens: await orErrorPage(pageClient(fetch).tokens.list.query({ projectId: project.id })) };
};
