import type { Page, PageRequest } from '../page';
import type { Value } from './connections';

const defaultLimit = 50;

export type PageSql = {
	/** Conditions over the column, ANDed to others. */
	matching: string;
	matchingValues: Value[];
	/** As above, for names after the cursor. */
	after: string;
	afterValues: Value[];
	limit: number;
};

/** The conditions of one page by name; `column` is an expression of a case-sensitive, bytewise collation. */
export function pageSql(column: string, { search, cursor, limit = defaultLimit }: PageRequest = {}): PageSql {
	const needle = search ?? '';
	return {
		matching:
			needle === ''
				? 'TRUE'
				: `INSTR(LOWER(${column}), LOWER(CONVERT(? USING utf8mb4) COLLATE utf8mb4_bin)) > 0`,
		matchingValues: needle === '' ? [] : [needle],
		after: cursor === undefined ? 'TRUE' : `${column} > ?`,
		afterValues: cursor === undefined ? [] : [cursor],
		limit,
	};
}

/** A page of rows of which one more than the limit was asked for. */
export function pageFrom<T extends { name: string }>(
	rows: T[],
	{ limit, total }: { limit: number; total: number },
): Page<T> {
	const items = rows.slice(0, limit);
	return { items, nextCursor: rows.length > limit ? (items.at(-1)?.name ?? null) : null, total };
}
