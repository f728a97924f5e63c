import { redirect } from '@sveltejs/kit';
import { loginPath } from '$lib/components/people/next-path';
import { servicesKey } from '$lib/state/operations.svelte';
import { orErrorPage, pageClient, settled } from '$lib/trpc/api';
import type { LayoutLoad } from './$types';

/** `project` is the open one and never missing; `services` are its services, for the side bar and for pages that list them. */
export const load: LayoutLoad = async ({ fetch, url, data, depends, untrack }) => {
	depends('sh0:me', servicesKey);
	const client = pageClient(fetch);
	const signInAt = untrack(() => loginPath(url));
	const me = await orErrorPage(client.auth.me.query(), signInAt);
	const project = me.projects.find(({ id }) => id === data.chosenProjectId) ?? me.projects[0];
	if (!project) redirect(303, '/no-project');
	const services = await settled(client.services.list.query({ projectId: project.id }));
	return { isSealed: data.isSealed, user: me.user, projects: me.projects, project, services };
};
