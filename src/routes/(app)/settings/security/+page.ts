import { orErrorPage, pageClient } from '$lib/trpc/api';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ fetch }) => ({
	sessions: await orErrorPage(pageClient(fetch).sessions.list.query()),
});
