import { BSON } from 'mongodb';
import { cutText, MAX_CELL_LENGTH } from '../../cells';
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

/** The fields that have a column, `_id` first wherever it lies in the documents; and whether there are others. */
function namesIn(documents: Document[]): { shown: string[]; hasRest: boolean } {
	const hasId = documents.some((document) => Object.hasOwn(document, '_id'));
	const names = new Set(hasId ? ['_id'] : []);
	for (const document of documents) {
		for (const name of Object.keys(document)) {
			if (names.size === maxColumns && !names.has(name)) return { shown: [...names], hasRest: true };
			names.add(name);
		}
	}
	return { shown: [...names], hasRest: false };
}

function cellsOf(document: Document, shown: string[]): Cell[] {
	return shown.map((name) => (Object.hasOwn(document, name) ? cellOf(document[name]) : null));
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

/** The document's own fields without a column, as many as may show before the cell is cut. */
function restOf(document: Document, shown: Set<string>): Cell {
	const left: [string, unknown][] = [];
	let length = 0;
	for (const name of Object.keys(document)) {
		if (shown.has(name)) continue;
		left.push([name, document[name]]);
		length += name.length + 1;
		if (length > MAX_CELL_LENGTH) break;
	}
	return left.length === 0 ? null : cutText(jsonOf(Object.fromEntries(left)));
}

/**
 * Documents as a table: a column for each field, `_id` first, and one for the fields beyond the fortieth. A column has a type when all
 * its values do; a field that a document lacks reads like null.
 */
export function tableOf(documents: Document[]): { columns: ResultColumn[]; rows: Cell[][] } {
	const { shown, hasRest } = namesIn(documents);
	const columns = shown.map((name) => columnOf(name, documents));
	if (!hasRest) return { columns, rows: documents.map((document) => cellsOf(document, shown)) };
	const known = new Set(shown);
	return {
		columns: [...columns, { name: REST, type: 'object' }],
		rows: documents.map((document) => [...cellsOf(document, shown), restOf(document, known)]),
	};
}
