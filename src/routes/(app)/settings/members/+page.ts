import { hasRole } from '$lib/shared/roles';
import { orErrorPage, pageClient } from '$lib/trpc/api';
import type { PageLoad } from './$types';

/** `invitations` null: the role sees none. */
export const load: PageLoad = async ({ fetch, parent }) => {
	const { project } = await parent();
	const client = pageClient(fetch);
	const [members, invitations] = await orErrorPage(
		Promise.all([
			client.members.list.query({ projectId: project.id }),
			hasRole(project.role, 'admin') ? client.invitations.list.query({ projectId: project.id }) : null,
		]),
	);
	return { members, invitations };
};
