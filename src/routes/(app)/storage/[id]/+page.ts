import { storageKey } from '$lib/actions/storage';
import { loadOverview } from '$lib/components/services/loads';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) => {
	event.depends(storageKey);
	return loadOverview(event);
};
