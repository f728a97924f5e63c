import { z } from 'zod';
import type { Page, PageRequest } from '../page';
import type { Query } from './connections';
import { rowsAs } from './rows';

const defaultLimit = 50;
const totalRow = z.looseObject({ total: z.number(), name: z.string().nullable() });

/**
 * One page by name, in the order of its bytes, with the number of all that match.
 * `matching` selects `oid` and `name` of everything in question; `columns` selects `name` and the rest for the rows of `page`. Both may
 * use `$4` and up for `values`.
 */
export async function queryPage<T extends { name: string }>(
	query: Query,
	sql: { matching: string; columns: string; row: z.ZodType<T> },
	request: PageRequest = {},
	values: unknown[] = [],
): Promise<Page<T>> {
	const limit = request.limit ?? defaultLimit;
	const text = `
WITH matching AS (
	SELECT oid, name FROM (${sql.matching}) everything WHERE $1::text = '' OR strpos(lower(name), lower($1::text)) > 0
), page AS (
	SELECT oid, name FROM matching WHERE $2::text IS NULL OR name COLLATE "C" > $2::text
	ORDER BY name COLLATE "C" LIMIT $3::int
)
SELECT t.total, p.* FROM (SELECT count(*)::int AS total FROM matching) t LEFT JOIN (${sql.columns}) p ON true
ORDER BY p.name COLLATE "C"`;
	const found = await query(text, [request.search ?? '', request.cursor ?? null, limit + 1, ...values]);
	const all = rowsAs(totalRow, found);
	const rows = rowsAs(
		sql.row,
		found.filter((_row, index) => all[index]?.name !== null),
	);
	const items = rows.slice(0, limit);
	return {
		items,
		nextCursor: rows.length > limit ? (items.at(-1)?.name ?? null) : null,
		total: all[0]?.total ?? 0,
	};
}
