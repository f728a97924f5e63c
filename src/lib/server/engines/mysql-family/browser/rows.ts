import { z } from 'zod';
import { AppError } from '../../../errors';
import { MAX_CELL_LENGTH } from '../../cells';
import type { DataBrowser, RowPage } from '../../engine';
import { badCursor } from '../../page';
import type { Connections, Query, Value } from '../connections';
import { identifier } from '../quote';
import { rowsAs } from '../rows';
import { collectionExists } from './collections';
import type { HelperSession } from './helper';
import { limitedStatement } from './query';
import type { RawRow } from './stream';

const timeoutMs = 15_000;

/** Types whose values, written as text, sort and compare as they do in the column. */
const comparable = new Set([
	...['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'year'],
	...['char', 'varchar', 'binary', 'varbinary', 'date', 'datetime', 'timestamp', 'uuid'],
]);

const binary = new Set(['binary', 'varbinary']);

/** Types whose values may be long: those are cut by the server, so that they stay there. */
const long = new Set([
	...['varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'json'],
	...['varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob'],
]);

const columnRow = z.object({ name: z.string(), type: z.string().toLowerCase(), extra: z.string() });
type Column = z.infer<typeof columnRow>;

/** After these values of the primary key, as hexadecimal bytes; or this many rows in. */
const cursorSchema = z.union([
	z.object({ after: z.array(z.string().regex(/^[0-9a-f]*$/)) }),
	z.object({ offset: z.int().nonnegative() }),
]);
type Cursor = z.infer<typeof cursorSchema>;

type Table = { database: string; name: string };

/** All columns in their order. */
async function columnsOf(query: Query, { database, name }: Table): Promise<Column[]> {
	const rows = await query(
		`SELECT c.COLUMN_NAME AS name, c.DATA_TYPE AS type, c.EXTRA AS extra FROM information_schema.columns c
		WHERE c.TABLE_SCHEMA = ? AND c.TABLE_NAME = ? ORDER BY c.ORDINAL_POSITION`,
		[database, name],
	);
	return rowsAs(columnRow, rows);
}

/** The columns of the primary key in its order; none when rows cannot be told apart by it. */
async function keyOf(query: Query, { database, name }: Table, columns: Column[]): Promise<Column[]> {
	const rows = await query(
		`SELECT k.COLUMN_NAME AS name FROM information_schema.key_column_usage k
		WHERE k.TABLE_SCHEMA = ? AND k.TABLE_NAME = ? AND k.CONSTRAINT_NAME = 'PRIMARY' ORDER BY k.ORDINAL_POSITION`,
		[database, name],
	);
	const names = rowsAs(z.object({ name: z.string() }), rows).map(({ name: column }) => column);
	const key = names.flatMap((column) =>
		columns.filter((one) => one.name === column && comparable.has(one.type)),
	);
	return key.length === names.length ? key : [];
}

function readCursor(text: string | null): Cursor | null {
	if (text === null) return null;
	try {
		return cursorSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
	} catch (cause) {
		throw badCursor(cause);
	}
}

const numeric = new Set(['tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'year']);

/** The server would take any text for a number, and begin at the start. */
function isValueOf({ type }: Column, hex: string): boolean {
	return !numeric.has(type) || /^-?\d+(?:\.\d+)?$/.test(Buffer.from(hex, 'hex').toString('latin1'));
}

/** Throws BAD_INPUT for a cursor that is none of this table's. */
function assertFits(cursor: Cursor | null, key: Column[]): void {
	if (cursor === null) return;
	const isFitting =
		'after' in cursor
			? key.length > 0 &&
				cursor.after.length === key.length &&
				key.every((column, index) => isValueOf(column, cursor.after[index] ?? ''))
			: key.length === 0;
	if (!isFitting) throw badCursor();
}

function writeCursor(cursor: Cursor): string {
	return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/** Of the table and never of what is selected, which may have the same name. */
function reference({ name }: Column): string {
	return `t.${identifier(name)}`;
}

/** `(a > ?) OR (a = ? AND b > ?) ...`, which an index can serve. */
function afterSql(key: Column[], after: string[]): Statement {
	const bytes = key.map(({ type }, index): Value => {
		const value = Buffer.from(after[index] ?? '', 'hex');
		return binary.has(type) ? value : value.toString('utf8');
	});
	const steps = key.map((column, index) => {
		const same = key.slice(0, index).map((one) => `${reference(one)} = ?`);
		return {
			sql: [...same, `${reference(column)} > ?`].join(' AND '),
			values: bytes.slice(0, index + 1),
		};
	});
	return {
		sql: steps.map(({ sql }) => `(${sql})`).join(' OR '),
		values: steps.flatMap(({ values }) => values),
	};
}

type Statement = { sql: string; values: Value[] };

/** What `*` would show; one that is long no longer than a cell, with one character more to tell that there was more. */
function shownSql(columns: Column[]): string[] {
	return columns.map((column) =>
		long.has(column.type) ? `LEFT(${reference(column)}, ${MAX_CELL_LENGTH + 1})` : reference(column),
	);
}

/** By primary key, whose columns come first; without one as the rows come. */
function statementFor(
	table: Table,
	{ key, shown, cursor, limit }: { key: Column[]; shown: Column[]; cursor: Cursor | null; limit: number },
): Statement {
	const list = [...key.map(reference), ...shownSql(shown)].join(', ');
	const select = `SELECT ${list} FROM ${identifier(table.database)}.${identifier(table.name)} AS t`;
	if (key.length === 0) return { sql: `${select} LIMIT ? OFFSET ?`, values: [limit + 1, offsetOf(cursor)] };
	const order = `ORDER BY ${key.map(reference).join(', ')} LIMIT ?`;
	if (!cursor || !('after' in cursor)) return { sql: `${select} ${order}`, values: [limit + 1] };
	const after = afterSql(key, cursor.after);
	return { sql: `${select} WHERE ${after.sql} ${order}`, values: [...after.values, limit + 1] };
}

function offsetOf(cursor: Cursor | null): number {
	return cursor && 'offset' in cursor ? cursor.offset : 0;
}

function nextCursor(last: RawRow, cursor: Cursor | null, count: number): string {
	if (last.length === 0) return writeCursor({ offset: offsetOf(cursor) + count });
	return writeCursor({ after: last.map((value) => value?.toString('hex') ?? '') });
}

/** One page of a table's rows in the order of its primary key, or of a view's as they come. Throws COLLECTION_NOT_FOUND, BAD_INPUT. */
export async function readRows(
	connections: Connections,
	session: HelperSession,
	{ database, collection: name, cursor: text, limit }: Parameters<DataBrowser['rows']>[0],
): Promise<RowPage> {
	if (!(await collectionExists(session.query, { database, name }))) {
		throw new AppError('COLLECTION_NOT_FOUND', { details: { name } });
	}
	const table = { database, name };
	const cursor = readCursor(text);
	const columns = await columnsOf(session.query, table);
	const key = await keyOf(session.query, table, columns);
	assertFits(cursor, key);
	const shown = columns.filter(({ extra }) => !/invisible/i.test(extra));
	const { rows, keys, isCut } = await limitedStatement(connections, session, {
		...statementFor(table, { key, shown, cursor, limit }),
		keyColumns: key.length,
		maxRows: limit + 1,
		timeoutMs,
	});
	const page = rows.slice(0, limit);
	const last = keys[page.length - 1];
	const hasMore = (isCut || rows.length > limit) && last !== undefined;
	return {
		columns: shown.map(({ name: column, type }) => ({ name: column, type })),
		rows: page,
		nextCursor: hasMore ? nextCursor(last, cursor, page.length) : null,
	};
}
