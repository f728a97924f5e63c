import { orErrorPage, pageClient } from '$lib/trpc/api';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, fetch }) => ({
	operation: await orErrorPage(pageClient(fetch).operations.get.query({ operationId: params.id })),
});
