import type { Connection, FieldPacket } from 'mysql2';
import { z } from 'zod';
import type { Cell, ResultColumn } from '../../engine';
import type { Value } from '../connections';
import { cellOf, columnOf } from './cells';

/** Bytes of each value as the server sent them. */
export type RawRow = (Buffer | null)[];

export type Streamed = {
	columns: ResultColumn[];
	rows: Cell[][];
	raw: RawRow[];
	isCut: boolean;
	affected: number | null;
};

export type StreamedStatement = { sql: string; values?: Value[]; maxRows: number };

const headerSchema = z.object({ affectedRows: z.number() });
const rowSchema = z.array(z.instanceof(Buffer).nullable());

/**
 * Runs one statement and keeps no more of its first result than `maxRows`: then it stops reading, and the connection is of no more use.
 * Rejects with the driver's own error.
 */
export function streamStatement(
	connection: Connection,
	{ sql, values = [], maxRows }: StreamedStatement,
): Promise<Streamed> {
	const result: Streamed = { columns: [], rows: [], raw: [], isCut: false, affected: null };
	/** Null for an answer without rows. */
	let fields: FieldPacket[] | null = null;
	let answers = 0;

	function take(row: unknown): void {
		if (answers > 1) return;
		if (fields === null) {
			result.affected = headerSchema.parse(row).affectedRows;
			return;
		}
		const raw = rowSchema.parse(row);
		result.raw.push(raw);
		result.rows.push(fields.map((field, index) => cellOf(raw[index] ?? null, field)));
	}

	return new Promise((resolve, reject) => {
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
			if (answers === 1) result.columns = (found ?? []).map(columnOf);
		});
		statement.on('result', (row: unknown) => {
			if (result.isCut) return;
			if (fields === null || answers > 1 || result.rows.length < maxRows) {
				take(row);
				return;
			}
			result.isCut = true;
			connection.destroy();
			resolve(result);
		});
		statement.on('end', () => resolve(result));
	});
}
