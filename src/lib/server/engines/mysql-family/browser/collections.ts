import { z } from 'zod';
import type { CollectionInfo } from '../../engine';
import type { Page, PageRequest } from '../../page';
import type { Query } from '../connections';
import { pageFrom, pageSql } from '../paging';
import { numeric, rowsAs } from '../rows';

const tableName = 'CONVERT(t.TABLE_NAME USING utf8mb4) COLLATE utf8mb4_bin';

const tableRow = z.object({
	name: z.string(),
	type: z.string(),
	rows: numeric.nullable(),
	sizeBytes: numeric.nullable(),
});

/** One page of the tables and views of the database; rows are the storage engine's estimate. */
export async function listCollections(
	query: Query,
	{ database, ...request }: { database: string } & PageRequest,
): Promise<Page<CollectionInfo>> {
	const page = pageSql(tableName, request);
	const from = `FROM information_schema.tables t WHERE t.TABLE_SCHEMA = ? AND ${page.matching}`;
	const values = [database, ...page.matchingValues];
	const found = await query(
		`SELECT ${tableName} AS name, t.TABLE_TYPE AS type, t.TABLE_ROWS AS \`rows\`, t.DATA_LENGTH + t.INDEX_LENGTH AS sizeBytes
		${from} AND ${page.after} ORDER BY name LIMIT ?`,
		[...values, ...page.afterValues, page.limit + 1],
	);
	const counted = await query(`SELECT COUNT(*) AS total ${from}`, values);
	const total = rowsAs(z.object({ total: numeric }), counted)[0]?.total ?? 0;
	const tables = rowsAs(tableRow, found).map(({ name, type, rows, sizeBytes }): CollectionInfo => {
		const isView = type.includes('VIEW');
		return {
			id: name,
			name,
			namespace: null,
			kind: isView ? 'view' : 'table',
			type: null,
			rows: isView ? null : rows,
			sizeBytes: isView ? null : sizeBytes,
		};
	});
	return pageFrom(tables, { limit: page.limit, total });
}

/** True when the database has a table or view of exactly this name. */
export async function collectionExists(
	query: Query,
	{ database, name }: { database: string; name: string },
): Promise<boolean> {
	const rows = await query(
		'SELECT t.TABLE_NAME AS name FROM information_schema.tables t WHERE t.TABLE_SCHEMA = ? AND t.TABLE_NAME = ?',
		[database, name],
	);
	return rowsAs(z.object({ name: z.string() }), rows).some((row) => row.name === name);
}
