import { z } from 'zod';
import type { EngineStatistics } from '../engine';
import { APPLICATION, type Connections } from './connections';
import { ADMIN_DATABASE } from './names';
import type { Dialect } from './dialect';
import { allAs, numeric, replyAs } from './replies';

const statusSchema = z.object({
	version: z.string(),
	localTime: z.date(),
	uptimeMillis: numeric,
	/** The stand-in has none. */
	connections: z.object({ current: numeric, available: numeric }).optional(),
});

/** Parts of the status that are long and not needed. */
const leftOut = { metrics: 0, locks: 0, wiredTiger: 0, tcmalloc: 0, repl: 0 };

const buildSchema = z.object({ ferretdb: z.object({ version: z.string() }).optional() });

const ownPipeline = [
	{ $currentOp: { allUsers: true, idleConnections: true } },
	{ $match: { appName: APPLICATION, connectionId: { $exists: true } } },
	{ $count: 'own' },
];

async function countOwn(connections: Pick<Connections, 'cursor'>): Promise<number> {
	const cursor = connections.cursor(ADMIN_DATABASE, { aggregate: 1, pipeline: ownPipeline, cursor: {} });
	const [counted] = await allAs(z.object({ own: numeric }), cursor);
	return counted?.own ?? 0;
}

/** The server opens the files of each database for it. */
async function totalSize(run: Connections['run']): Promise<number> {
	const reply = await run(ADMIN_DATABASE, { listDatabases: 1 });
	return replyAs(z.object({ totalSize: numeric }), reply).totalSize;
}

/** The server's own numbers; connections of sh0 are not counted, and none where the server does not tell. */
export async function readStatistics(
	connections: Pick<Connections, 'cursor' | 'run'>,
	dialect: Dialect,
	{ isMeasured } = { isMeasured: true },
): Promise<EngineStatistics> {
	const { run } = connections;
	const status = replyAs(statusSchema, await run(ADMIN_DATABASE, { serverStatus: 1, ...leftOut }));
	const build = replyAs(buildSchema, await run(ADMIN_DATABASE, { buildInfo: 1 }));
	const { current, available } = status.connections ?? { current: 0, available: 0 };
	const own = dialect.hasSessions ? await countOwn(connections) : 0;
	return {
		connections: Math.max(0, current - own),
		maxConnections: current + available,
		sizeBytes: isMeasured ? await totalSize(run) : null,
		startedAt: new Date(status.localTime.getTime() - status.uptimeMillis),
		version: build.ferretdb?.version.replace(/^v/, '') ?? status.version,
	};
}
