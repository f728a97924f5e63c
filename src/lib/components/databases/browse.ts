import { m } from '$lib/i18n/generated/messages';
import type { RouterOutputs } from '$lib/trpc/client';

export type Collection = RouterOutputs['browser']['collections']['items'][number];
export type Grid = Pick<RouterOutputs['browser']['rows'], 'columns' | 'rows'>;
export type QueryResult = RouterOutputs['browser']['query'];

export const kindWords: Record<Collection['kind'], () => string> = {
	table: m.data_kind_table,
	view: m.data_kind_view,
	collection: m.data_kind_collection,
	key: m.data_kind_key,
};

/** The address of the data of a database, or of one table, collection or key in it. */
export function dataAddress(serviceId: string, database: string, collection?: string): string {
	const query = new URLSearchParams({ database, ...(collection === undefined ? {} : { collection }) });
	return `/databases/${serviceId}/data?${query}`;
}

/** Rows as spreadsheets take them from the clipboard: tabs between cells, and none inside. */
export function tableText({ columns, rows }: Grid): string {
	const line = (cells: readonly (string | null)[]) =>
		cells.map((cell) => (cell ?? '').replace(/[\t\r\n]+/g, ' ')).join('\t');
	return [line(columns.map(({ name }) => name)), ...rows.map(line)].join('\n');
}
