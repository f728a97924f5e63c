import { z } from 'zod';
import type { EngineStatistics } from '../engine';
import type { Connections } from './connections';
import { numeric, rowsAs } from './rows';
import { othersSql } from './sessions';
import type { Sizes } from './sizes';

const statisticsRow = z.object({
	connections: numeric,
	maxConnections: numeric,
	version: z.string(),
});
const uptimeRow = z.object({ Value: numeric });

const statisticsSql = `
SELECT (SELECT COUNT(*) FROM information_schema.processlist p WHERE ${othersSql}) AS connections,
	@@GLOBAL.max_connections AS maxConnections, VERSION() AS version`;

/** The server's own numbers; connections of sh0 are not counted. `sizeBytes` is null until sizes were measured once. */
export async function readStatistics(
	connections: Connections,
	sizes: Sizes,
	{ isMeasured } = { isMeasured: true },
): Promise<EngineStatistics> {
	const [rows, uptimeRows] = await Promise.all([
		connections.query(statisticsSql, [connections.ownIds()]),
		connections.query(`SHOW GLOBAL STATUS LIKE 'Uptime'`),
	]);
	const [row] = rowsAs(statisticsRow, rows);
	const [uptime] = rowsAs(uptimeRow, uptimeRows);
	if (!row || !uptime) throw new Error('the statistics query answered no row');
	if (isMeasured) await sizes.refresh();
	return {
		connections: row.connections,
		maxConnections: row.maxConnections,
		sizeBytes: sizes.total(),
		startedAt: new Date(Date.now() - uptime.Value * 1_000),
		version: /^\d+(?:\.\d+)*/.exec(row.version)?.[0] ?? row.version,
	};
}
