import { redirect } from '@sveltejs/kit';
import { loginPath } from '$lib/components/people/next-path';
import { servicesKey } from '$lib/state/operations.svelte';
import { pageClient, settled } from '$lib/trpc/api';
import type { LayoutLoad } from './$types';

/**
 * `project` is the open one and never missing; `services` are its services with their last hour, for the side bar and for every page
 * that lists them: one question serves all.
 */
export const load: LayoutLoad = async ({ fetch, url, data, depends, untrack }) => {
	depends(servicesKey);
	const { isSealed, me, chosenProjectId } = data;
	const project = me.projects.find(({ id }) => id === chosenProjectId) ?? me.projects[0];
	if (!project) redirect(303, '/no-project');
	const signInAt = untrack(() => loginPath(url));
	const asked = pageClient(fetch).services.list.query({ projectId: project.id, history: true });
	const services = await settled(asked, signInAt);
	return { isSealed, user: me.user, projects: me.projects, project, services };
};
