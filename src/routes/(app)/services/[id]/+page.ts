import { redirect } from '@sveltejs/kit';
import { servicePage } from '$lib/components/services/address';
import { orErrorPage, pageClient } from '$lib/trpc/api';
import type { PageLoad } from './$types';

/** For links that know a server by its id alone. `tab` is a part of its page, such as `logs`. */
export const load: PageLoad = async ({ params, url, fetch }) => {
	const service = await orErrorPage(pageClient(fetch).services.get.query({ serviceId: params.id }));
	const tab = url.searchParams.get('tab');
	redirect(307, tab === 'logs' ? `${servicePage(service)}/logs` : servicePage(service));
};
