import { AppError } from '../../../errors';
import { cutText, MAX_CELL_LENGTH } from '../../cells';
import type { Cell, ResultColumn, RowPage } from '../../engine';
import { badCursor } from '../../page';
import type { Connection, Reply } from '../connection';
import { asBytes, asList, asText } from '../replies';
import { scanPage } from './scan';
import { cellText } from './text';

/** More of a text than a cell shows. */
const textBytes = 8_192;

type Request = { key: Buffer; cursor: string | null; limit: number };
type Read = (connection: Connection, request: Request) => Promise<Omit<RowPage, 'columns'>>;

const text = (name: string): ResultColumn => ({ name, type: null });

function offsetOf(cursor: string | null): number {
	if (cursor === null) return 0;
	if (!/^\d{1,15}$/.test(cursor)) throw badCursor();
	return Number(cursor);
}

/** A page of what is read by position; one more is asked for, to know whether there are others. */
function pageAt<T>(
	found: T[],
	{ offset, limit }: { offset: number; limit: number },
	row: (item: T, at: number) => Cell[],
) {
	return {
		rows: found.slice(0, limit).map((item, at) => row(item, offset + at)),
		nextCursor: found.length > limit ? String(offset + limit) : null,
	};
}

function scanning(command: string, itemSize: number): Read {
	return async (connection, { key, cursor, limit }) => {
		const page = await scanPage(connection, { command, key, count: limit, itemSize }, { cursor, limit });
		return { rows: page.items.map((item) => item.map(cellText)), nextCursor: page.nextCursor };
	};
}

const readString: Read = async (connection, { key, cursor }) => {
	if (cursor !== null) throw badCursor();
	const value = asBytes(await connection.callBuffer('GETRANGE', key, 0, textBytes));
	return { rows: [[cellText(value)]], nextCursor: null };
};

const readList: Read = async (connection, { key, cursor, limit }) => {
	const offset = offsetOf(cursor);
	const found = asList(await connection.callBuffer('LRANGE', key, offset, offset + limit));
	return pageAt(found, { offset, limit }, (value, at) => [String(at), cellText(asBytes(value))]);
};

const readSortedSet: Read = async (connection, { key, cursor, limit }) => {
	const offset = offsetOf(cursor);
	const flat = asList(await connection.callBuffer('ZRANGE', key, offset, offset + limit, 'WITHSCORES'));
	const members = flat.filter((_, at) => at % 2 === 0);
	return pageAt(members, { offset, limit }, (member, at) => [
		cellText(asBytes(member)),
		asText(flat[(at - offset) * 2 + 1]),
	]);
};

/** Names and values in turn, one of each on a line, as far as a cell can show them. */
function fieldsText(fields: Reply[]): string {
	const lines: string[] = [];
	let length = 0;
	for (let at = 0; at + 1 < fields.length && length <= MAX_CELL_LENGTH; at += 2) {
		const line = `${cellText(asBytes(fields[at]))}=${cellText(asBytes(fields[at + 1]))}`;
		lines.push(line);
		length += line.length + 1;
	}
	return cutText(lines.join('\n'));
}

/** Both halves have 64 bits. */
function isEntryId(text: string): boolean {
	return /^\d{1,20}-\d{1,20}$/.test(text) && text.split('-').every((half) => BigInt(half) < 2n ** 64n);
}

const readStream: Read = async (connection, { key, cursor, limit }) => {
	if (cursor !== null && !isEntryId(cursor)) throw badCursor();
	const after = cursor === null ? '-' : `(${cursor}`;
	const found = asList(await connection.callBuffer('XRANGE', key, after, '+', 'COUNT', limit + 1)).map(
		asList,
	);
	const shown = found.slice(0, limit).map((entry) => ({ id: asText(entry[0]), fields: asList(entry[1]) }));
	return {
		rows: shown.map(({ id, fields }) => [id, fieldsText(fields)]),
		nextCursor: found.length > limit ? (shown.at(-1)?.id ?? null) : null,
	};
};

/** How each type is shown; what modules add is not known here. */
const byType: Record<string, { columns: ResultColumn[]; read: Read }> = {
	string: { columns: [text('value')], read: readString },
	hash: { columns: [text('field'), text('value')], read: scanning('HSCAN', 2) },
	list: { columns: [text('index'), text('value')], read: readList },
	set: { columns: [text('member')], read: scanning('SSCAN', 1) },
	zset: { columns: [text('member'), text('score')], read: readSortedSet },
	stream: { columns: [text('id'), text('fields')], read: readStream },
};

/** What a key holds, by its type; a type of a module's is named and not opened. Throws COLLECTION_NOT_FOUND, BAD_INPUT. */
export async function readRows(connection: Connection, request: Request): Promise<RowPage> {
	const type = asText(await connection.call('TYPE', request.key));
	if (type === 'none') throw new AppError('COLLECTION_NOT_FOUND');
	const shown = byType[type];
	if (!shown) return { columns: [text('type')], rows: [[type]], nextCursor: null };
	return { columns: shown.columns, ...(await shown.read(connection, request)) };
}
