import { redirect } from '@sveltejs/kit';
import { orErrorPage, pageClient } from '$lib/trpc/api';
import type { PageLoad } from './$types';

/** Where one lands who was removed from every project. */
export const load: PageLoad = async ({ fetch }) => {
	const me = await orErrorPage(pageClient(fetch).auth.me.query());
	if (me.projects.length > 0) redirect(303, '/');
	return { user: me.user };
};
