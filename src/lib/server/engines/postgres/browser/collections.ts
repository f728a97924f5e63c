import { z } from 'zod';
import { isAppError } from '../../../errors';
import type { CollectionInfo, DataBrowser } from '../../engine';
import { badCursor } from '../../page';
import type { RawRow } from './limited-query';
import { reading, visitDatabase, type Ask, type Host } from './visit';

type Collections = DataBrowser['collections'];

const timeoutMs = 10_000;
const defaultLimit = 50;

/** Tables, views and the like of everybody's schemas. */
export const RELATIONS = `
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'`;

// A size waits for whoever locks the table, so there is a way without.
const listSql = (size: string): string => `
WITH relation AS (
	SELECT c.oid, n.nspname::text AS namespace, c.relname::text AS name, c.relkind, c.reltuples ${RELATIONS}
	AND ($1 = '' OR strpos(lower(n.nspname || '.' || c.relname), lower($1)) > 0)
), page AS (
	SELECT * FROM relation
	WHERE $2::text IS NULL OR (namespace COLLATE "C", name COLLATE "C") > ($2::text, $3::text)
	ORDER BY namespace COLLATE "C", name COLLATE "C" LIMIT $4::int
)
SELECT (SELECT count(*) FROM relation), namespace, name, CASE WHEN name IS NOT NULL THEN format('%I.%I', namespace, name) END,
	CASE WHEN relkind IN ('v', 'm') THEN 'view' ELSE 'table' END,
	CASE WHEN reltuples >= 0 AND relkind IN ('r', 'p', 'm') THEN reltuples::bigint END,
	CASE WHEN relkind IN ('r', 'm') THEN ${size} END
FROM (SELECT 1) one LEFT JOIN page ON true
ORDER BY namespace COLLATE "C", name COLLATE "C"`;
const withSizes = listSql('pg_total_relation_size(oid)');
const withoutSizes = listSql('NULL::bigint');

const row = z.tuple([
	z.coerce.number(),
	z.string().nullable(),
	z.string().nullable(),
	z.string().nullable(),
	z.enum(['table', 'view']),
	z.string().nullable(),
	z.string().nullable(),
]);

function toNumber(text: string | null): number | null {
	return text === null ? null : Number(text);
}

function toItem(raw: RawRow): CollectionInfo[] {
	const [, namespace, name, id, kind, rows, sizeBytes] = row.parse(raw);
	if (namespace === null || name === null || id === null) return [];
	return [{ id, name, namespace, kind, type: null, rows: toNumber(rows), sizeBytes: toNumber(sizeBytes) }];
}

const cursorSchema = z.tuple([z.string(), z.string()]);

/** Throws BAD_INPUT for a cursor that is none of ours. */
function parseCursor(cursor: string | undefined): [namespace: string | null, name: string | null] {
	if (cursor === undefined) return [null, null];
	try {
		return cursorSchema.parse(JSON.parse(cursor));
	} catch (cause) {
		throw badCursor(cause);
	}
}

async function list(ask: Ask, sql: string, request: Parameters<Collections>[0]): ReturnType<Collections> {
	const limit = request.limit ?? defaultLimit;
	const after = parseCursor(request.cursor);
	const values = [request.search ?? '', ...after, String(limit + 1)];
	const { rows } = await reading(ask, () => ask(sql, { values, maxRows: limit + 1 }));
	const found = rows.flatMap(toItem);
	const items = found.slice(0, limit);
	const last = items.at(-1);
	const hasMore = found.length > limit && last !== undefined;
	return {
		items,
		nextCursor: hasMore ? JSON.stringify([last.namespace, last.name]) : null,
		total: Number(rows[0]?.[0] ?? 0),
	};
}

/** Tables and views by schema and name. Throws BAD_INPUT for the cursor, and as `visitDatabase`. */
export async function listCollections(
	host: Host,
	request: Parameters<Collections>[0],
): ReturnType<Collections> {
	const visit = {
		database: request.database,
		isReadOnly: true,
		timeoutMs,
		settings: { search_path: 'pg_catalog' },
	};
	try {
		return await visitDatabase(host, visit, (ask) => list(ask, withSizes, request));
	} catch (error) {
		if (!isAppError(error, 'QUERY_TIMEOUT')) throw error;
		return visitDatabase(host, visit, (ask) => list(ask, withoutSizes, request));
	}
}
