import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { AppError, isAppError } from '../../errors';
import type { SessionAdmin, SessionInfo, SlowQuery } from '../engine';
import { hostCovers, type Account } from './accounts';
import type { Connections, Value } from './connections';
import { HELPER_PREFIX } from './names';
import { flag, numeric, rowsAs } from './rows';
import { withoutPassword } from './statement-text';

const waitMs = 3_000;
const pollMs = 25;
const maxListed = 500;
const maxQueryLength = 2_000;

/** Leaves out the server's own threads, ours and those that run for one call of ours; takes `ownIds()` as its value. */
export const othersSql = `p.COMMAND <> 'Daemon' AND p.USER NOT IN ('system user', 'event_scheduler', 'unauthenticated user')
	AND LEFT(p.USER, ${HELPER_PREFIX.length}) <> '${HELPER_PREFIX}' AND p.ID <> CONNECTION_ID() AND p.ID NOT IN (?)`;

const sessionRow = z.object({
	id: numeric,
	user: z.string(),
	client: z.string(),
	database: z.string().nullable(),
	command: z.string(),
	text: z.string().nullable(),
	stateMs: numeric,
	isInTransaction: flag,
	application: z.string().nullable(),
});
type SessionRow = z.infer<typeof sessionRow>;

function sessionsSql({ dialect }: Connections, condition: string): string {
	return `
SELECT p.ID AS id, p.USER AS user, p.HOST AS client, p.DB AS \`database\`, p.COMMAND AS command, LEFT(p.INFO, ${maxQueryLength}) AS text,
	${dialect.stateMs} AS stateMs, t.trx_mysql_thread_id IS NOT NULL AS isInTransaction, c.ATTR_VALUE AS application
FROM information_schema.processlist p
LEFT JOIN (SELECT DISTINCT trx_mysql_thread_id FROM information_schema.innodb_trx) t ON t.trx_mysql_thread_id = p.ID
LEFT JOIN performance_schema.session_connect_attrs c ON c.PROCESSLIST_ID = p.ID AND c.ATTR_NAME = 'program_name'
WHERE ${condition}`;
}

async function readSessions(
	connections: Connections,
	condition: string,
	values: Value[],
): Promise<SessionRow[]> {
	const rows = rowsAs(sessionRow, await connections.query(sessionsSql(connections, condition), values));
	// The pool may have opened a connection for this statement or beside it, which the condition could not know.
	const own = new Set(connections.ownIds());
	return rows.filter(({ id }) => !own.has(id));
}

/** `address:port`, or the address alone. */
function addressOf(client: string): string {
	return /^(.*):\d+$/.exec(client)?.[1] ?? client;
}

/** Numbers of connections start anew with the server, and so may come again; with the client's port they tell one from the other. */
function sessionId({ id, user, client }: SessionRow): string {
	const rest = createHash('sha256')
		.update(JSON.stringify([user, client]))
		.digest('hex')
		.slice(0, 16);
	return `${id}-${rest}`;
}

function stateOf({ command, isInTransaction }: SessionRow): SessionInfo['state'] {
	if (command === 'Sleep') return isInTransaction ? 'idleInTransaction' : 'idle';
	return ['Query', 'Execute', 'Prepare', 'Fetch', 'Init DB', 'Field List', 'Long Data'].includes(command)
		? 'active'
		: 'other';
}

function toInfo(row: SessionRow): SessionInfo {
	const state = stateOf(row);
	return {
		id: sessionId(row),
		user: row.user,
		database: row.database,
		client: addressOf(row.client) || null,
		application: row.application,
		state,
		query: row.text === null ? null : withoutPassword(row.text),
		connectedAt: null,
		runningMs: state === 'active' ? row.stateMs : null,
		canEnd: true,
	};
}

async function kill(connections: Connections, id: number): Promise<void> {
	try {
		await connections.query(`KILL CONNECTION ${Math.trunc(id)}`);
	} catch (error) {
		if (!isAppError(error, 'SESSION_NOT_FOUND')) throw error;
	}
}

const idRow = z.object({ id: numeric });

/** Ends these connections and waits until they are gone, 3 seconds at most. */
export async function killAll(connections: Connections, ids: number[]): Promise<void> {
	if (ids.length === 0) return;
	for (const id of ids) await kill(connections, id);
	const deadline = Date.now() + waitMs;
	while (Date.now() < deadline) {
		const left = await connections.query(
			'SELECT p.ID AS id FROM information_schema.processlist p WHERE p.ID IN (?)',
			[ids],
		);
		if (rowsAs(idRow, left).length === 0) return;
		await delay(pollMs);
	}
}

/**
 * Ends an account's sessions: those that are in one database, or all. A change of rights or of a password does not reach sessions that
 * are open, so this comes after every change that takes something away.
 */
export async function endSessions(
	connections: Connections,
	{ account, database }: { account: Account; database: string | null },
): Promise<void> {
	const rows = await readSessions(connections, `p.USER = ? AND p.ID NOT IN (?)`, [
		account.user,
		connections.ownIds(),
	]);
	const theirs = rows.filter(
		(row) =>
			row.user === account.user &&
			(database === null || row.database === database) &&
			hostCovers(account.host, addressOf(row.client)),
	);
	await killAll(
		connections,
		theirs.map(({ id }) => id),
	);
}

/** Live connections that are in the database or, of these accounts, in a transaction that may have touched it. */
export async function sessionsUsing(
	connections: Connections,
	{ database, users }: { database: string; users: string[] },
): Promise<number[]> {
	const rows = await readSessions(connections, `p.ID NOT IN (?) AND p.COMMAND <> 'Daemon'`, [
		connections.ownIds(),
	]);
	return rows
		.filter((row) => row.database === database || (row.isInTransaction && users.includes(row.user)))
		.map(({ id }) => id);
}

const slowRow = z.object({
	text: z.string().transform(withoutPassword),
	database: z.string().nullable(),
	calls: numeric,
	meanMs: numeric,
	maxMs: numeric,
	lastAt: z.date(),
});

const isOnRow = z.object({ isOn: flag });

/** The list is empty then, which would look as if nothing had run. */
async function assertKeepsStatements(connections: Connections): Promise<void> {
	const rows = await connections.query('SELECT @@performance_schema AS isOn');
	if (rowsAs(isOnRow, rows)[0]?.isOn === true) return;
	throw new AppError('NOT_SUPPORTED', { details: { capability: 'slowQueries', reason: 'statementsOff' } });
}

/** Sessions of one server, those of sh0 left out. */
export function sessionAdmin(connections: Connections): SessionAdmin {
	const { slowQueriesSql } = connections.dialect;
	return {
		async list() {
			const order = `${othersSql} ORDER BY p.COMMAND = 'Sleep', isInTransaction DESC, stateMs DESC LIMIT ${maxListed}`;
			return (await readSessions(connections, order, [connections.ownIds()])).map(toInfo);
		},
		async end(id) {
			const number = Number(/^(\d+)-[0-9a-f]{16}$/.exec(id)?.[1] ?? Number.NaN);
			const rows = Number.isSafeInteger(number)
				? await readSessions(connections, `${othersSql} AND p.ID = ?`, [connections.ownIds(), number])
				: [];
			const session = rows.find((row) => sessionId(row) === id);
			if (!session) throw new AppError('SESSION_NOT_FOUND');
			await killAll(connections, [session.id]);
		},
		slowQueries:
			slowQueriesSql === null
				? null
				: async (): Promise<SlowQuery[]> => {
						await assertKeepsStatements(connections);
						return rowsAs(slowRow, await connections.query(slowQueriesSql));
					},
	};
}
