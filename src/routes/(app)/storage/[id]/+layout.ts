import { error } from '@sveltejs/kit';
import { permissionsOf, roleIn } from '$lib/components/services/service';
import { sentenceOfCode } from '$lib/i18n/error-sentences';
import { serviceKey, servicesKey } from '$lib/state/operations.svelte';
import { orErrorPage, pageClient } from '$lib/trpc/api';
import type { LayoutLoad } from './$types';

/** `storage` is what the engine can do and how: the tabs and what stands in them follow from it. */
export const load: LayoutLoad = async ({ params, fetch, depends, parent }) => {
	depends(servicesKey, serviceKey);
	const service = await orErrorPage(pageClient(fetch).services.get.query({ serviceId: params.id }));
	if (service.storage === null) error(404, sentenceOfCode('NOT_FOUND'));
	const { projects } = await parent();
	return {
		service,
		storage: service.storage,
		may: permissionsOf(roleIn(projects, service.projectId)),
	};
};
