import { copiesKey } from '$lib/actions/copies';
import { orErrorPage, pageClient } from '$lib/trpc/api';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, url, fetch, depends, parent, untrack }) => {
	depends(copiesKey);
	// Untracked: the layout asks anew every few seconds, and tells when this should.
	const { service } = await untrack(parent);
	const client = pageClient(fetch);
	const on = { serviceId: params.id };
	const copyId = url.searchParams.get('copy');
	const [copies, options, services, copy, report] = await Promise.all([
		orErrorPage(client.storageCopies.list.query(on)),
		orErrorPage(client.storageCopies.options.query(on)),
		orErrorPage(client.services.list.query({ projectId: service.projectId })),
		copyId === null ? null : orErrorPage(client.storageCopies.get.query({ ...on, copyId })),
		copyId === null ? null : orErrorPage(client.storageCopies.report.query({ ...on, copyId })),
	]);
	const sources = services
		.filter(({ id, kind, status }) => kind === 'storage' && id !== params.id && status === 'running')
		.map(({ id, name, engineLabel }) => ({ value: id, label: `${name} · ${engineLabel}` }));
	return { copies, options, sources, copy, report };
};
