import { BSON } from 'mongodb';
import { cutText } from '../../cells';
import type { Cell, ResultColumn } from '../../engine';

/** A table with more columns is read by nobody; further fields share one. */
const maxColumns = 40;
const REST = '…';

export type Document = Record<string, unknown>;

/** The BSON type as `$type` names it. */
export function typeOf(value: unknown): string {
	if (value === null || value === undefined) return 'null';
	if (Array.isArray(value)) return 'array';
	if (typeof value === 'string') return 'string';
	if (typeof value === 'boolean') return 'bool';
	if (typeof value === 'bigint') return 'long';
	if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'double';
	return objectTypeOf(value);
}

const typeNames = new Map<unknown, string>([
	['ObjectId', 'objectId'],
	['Long', 'long'],
	['Int32', 'int'],
	['Double', 'double'],
	['Decimal128', 'decimal'],
	['Binary', 'binData'],
	['Timestamp', 'timestamp'],
	['BSONRegExp', 'regex'],
	['BSONSymbol', 'symbol'],
	['Code', 'javascript'],
	['DBRef', 'object'],
	['MinKey', 'minKey'],
	['MaxKey', 'maxKey'],
]);

function objectTypeOf(value: unknown): string {
	if (value instanceof Date) return 'date';
	const bsonType = typeof value === 'object' && value !== null && '_bsontype' in value && value._bsontype;
	return typeNames.get(bsonType) ?? 'object';
}

function isExact(value: bigint): boolean {
	return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER;
}

/** Relaxed extended JSON would round integers beyond 53 bits: those are written in full. */
function keepExact(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(keepExact);
	if (value instanceof BSON.Long)
		return isExact(value.toBigInt()) ? value : { $numberLong: value.toString() };
	if (objectTypeOf(value) !== 'object' || value === null || typeof value !== 'object') return value;
	return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, keepExact(inner)]));
}

/** A value inside a document, as relaxed extended JSON. */
function jsonOf(value: unknown): string {
	return BSON.EJSON.stringify(keepExact(value), { relaxed: true });
}

/** How a value is read in a table: bare where its column says the type, as extended JSON where it has parts. */
export function cellOf(value: unknown): Cell {
	if (value === null || value === undefined) return null;
	if (typeof value === 'string') return cutText(value);
	if (value instanceof Date) return dateText(value);
	switch (typeOf(value)) {
		case 'objectId':
		case 'long':
		case 'int':
		case 'double':
		case 'decimal':
		case 'bool':
		case 'symbol':
			return Object.is(value, -0) ? '-0' : cutText(String(value));
		default:
			return cutText(jsonOf(value));
	}
}

function dateText(value: Date): string {
	return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
}

function namesIn(documents: Document[]): string[] {
	const names = new Set<string>();
	for (const document of documents) for (const name of Object.keys(document)) names.add(name);
	const ordered = [...names];
	// First wherever it lies in the documents.
	return names.has('_id') ? ['_id', ...ordered.filter((name) => name !== '_id')] : ordered;
}

function columnOf(name: string, documents: Document[]): ResultColumn {
	const types = new Set(
		documents
			.filter((document) => Object.hasOwn(document, name))
			.map((document) => typeOf(document[name]))
			.filter((type) => type !== 'null'),
	);
	const [only] = types;
	return { name, type: types.size === 1 ? (only ?? null) : null };
}

function restOf(document: Document, rest: string[]): Cell {
	const left = rest.filter((name) => Object.hasOwn(document, name));
	if (left.length === 0) return null;
	return cutText(jsonOf(Object.fromEntries(left.map((name) => [name, document[name]]))));
}

/**
 * Documents as a table: a column for each field, `_id` first, and one for the fields beyond the fortieth. A column has a type when all
 * its values do; a field that a document lacks reads like null.
 */
export function tableOf(documents: Document[]): { columns: ResultColumn[]; rows: Cell[][] } {
	const names = namesIn(documents);
	const shown = names.slice(0, maxColumns);
	const rest = names.slice(maxColumns);
	const columns = shown.map((name) => columnOf(name, documents));
	if (rest.length > 0) columns.push({ name: REST, type: 'object' });
	const rows = documents.map((document) => {
		const cells = shown.map((name) => (Object.hasOwn(document, name) ? cellOf(document[name]) : null));
		return rest.length > 0 ? [...cells, restOf(document, rest)] : cells;
	});
	return { columns, rows };
}
