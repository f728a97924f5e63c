import { escapeIdentifier } from 'pg';
import { z } from 'zod';
import { AppError } from '../../../errors';
import type { DataBrowser, RowPage } from '../../engine';
import { badCursor } from '../../page';
import { sqlState } from '../errors';
import { cellsOf } from './cells';
import { RELATIONS } from './collections';
import type { RawRow } from './limited-query';
import { reading, visitDatabase, type Ask, type Host } from './visit';

type Request = Parameters<DataBrowser['rows']>[0];

const timeoutMs = 10_000;
/** As long a cursor as the API takes. */
const maxCursorLength = 1_000;
/** A cell is cut by the server, so that long ones stay there; one character more tells that there was more. */
const cellLength = 1_001;

/**
 * Where a page begins: after a primary key, after a place in the table's file, or, without both, after so many rows. `skip` is always
 * there, for the key that is too long to be named.
 */
const cursorSchema = z.strictObject({
	skip: z.number().int().min(0).max(1_000_000_000_000),
	key: z.array(z.string()).min(1).optional(),
	place: z
		.string()
		.regex(/^\(\d{1,10},\d{1,5}\)$/)
		.optional(),
});
type Cursor = z.infer<typeof cursorSchema>;

const tableRow = z.tuple([z.string(), z.string(), z.string()]);
const column = z.object({
	name: z.string(),
	type: z.string(),
	/** Of a type that no extension brought: those have their operators elsewhere. */
	isBuiltIn: z.boolean(),
	keyPosition: z.number().nullable(),
});
type Column = z.infer<typeof column>;
type Table = { id: string; columns: Column[]; key: Column[]; hasPlaces: boolean };

const tableSql = `
SELECT format('%I.%I', n.nspname, c.relname),
	(c.relkind = 'm' OR c.relkind = 'r' AND NOT c.relhassubclass)::text,
	(SELECT coalesce(json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod),
		'isBuiltIn', t.typnamespace = 'pg_catalog'::regnamespace,
		'keyPosition', array_position(k.indkey::int2[], a.attnum)) ORDER BY a.attnum), '[]')
	FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_index k ON k.indrelid = c.oid AND k.indisprimary
	WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
${RELATIONS} AND format('%I.%I', n.nspname, c.relname) = $1`;

/** Throws COLLECTION_NOT_FOUND. */
async function findTable(ask: Ask, collection: string): Promise<Table> {
	const { rows } = await ask(tableSql, { values: [collection], maxRows: 1 });
	if (!rows[0]) throw new AppError('COLLECTION_NOT_FOUND', { details: { name: collection.slice(0, 200) } });
	const [id, hasPlaces, json] = tableRow.parse(rows[0]);
	const columns = z.array(column).parse(JSON.parse(json));
	const key = columns
		.filter((one) => one.keyPosition !== null)
		.sort((a, b) => (a.keyPosition ?? 0) - (b.keyPosition ?? 0));
	const isUsable = key.every((one) => one.isBuiltIn);
	return { id, columns, key: isUsable ? key : [], hasPlaces: hasPlaces === 'true' };
}

const start: Cursor = { skip: 0 };

/** Throws BAD_INPUT for a cursor that is none of ours, or not of this table. */
function parseCursor(cursor: string | null, table: Table): Cursor {
	if (cursor === null) return start;
	const parsed = readCursor(cursor);
	if (parsed.key && parsed.key.length !== table.key.length) throw badCursor();
	if (parsed.place !== undefined && (!table.hasPlaces || table.key.length > 0)) throw badCursor();
	return parsed;
}

function readCursor(cursor: string): Cursor {
	try {
		return cursorSchema.parse(JSON.parse(cursor));
	} catch (cause) {
		throw badCursor(cause);
	}
}

/** Values that the key's types do not take were not read from it. */
function isOfOtherType(error: unknown): boolean {
	return ['22', '42804'].some((state) => sqlState(error)?.startsWith(state));
}

type Statement = { text: string; values: string[] };

/** Of the table and never of what is selected, which may have the same name. */
function reference({ name }: Column): string {
	return `t.${escapeIdentifier(name)}`;
}

function boundary(table: Table, keys: string[], after: Cursor): Statement {
	if (after.key) {
		const bound = table.key.map(({ type }, index) => `$${index + 1}::text::${type}`);
		return { text: ` WHERE (${keys.join(', ')}) > (${bound.join(', ')})`, values: after.key };
	}
	return after.place === undefined
		? { text: '', values: [] }
		: { text: ' WHERE t.ctid > $1::tid', values: [after.place] };
}

/** By primary key; without one as the rows lie in the table's file; of a view as they come. */
function statementFor(table: Table, after: Cursor, limit: number): Statement {
	const keys = table.key.map(reference);
	const { text: where, values } = boundary(table, keys, after);
	const order = keys.length > 0 ? ` ORDER BY ${keys.join(', ')}` : '';
	const offset = where === '' ? ` OFFSET ${after.skip}` : '';
	const shown = table.columns.map((one) => `left(${reference(one)}::text, ${cellLength})`);
	const list = [...placesOf(table), ...shown].join(', ');
	return { text: `SELECT ${list} FROM ${table.id} AS t${where}${order} LIMIT ${limit + 1}${offset}`, values };
}

/** What a row's place is told by, before the columns that are shown. */
function placesOf(table: Table): string[] {
	if (table.key.length > 0) return table.key.map((one) => `${reference(one)}::text`);
	return [table.hasPlaces ? 't.ctid::text' : 'NULL'];
}

function cursorAfter(table: Table, last: RawRow, skip: number): string {
	const places = last.slice(0, placesOf(table).length).flatMap((value) => (value === null ? [] : [value]));
	const [place] = places;
	if (place === undefined) return JSON.stringify({ skip } satisfies Cursor);
	const exact: Cursor = table.key.length > 0 ? { skip, key: places } : { skip, place };
	const text = JSON.stringify(exact);
	return text.length > maxCursorLength ? JSON.stringify({ skip } satisfies Cursor) : text;
}

async function readPage(ask: Ask, request: Request): Promise<RowPage> {
	const { limit } = request;
	const table = await findTable(ask, request.collection);
	const after = parseCursor(request.cursor, table);
	const { text, values } = statementFor(table, after, limit);
	const answer = await ask(text, { values, maxRows: limit + 1 }).catch((error: unknown) => {
		throw after !== start && isOfOtherType(error) ? badCursor(error) : error;
	});
	const rows = answer.rows.slice(0, limit);
	const last = rows.at(-1);
	const hasMore = answer.rows.length > limit && last !== undefined;
	return {
		columns: table.columns.map(({ name, type }) => ({ name, type })),
		rows: cellsOf(rows.map((row) => row.slice(placesOf(table).length))),
		nextCursor: hasMore ? cursorAfter(table, last, after.skip + rows.length) : null,
	};
}

/** A page of a table's or view's rows. Throws COLLECTION_NOT_FOUND, BAD_INPUT for the cursor, and as `visitDatabase`. */
export function readRows(host: Host, request: Request): Promise<RowPage> {
	const visit = {
		database: request.database,
		isReadOnly: true,
		timeoutMs,
		settings: {
			search_path: 'pg_catalog',
			// Rows without a key come in the order of the file, of one process, from the start.
			synchronize_seqscans: 'off',
			max_parallel_workers_per_gather: '0',
		},
	};
	return visitDatabase(host, visit, (ask) => reading(ask, () => readPage(ask, request)));
}
