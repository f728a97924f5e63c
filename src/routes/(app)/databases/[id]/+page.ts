import { databasesKey } from '$lib/actions/databases';
import { loadOverview } from '$lib/components/services/loads';
import type { PageLoad } from './$types';

export const load: PageLoad = (event) => {
	event.depends(databasesKey);
	return loadOverview(event);
};
