import { z } from 'zod';
import { AppError } from '../../../errors';
import type { DataBrowser, RowPage } from '../../engine';
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

const keyRow = z.object({ name: z.string(), type: z.string(), extra: z.string() });
type KeyColumn = z.infer<typeof keyRow>;

/** After these values of the primary key, as hexadecimal bytes; or this many rows in. */
const cursorSchema = z.union([
	z.object({ after: z.array(z.string().regex(/^[0-9a-f]*$/)) }),
	z.object({ offset: z.int().nonnegative() }),
]);
type Cursor = z.infer<typeof cursorSchema>;

/** The columns of the primary key in its order, or null when rows cannot be told apart by it. */
async function keyOf(
	query: Query,
	{ database, table }: { database: string; table: string },
): Promise<KeyColumn[] | null> {
	const rows = await query(
		`SELECT k.COLUMN_NAME AS name, c.DATA_TYPE AS type, c.EXTRA AS extra
		FROM information_schema.key_column_usage k
		JOIN information_schema.columns c ON c.TABLE_SCHEMA = k.TABLE_SCHEMA AND c.TABLE_NAME = k.TABLE_NAME AND c.COLUMN_NAME = k.COLUMN_NAME
		WHERE k.TABLE_SCHEMA = ? AND k.TABLE_NAME = ? AND k.CONSTRAINT_NAME = 'PRIMARY' ORDER BY k.ORDINAL_POSITION`,
		[database, table],
	);
	const columns = rowsAs(keyRow, rows);
	// One that `*` leaves out cannot be read off the last row.
	const isFit = columns.every(
		({ type, extra }) => comparable.has(type.toLowerCase()) && !/invisible/i.test(extra),
	);
	return columns.length > 0 && isFit ? columns : null;
}

function readCursor(text: string | null): Cursor | null {
	if (text === null) return null;
	try {
		return cursorSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
	} catch (cause) {
		throw new AppError('BAD_INPUT', { cause, field: 'cursor' });
	}
}

function writeCursor(cursor: Cursor): string {
	return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/** `(a > ?) OR (a = ? AND b > ?) ...`, which an index can serve. */
function afterSql(key: KeyColumn[], after: string[]): { sql: string; values: Value[] } {
	const bytes = key.map(({ type }, index): Value => {
		const value = Buffer.from(after[index] ?? '', 'hex');
		return binary.has(type.toLowerCase()) ? value : value.toString('utf8');
	});
	const steps = key.map((column, index) => {
		const same = key.slice(0, index).map(({ name }) => `${identifier(name)} = ?`);
		return {
			sql: [...same, `${identifier(column.name)} > ?`].join(' AND '),
			values: bytes.slice(0, index + 1),
		};
	});
	return {
		sql: steps.map(({ sql }) => `(${sql})`).join(' OR '),
		values: steps.flatMap(({ values }) => values),
	};
}

function statementFor(
	request: { database: string; table: string; limit: number },
	key: KeyColumn[] | null,
	cursor: Cursor | null,
): { sql: string; values: Value[] } {
	const select = `SELECT * FROM ${identifier(request.database)}.${identifier(request.table)}`;
	if (key === null) {
		const offset = cursor && 'offset' in cursor ? cursor.offset : 0;
		return { sql: `${select} LIMIT ? OFFSET ?`, values: [request.limit + 1, offset] };
	}
	const order = `ORDER BY ${key.map(({ name }) => identifier(name)).join(', ')} LIMIT ?`;
	if (!cursor || !('after' in cursor)) return { sql: `${select} ${order}`, values: [request.limit + 1] };
	const after = afterSql(key, cursor.after);
	return { sql: `${select} WHERE ${after.sql} ${order}`, values: [...after.values, request.limit + 1] };
}

function nextCursor(
	key: KeyColumn[] | null,
	{
		last,
		names,
		cursor,
		count,
	}: { last: RawRow | undefined; names: string[]; cursor: Cursor | null; count: number },
): string {
	if (key === null || !last)
		return writeCursor({ offset: (cursor && 'offset' in cursor ? cursor.offset : 0) + count });
	return writeCursor({ after: key.map(({ name }) => last[names.indexOf(name)]?.toString('hex') ?? '') });
}

/** One page of a table's rows in the order of its primary key, or of a view's as they come. Throws COLLECTION_NOT_FOUND. */
export async function readRows(
	connections: Connections,
	session: HelperSession,
	{ database, collection: table, cursor: text, limit }: Parameters<DataBrowser['rows']>[0],
): Promise<RowPage> {
	if (!(await collectionExists(session.query, { database, name: table }))) {
		throw new AppError('COLLECTION_NOT_FOUND', { details: { name: table } });
	}
	const cursor = readCursor(text);
	const key = await keyOf(session.query, { database, table });
	const statement = statementFor({ database, table, limit }, key, cursor);
	const { columns, rows, raw } = await limitedStatement(connections, session, {
		...statement,
		maxRows: limit + 1,
		timeoutMs,
	});
	const hasMore = rows.length > limit;
	const names = columns.map(({ name }) => name);
	return {
		columns,
		rows: rows.slice(0, limit),
		nextCursor: hasMore ? nextCursor(key, { last: raw[limit - 1], names, cursor, count: limit }) : null,
	};
}
