import { badCursor } from '../../page';
import type { Argument, Connection, Reply } from '../connection';
import { asBytes, asList, asText } from '../replies';

/** Rounds of one call: a pattern that matches next to nothing in a large database is looked for in pieces. */
const maxRounds = 50;

/** `SCAN`, or `HSCAN`, `SSCAN` with their key. */
export type Scan = { command: string; key?: Buffer; match?: Buffer; count: number; itemSize: number };

/** Where to go on: the server's cursor, and how many of the items that it answers there were shown already. */
type Position = { cursor: string; skip: number };

/** The server's cursors have 64 bits. */
const cursorEnd = 2n ** 64n;

function positionOf(cursor: string | null | undefined): Position {
	if (cursor === null || cursor === undefined) return { cursor: '0', skip: 0 };
	const [, at, skip] = /^(\d{1,20})\.(\d{1,9})$/.exec(cursor) ?? [];
	if (at === undefined || BigInt(at) >= cursorEnd) throw badCursor();
	return { cursor: at, skip: Number(skip) };
}

function chunks(flat: Reply[], size: number): Buffer[][] {
	const bytes = flat.map(asBytes);
	return Array.from({ length: Math.floor(bytes.length / size) }, (_, at) =>
		bytes.slice(at * size, (at + 1) * size),
	);
}

/** A key's name as a pattern that matches whatever holds it: `SCAN` knows `* ? [ ] \`. */
export function containing(text: string): Buffer {
	return Buffer.from(`*${text.replace(/[\\*?[\]]/g, '\\$&')}*`);
}

/**
 * At most `limit` items from `cursor` on. The server answers in portions of its own choice: what does not fit is asked for again and the
 * part already shown is left out, so nothing is lost; as ever with these commands an item may come twice while the data changes.
 * Throws BAD_INPUT for a cursor that is none of ours.
 */
export async function scanPage(
	connection: Connection,
	scan: Scan,
	{ cursor, limit }: { cursor: string | null | undefined; limit: number },
): Promise<{ items: Buffer[][]; nextCursor: string | null }> {
	let { cursor: at, skip } = positionOf(cursor);
	const items: Buffer[][] = [];
	for (let round = 0; round < maxRounds; round += 1) {
		const args: Argument[] = [...(scan.key ? [scan.key] : []), at];
		if (scan.match) args.push('MATCH', scan.match);
		const [next, found] = asList(await connection.callBuffer(scan.command, ...args, 'COUNT', scan.count));
		const fresh = chunks(asList(found), scan.itemSize).slice(skip);
		const room = limit - items.length;
		items.push(...fresh.slice(0, room));
		if (fresh.length > room) return { items, nextCursor: `${at}.${skip + room}` };
		at = asText(next);
		skip = 0;
		if (at === '0') return { items, nextCursor: null };
		if (items.length === limit) break;
	}
	return { items, nextCursor: `${at}.0` };
}
