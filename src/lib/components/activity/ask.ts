import type { Client, RouterOutputs } from '$lib/trpc/client';
import { filterInput, type Filters } from './filters';

type Asked = { projectId: string; filters: Filters };

/** A page of the record that the filters name, older than `cursor` where given. */
export function askList(
	{ activity }: Client,
	{ projectId, filters, cursor = null }: Asked & { cursor?: number | null },
): Promise<RouterOutputs['activity']['list']> {
	const wanted = { ...filterInput(filters), cursor };
	return filters.of === 'instance'
		? activity.listInstance.query(wanted)
		: activity.list.query({ ...wanted, projectId });
}

/** What the filters show, as a file. */
export function askExport(
	{ activity }: Client,
	{ projectId, filters, format }: Asked & { format: 'csv' | 'jsonl' },
): Promise<RouterOutputs['activity']['export']> {
	const wanted = { ...filterInput(filters), format };
	return filters.of === 'instance'
		? activity.exportInstance.query(wanted)
		: activity.export.query({ ...wanted, projectId });
}
