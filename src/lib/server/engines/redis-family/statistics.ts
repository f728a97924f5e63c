import type { EngineStatistics } from '../engine';
import type { Connections } from './connections';
import { asText, parseInfo } from './replies';

/** The server's own numbers; connections of sh0 are not counted, and the size is what the data takes in memory. */
export async function readStatistics(connections: Connections): Promise<EngineStatistics> {
	const text = await connections.run((root) => root.call('INFO', 'server', 'clients', 'memory'));
	const info = parseInfo(asText(text));
	const number = (name: string): number => Number(info.get(name) ?? 0);
	return {
		connections: Math.max(0, number('connected_clients') - connections.count),
		maxConnections: number('maxclients'),
		sizeBytes: number('used_memory_dataset'),
		startedAt: new Date(Date.now() - number('uptime_in_seconds') * 1_000),
		// Valkey also tells the version of Redis that it is like.
		version: info.get('valkey_version') ?? info.get('redis_version') ?? '',
	};
}
