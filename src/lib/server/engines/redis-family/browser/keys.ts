import type { CollectionInfo } from '../../engine';
import type { PageRequest } from '../../page';
import type { Connection, Reply } from '../connection';
import { asNumber, asText } from '../replies';
import { containing, scanPage } from './scan';
import { keyId } from './key-id';
import { keyName } from './text';

const defaultLimit = 50;

/** How many elements a key of each type has. */
const countCommands: Record<string, string> = {
	hash: 'HLEN',
	list: 'LLEN',
	set: 'SCARD',
	zset: 'ZCARD',
	stream: 'XLEN',
};

function unlessGone<T>(reply: Reply, read: (reply: Reply) => T): T | null {
	return reply === null ? null : read(reply);
}

/** What one key is, or null when it has gone meanwhile. */
async function describe(connection: Connection, key: Buffer): Promise<CollectionInfo | null> {
	const type = asText(await connection.call('TYPE', key));
	if (type === 'none') return null;
	const count = countCommands[type];
	const [rows, size] = await Promise.all([
		// It may have become of another type since.
		count === undefined ? 1 : connection.call(count, key).then(asNumber, () => null),
		connection.call('MEMORY', 'USAGE', key).then((reply) => unlessGone(reply, asNumber)),
	]);
	return { id: keyId(key), name: keyName(key), namespace: null, kind: 'key', type, rows, sizeBytes: size };
}

/** Keys in the server's own order, which is none; `search` is part of the name. A page may be short though others follow. */
export async function listKeys(
	connection: Connection,
	{ search, cursor, limit = defaultLimit }: PageRequest,
): Promise<{ items: CollectionInfo[]; nextCursor: string | null; total: null }> {
	const match = search === undefined || search === '' ? {} : { match: containing(search) };
	const scan = { command: 'SCAN', ...match, count: Math.max(limit, search ? 1_000 : 10), itemSize: 1 };
	const page = await scanPage(connection, scan, { cursor, limit });
	const keys = new Map(page.items.flat().map((key) => [key.toString('latin1'), key]));
	const items = await Promise.all([...keys.values()].map((key) => describe(connection, key)));
	return { items: items.filter((item) => item !== null), nextCursor: page.nextCursor, total: null };
}
