import { Socket } from 'node:net';
import type { Connection, FieldPacket } from 'mysql2';
import { z } from 'zod';
import type { Cell, ResultColumn } from '../../engine';
import { MAX_ANSWER_BYTES } from '../../query-not-allowed';
import type { Value } from '../connections';
import { cellOf, columnOf } from './cells';

/** Bytes of each value as the server sent them. */
export type RawRow = (Buffer | null)[];

export type Streamed = {
	columns: ResultColumn[];
	rows: Cell[][];
	/** Of each row the columns that are not shown. */
	keys: RawRow[];
	/** There was more: rows beyond those asked for, or bytes beyond what may enter memory. */
	isCut: boolean;
	affected: number | null;
};

/** The first `keyColumns` columns are kept as they came and not shown. */
export type StreamedStatement = { sql: string; values?: Value[]; maxRows: number; keyColumns?: number };

const headerSchema = z.object({ affectedRows: z.number() });
const rowSchema = z.array(z.instanceof(Buffer).nullable());

function socketOf(connection: Connection): Socket {
	if ('stream' in connection && connection.stream instanceof Socket) return connection.stream;
	throw new Error('the driver does not tell its socket');
}

/** A copy: a part would keep all that came with it in memory. */
function copyOf(value: Buffer | null): Buffer | null {
	return value && Buffer.from(value);
}

/**
 * Runs one statement and keeps no more of its first result than `maxRows`, and of all results reads no more than 32 MiB: then it stops
 * reading, and the connection is of no more use. Rejects with the driver's own error.
 */
export function streamStatement(
	connection: Connection,
	{ sql, values = [], maxRows, keyColumns = 0 }: StreamedStatement,
): Promise<Streamed> {
	const socket = socketOf(connection);
	const result: Streamed = { columns: [], rows: [], keys: [], isCut: false, affected: null };
	/** Null for an answer without rows. */
	let fields: FieldPacket[] | null = null;
	let answers = 0;
	let bytes = 0;

	function take(row: unknown): void {
		if (answers > 1) return;
		if (fields === null) {
			result.affected = headerSchema.parse(row).affectedRows;
			return;
		}
		const raw = rowSchema.parse(row);
		const cells = fields.map((field, index) =>
			index < keyColumns ? null : cellOf(raw[index] ?? null, field),
		);
		result.keys.push(raw.slice(0, keyColumns).map(copyOf));
		result.rows.push(cells.slice(keyColumns));
	}

	return new Promise((resolve, reject) => {
		function cut(): void {
			result.isCut = true;
			connection.destroy();
			// The driver would read on until the server ends.
			socket.destroy();
			resolve(result);
		}
		const count = (chunk: Buffer): void => {
			bytes += chunk.length;
			if (bytes > MAX_ANSWER_BYTES && !result.isCut) cut();
		};
		socket.on('data', count);
		const statement = connection.query({
			sql,
			values,
			rowsAsArray: true,
			typeCast: (field) => field.buffer(),
		});
		statement.on('error', reject);
		// A connection that ends tells only itself.
		connection.once('error', reject);
		statement.on('fields', (found: FieldPacket[] | undefined) => {
			answers += 1;
			fields = found ?? null;
			if (answers === 1) result.columns = (found ?? []).slice(keyColumns).map(columnOf);
		});
		statement.on('result', (row: unknown) => {
			if (result.isCut) return;
			if (fields === null || answers > 1 || result.rows.length < maxRows) take(row);
			else cut();
		});
		statement.on('end', () => {
			socket.off('data', count);
			resolve(result);
		});
	});
}
