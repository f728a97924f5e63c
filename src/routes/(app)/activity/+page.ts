import { filterInput, filtersIn } from '$lib/components/activity/filters';
import { hasRole } from '$lib/shared/roles';
import { orErrorPage, pageClient } from '$lib/trpc/api';
import type { PageLoad } from './$types';

/** `list` null: the role may not see it. */
export const load: PageLoad = async ({ fetch, url, parent }) => {
	const filters = filtersIn(url.searchParams);
	const { project } = await parent();
	if (!hasRole(project.role, 'admin')) return { filters, list: null, members: [] };
	const client = pageClient(fetch);
	const [list, members] = await orErrorPage(
		Promise.all([
			client.activity.list.query({ projectId: project.id, ...filterInput(filters) }),
			client.members.list.query({ projectId: project.id }),
		]),
	);
	return { filters, list, members };
};
