import mysql, { type FieldPacket } from 'mysql2';
import { cutText, MAX_CELL_LENGTH } from '../../cells';
import type { Cell, ResultColumn } from '../../engine';

/** Node does not see this export of a CommonJS package by its name. */
const { Types } = mysql;

const binaryCharset = 63;

/** Types that hold bytes when their character set is the binary one; numbers and times carry that set as well. */
const byteTypes = new Set<number>([
	Types.TINY_BLOB,
	Types.MEDIUM_BLOB,
	Types.LONG_BLOB,
	Types.BLOB,
	Types.VAR_STRING,
	Types.STRING,
	Types.VARCHAR,
	Types.BIT,
	Types.GEOMETRY,
]);

const typeByNumber = new Map(
	Object.entries(Types).flatMap(([name, number]) =>
		typeof number === 'number' ? [[number, name] as const] : [],
	),
);

function typeOf(field: FieldPacket): number {
	return field.columnType ?? field.type ?? Types.VAR_STRING;
}

function isBytes(field: FieldPacket): boolean {
	return byteTypes.has(typeOf(field)) && field.characterSet === binaryCharset;
}

/** A value as the server sent it, as text; bytes that are not text as `0x…`. */
export function cellOf(value: Buffer | null, field: FieldPacket): Cell {
	if (value === null) return null;
	if (isBytes(field)) return cutText(`0x${value.subarray(0, MAX_CELL_LENGTH).toString('hex').toUpperCase()}`);
	// Four bytes at most for a character: what lies behind is cut anyway.
	return cutText(value.subarray(0, MAX_CELL_LENGTH * 4 + 4).toString('utf8'));
}

/** The column as it is named, and the kind of its values. */
export function columnOf(field: FieldPacket): ResultColumn {
	const known = typeByNumber.get(typeOf(field));
	return { name: field.name, type: known === undefined ? null : typeName(known, isBytes(field)) };
}

const typeNames = new Map<string, [text: string, bytes: string]>([
	['VAR_STRING', ['varchar', 'varbinary']],
	['STRING', ['char', 'binary']],
	['BLOB', ['text', 'blob']],
	['TINY_BLOB', ['text', 'blob']],
	['MEDIUM_BLOB', ['text', 'blob']],
	['LONG_BLOB', ['text', 'blob']],
	['LONGLONG', ['bigint', 'bigint']],
	['LONG', ['int', 'int']],
	['INT24', ['mediumint', 'mediumint']],
	['SHORT', ['smallint', 'smallint']],
	['TINY', ['tinyint', 'tinyint']],
	['NEWDECIMAL', ['decimal', 'decimal']],
]);

function typeName(known: string, areBytes: boolean): string {
	const [text, bytes] = typeNames.get(known) ?? [known.toLowerCase(), known.toLowerCase()];
	return areBytes ? bytes : text;
}
