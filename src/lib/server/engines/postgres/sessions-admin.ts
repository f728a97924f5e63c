import { z } from 'zod';
import { AppError } from '../../errors';
import type { SessionAdmin, SessionInfo } from '../engine';
import type { Connections } from './connections';
import { rowsAs } from './rows';

const maxSessions = 500;
const endWaitMs = 2_000;

/** Of one session and never of a later one that gets its number: the moment it began is exact to the microsecond. */
const idPattern = /^(\d{1,10})-(\d{1,12}\.\d{1,6})$/;
const idSql = `pid || '-' || extract(epoch FROM backend_start)::numeric(20, 6)`;

/** Those of people and apps: not the server's own work, not ours, not a look into the data. */
const foreignSql = `backend_type = 'client backend' AND pid <> pg_backend_pid()
	AND NOT (usename = current_user AND application_name = 'sh0') AND usename !~ '^sh0_visit_'`;

// A statement that sets a password is cut where the password begins.
const querySql = `left(CASE WHEN query ~* '\\m(role|user|group)\\M' THEN regexp_replace(query, '(\\mpassword\\M).*$', '\\1 …', 'is')
	ELSE query END, 2000)`;

const listSql = `
SELECT ${idSql} AS id, usename::text AS "user", datname::text AS database, host(client_addr) AS client,
	nullif(application_name, '') AS application,
	CASE WHEN state IN ('active', 'idle') THEN state
		WHEN state LIKE 'idle in transaction%' THEN 'idleInTransaction' ELSE 'other' END AS state,
	nullif(${querySql}, '') AS query, backend_start AS "connectedAt",
	CASE WHEN state = 'active' THEN greatest(0, round(extract(epoch FROM clock_timestamp() - query_start) * 1000))::float8 END
		AS "runningMs",
	true AS "canEnd"
FROM pg_stat_activity WHERE ${foreignSql}
ORDER BY "runningMs" DESC NULLS LAST, backend_start LIMIT ${maxSessions}`;

const endSql = `
SELECT pg_terminate_backend(pid, ${endWaitMs}) AS "isGone" FROM pg_stat_activity
WHERE ${foreignSql} AND pid = $1::int AND ${idSql} = $2::text`;

const sessionRow: z.ZodType<SessionInfo> = z.object({
	id: z.string(),
	user: z.string().nullable(),
	database: z.string().nullable(),
	client: z.string().nullable(),
	application: z.string().nullable(),
	state: z.enum(['active', 'idle', 'idleInTransaction', 'other']),
	query: z.string().nullable(),
	connectedAt: z.date().nullable(),
	runningMs: z.number().nullable(),
	canEnd: z.boolean(),
});

async function endSession(connections: Connections, id: string): Promise<void> {
	const pid = idPattern.exec(id)?.[1];
	if (pid === undefined || Number(pid) > 0x7f_ff_ff_ff) throw new AppError('SESSION_NOT_FOUND');
	const ended = await connections.query(endSql, [pid, id]);
	if (ended.length === 0) throw new AppError('SESSION_NOT_FOUND');
}

/** Live connections to a server, those of sh0 left out. */
export function createSessions(connections: Connections): SessionAdmin {
	return {
		list: async () => rowsAs(sessionRow, await connections.query(listSql)),
		end: (id) => endSession(connections, id),
		// It keeps statistics of statements only with an extension that has to be loaded at its start.
		slowQueries: null,
	};
}
