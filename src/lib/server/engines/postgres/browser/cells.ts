import { cutText } from '../../cells';
import type { Cell, ResultColumn } from '../../engine';
import type { RawField, RawRow } from './limited-query';
import type { Ask } from './visit';

/** Rows as the page shows them: long texts cut. */
export function cellsOf(rows: RawRow[]): Cell[][] {
	return rows.map((row) => row.map((text) => text && cutText(text)));
}

const typesSql = `
SELECT pg_catalog.format_type(t.oid, NULL)
FROM pg_catalog.unnest($1::pg_catalog.oid[]) WITH ORDINALITY AS t (oid, position) ORDER BY t.position`;

/** Columns with their types as the database calls them. */
export async function columnsOf(ask: Ask, fields: RawField[]): Promise<ResultColumn[]> {
	if (fields.length === 0) return [];
	const oids = `{${fields.map((field) => field.typeOid).join(',')}}`;
	const { rows } = await ask(typesSql, { values: [oids], maxRows: fields.length });
	return fields.map(({ name }, index) => ({ name, type: rows[index]?.[0] ?? null }));
}
