import { BSON } from 'mongodb';
import { AppError } from '../../../errors';
import type { RowPage } from '../../engine';
import { badCursor } from '../../page';
import type { Command, Session } from '../connections';
import { tableOf, typeOf } from './cells';
import { listCollections } from './collections';
import { take } from './take';

/** One look may take so long. */
export const rowsTimeoutMs = 10_000;

/** In the order in which MongoDB sorts values of different types; those on one line sort among each other. */
const typeOrder = [
	['minKey'],
	['null'],
	['int', 'long', 'double', 'decimal'],
	['symbol', 'string'],
	['object'],
	['binData'],
	['objectId'],
	['bool'],
	['date'],
	['timestamp'],
	['maxKey'],
];

/** What comes after this `_id`. A comparison alone finds values of the same type only, so later types are asked for by name. */
export function afterId(id: unknown): Command {
	const index = typeOrder.findIndex((types) => types.includes(typeOf(id)));
	const later = typeOrder.slice(index + 1).flat();
	const alternatives: Command[] = [{ _id: { $gt: id } }];
	if (later.length > 0) alternatives.push({ _id: { $type: later } });
	return { $or: alternatives };
}

function readId(cursor: string): unknown {
	try {
		const parsed: unknown = BSON.EJSON.parse(cursor, { relaxed: false });
		if (typeof parsed === 'object' && parsed !== null && 'id' in parsed) return parsed.id;
	} catch (error) {
		throw badCursor(error);
	}
	throw badCursor();
}

function readOffset(cursor: string | null): number {
	if (cursor === null) return 0;
	if (!/^\d{1,9}$/.test(cursor)) throw badCursor();
	return Number(cursor);
}

type RowsRequest = { database: string; collection: string; cursor: string | null; limit: number };

/** By `_id`, so that documents written meanwhile shift nothing. */
async function pageById({ cursor: open }: Session, request: RowsRequest): Promise<RowPage> {
	const { database, collection, cursor, limit } = request;
	const found = open(database, {
		find: collection,
		filter: cursor === null ? {} : afterId(readId(cursor)),
		sort: { _id: 1 },
		limit: limit + 1,
		maxTimeMS: rowsTimeoutMs,
	});
	const { documents, isCut } = await take(found, limit);
	const last = documents.at(-1);
	const nextCursor = isCut && last ? BSON.EJSON.stringify({ id: last._id }, { relaxed: false }) : null;
	return { ...tableOf(documents), nextCursor };
}

/** By position: the documents of a view need no `_id`, and those of a time series have no index on it. */
async function pageByOffset({ cursor: open }: Session, request: RowsRequest): Promise<RowPage> {
	const { database, collection, cursor, limit } = request;
	const offset = readOffset(cursor);
	const found = open(database, {
		find: collection,
		filter: {},
		skip: offset,
		limit: limit + 1,
		maxTimeMS: rowsTimeoutMs,
	});
	const { documents, isCut } = await take(found, limit);
	return { ...tableOf(documents), nextCursor: isCut ? String(offset + documents.length) : null };
}

/** One page of a collection's documents. Throws COLLECTION_NOT_FOUND, BAD_INPUT for a cursor that was not ours. */
export async function rowsPage(session: Session, request: RowsRequest): Promise<RowPage> {
	const listed = await listCollections(session, request.database);
	const found = listed.find((one) => one.name === request.collection);
	if (!found) throw new AppError('COLLECTION_NOT_FOUND', { details: { name: request.collection } });
	const hasIds = found.type === undefined || found.type === 'collection';
	return hasIds ? pageById(session, request) : pageByOffset(session, request);
}
