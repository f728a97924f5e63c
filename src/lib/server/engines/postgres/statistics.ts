import { z } from 'zod';
import type { EngineStatistics } from '../engine';
import type { Connections } from './connections';
import { rowsAs } from './rows';
import type { SizeCache } from './sizes';

const statisticsRow = z.object({
	connections: z.number(),
	maxConnections: z.coerce.number(),
	startedAt: z.date(),
	version: z.string(),
	oids: z.array(z.coerce.number()),
});

const statisticsSql = `
SELECT (SELECT count(*)::int FROM pg_stat_activity
		WHERE backend_type = 'client backend' AND NOT (usename = current_user AND application_name = 'sh0') AND usename !~ '^sh0_visit_') AS connections,
	current_setting('max_connections') AS "maxConnections",
	pg_postmaster_start_time() AS "startedAt",
	split_part(current_setting('server_version'), ' ', 1) AS version,
	ARRAY(SELECT oid::text FROM pg_database WHERE NOT datistemplate) AS oids`;

/** The server's own numbers in one query; connections of sh0 are not counted. `sizeBytes` is null until every size is known. */
export async function readStatistics(
	connections: Connections,
	sizes: SizeCache,
	{ isMeasured } = { isMeasured: true },
): Promise<EngineStatistics> {
	const [row] = rowsAs(statisticsRow, await connections.query(statisticsSql));
	if (!row) throw new Error('the statistics query answered no row');
	const { oids, ...numbers } = row;
	if (isMeasured) await sizes.refresh(oids);
	const known = oids.map((oid) => sizes.get(oid));
	return {
		...numbers,
		sizeBytes: known.reduce(
			(sum, size) => (sum === null || size === null ? null : sum + size),
			0 as number | null,
		),
	};
}
