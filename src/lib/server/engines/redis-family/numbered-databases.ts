import type { DatabaseInfo } from '../engine';
import { badCursor, type Page, type PageRequest } from '../page';
import type { Connections } from './connections';
import { asMap, asNumber, asText, parseInfo, parseKeyspace } from './replies';

const defaultLimit = 50;

/** How many numbered databases there are. */
export async function countDatabases(connections: Connections): Promise<number> {
	const config = await connections.run((root) => root.call('CONFIG', 'GET', 'databases'));
	return asNumber(asMap(config).get('databases'));
}

/** One page of the databases, by number: `search` is part of the number, `cursor` the last number of the page before. Throws BAD_INPUT. */
export function pageOfDatabases(
	{ count, keys }: { count: number; keys: Map<number, number> },
	{ search = '', cursor, limit = defaultLimit }: PageRequest = {},
): Page<DatabaseInfo> {
	if (cursor !== undefined && !/^\d{1,9}$/.test(cursor)) throw badCursor();
	const matching = Array.from({ length: count }, (_, number) => number).filter((number) =>
		String(number).includes(search),
	);
	const rest = matching.filter((number) => cursor === undefined || number > Number(cursor));
	const shown = rest.slice(0, limit);
	return {
		items: shown.map((number) => ({
			name: String(number),
			...{ owner: null, encoding: null, collation: null, sizeBytes: null },
			objects: keys.get(number) ?? 0,
			isProtected: false,
		})),
		nextCursor: rest.length > shown.length ? String(shown.at(-1)) : null,
		total: matching.length,
	};
}

/** The numbered databases with their keys. */
export async function listDatabases(
	connections: Connections,
	request: PageRequest | undefined,
): Promise<Page<DatabaseInfo>> {
	const count = await countDatabases(connections);
	const info = await connections.run((root) => root.call('INFO', 'keyspace'));
	return pageOfDatabases({ count, keys: parseKeyspace(parseInfo(asText(info))) }, request);
}
