import { askList } from '$lib/components/activity/ask';
import { filtersIn } from '$lib/components/activity/filters';
import { hasRole } from '$lib/shared/roles';
import { orErrorPage, pageClient } from '$lib/trpc/api';
import type { PageLoad } from './$types';

/** `list` null: this person may not see it. */
export const load: PageLoad = async ({ fetch, url, parent }) => {
	const asked = filtersIn(url.searchParams);
	const { project, user } = await parent();
	const filters = { ...asked, of: user.isInstanceOwner ? asked.of : ('' as const) };
	const maySee = filters.of === 'instance' || hasRole(project.role, 'admin');
	if (!maySee) return { filters, list: null, members: [] };
	const client = pageClient(fetch);
	const [list, members] = await orErrorPage(
		Promise.all([
			askList(client, { projectId: project.id, filters }),
			client.members.list.query({ projectId: project.id }),
		]),
	);
	return { filters, list, members };
};
