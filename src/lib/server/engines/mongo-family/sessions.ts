import { BSON } from 'mongodb';
import { z } from 'zod';
import { AppError } from '../../errors';
import type { SessionAdmin, SessionInfo } from '../engine';
import { isOurs, type ServerFacts } from './accounts';
import { APPLICATION, type Connections, type Run } from './connections';
import { ADMIN_DATABASE, identifierOf } from './names';
import { allAs, numeric, replyAs } from './replies';

const maxSessions = 500;
const maxQueryLength = 2_000;

const operationSchema = z.object({
	/** `op` for a connection with what it runs, `idleSession` for a transaction that waits for its client. */
	type: z.string().optional(),
	connectionId: numeric.optional(),
	active: z.boolean().optional(),
	client: z.string().optional(),
	appName: z.string().optional(),
	effectiveUsers: z.array(z.object({ user: z.string(), db: z.string() })).optional(),
	opid: z.unknown().optional(),
	ns: z.string().optional(),
	command: z.record(z.string(), z.unknown()).optional(),
	microsecs_running: numeric.optional(),
	lsid: z.record(z.string(), z.unknown()).optional(),
});
type Operation = z.infer<typeof operationSchema>;

/** One connection: what it runs, and the transaction that it holds open. */
type Connection = { id: number; operation: Operation; waiting: Operation | null };

const currentOp = { $currentOp: { allUsers: true, idleConnections: true, idleSessions: true } };

function isOurConnection({ appName, effectiveUsers }: Operation, rootUser: string): boolean {
	return appName === APPLICATION && (effectiveUsers ?? []).every((user) => isOurs(user, rootUser));
}

/** Every connection of a client but those of sh0. */
async function listConnections(
	connections: Pick<Connections, 'cursor'>,
	rootUser: string,
): Promise<Connection[]> {
	const cursor = connections.cursor(ADMIN_DATABASE, { aggregate: 1, pipeline: [currentOp], cursor: {} });
	const byId = new Map<number, Connection>();
	for (const operation of await allAs(operationSchema, cursor)) {
		const id = operation.connectionId;
		if (id === undefined || isOurConnection(operation, rootUser)) continue;
		const isWaiting = operation.type === 'idleSession';
		const known = byId.get(id);
		byId.set(id, {
			id,
			operation: known && (isWaiting || known.operation.active === true) ? known.operation : operation,
			waiting: isWaiting ? operation : (known?.waiting ?? null),
		});
	}
	return [...byId.values()];
}

/** What a driver adds to every command says nothing to a reader. */
const addedByDrivers = new Set(['lsid', '$db', '$clusterTime', '$readPreference', 'txnNumber', 'apiVersion']);

function textOf(command: Operation['command']): string | null {
	const entries = Object.entries(command ?? {}).filter(([key]) => !addedByDrivers.has(key));
	if (entries.length === 0) return null;
	return BSON.EJSON.stringify(Object.fromEntries(entries)).slice(0, maxQueryLength);
}

function databaseOf({ ns, command }: Operation): string | null {
	const database = ns?.split('.', 1)[0] ?? '';
	if (database !== '') return database;
	return typeof command?.['$db'] === 'string' ? command['$db'] : null;
}

function stateOf({ operation, waiting }: Connection): SessionInfo['state'] {
	if (operation.active === true) return 'active';
	return waiting ? 'idleInTransaction' : 'idle';
}

function infoOf(connection: Connection, serverId: string): SessionInfo {
	const { operation } = connection;
	const [user] = operation.effectiveUsers ?? [];
	const isActive = operation.active === true;
	return {
		id: `${serverId}:${connection.id}`,
		user: user ? identifierOf(user) : null,
		database: databaseOf(operation),
		client: operation.client ?? null,
		application: operation.appName ?? null,
		state: stateOf(connection),
		query: textOf(operation.command),
		connectedAt: null,
		runningMs: isActive ? Math.floor((operation.microsecs_running ?? 0) / 1_000) : null,
		canEnd: isActive || connection.waiting?.lsid !== undefined,
	};
}

const helloSchema = z.object({ topologyVersion: z.object({ processId: z.instanceof(BSON.ObjectId) }) });

/** Another one after every start, as connections are numbered from 1 again then. */
async function serverIdOf(run: Run): Promise<string> {
	const hello = replyAs(helloSchema, await run(ADMIN_DATABASE, { hello: 1 }));
	return hello.topologyVersion.processId.toHexString();
}

/** Connections by user, as `DatabaseUserInfo.name` tells them apart. */
export async function connectionsByUser(
	connections: Pick<Connections, 'cursor'>,
	rootUser: string,
): Promise<Map<string, number>> {
	const counts = new Map<string, number>();
	for (const { operation } of await listConnections(connections, rootUser)) {
		for (const user of operation.effectiveUsers ?? []) {
			const name = identifierOf(user);
			counts.set(name, (counts.get(name) ?? 0) + 1);
		}
	}
	return counts;
}

/**
 * Ends what a user's connections are running, their cursors and transactions; the connections themselves stay. What one begins while
 * this looks goes on.
 */
export async function endUserWork(
	{ run, cursor, rootUser }: Pick<ServerFacts, 'run' | 'cursor' | 'rootUser'>,
	{ user, db }: { user: string; db: string },
): Promise<void> {
	await run(ADMIN_DATABASE, { killAllSessionsByPattern: [{ users: [{ user, db }] }] });
	// What a client runs without a session is not among those.
	for (const { operation } of await listConnections({ cursor }, rootUser)) {
		const isTheirs = (operation.effectiveUsers ?? []).some((one) => one.user === user && one.db === db);
		if (isTheirs && operation.active === true) await run(ADMIN_DATABASE, { killOp: 1, op: operation.opid });
	}
}

async function endOne(run: Run, engine: string, { operation, waiting }: Connection): Promise<void> {
	if (operation.active === true) await run(ADMIN_DATABASE, { killOp: 1, op: operation.opid });
	else if (waiting?.lsid) {
		await run(ADMIN_DATABASE, { killAllSessionsByPattern: [{ lsid: waiting.lsid }] });
	} else {
		throw new AppError('NOT_SUPPORTED', {
			details: { engine, capability: 'endSessions', reason: 'idleConnections' },
		});
	}
}

/** Connections of clients; ending one ends what it is doing. */
export function sessionAdmin(
	connections: Pick<Connections, 'cursor' | 'run'>,
	{ engine, rootUser }: { engine: string; rootUser: string },
): SessionAdmin {
	const { run } = connections;
	return {
		async list() {
			const serverId = await serverIdOf(run);
			const all = await listConnections(connections, rootUser);
			return all
				.map((connection) => infoOf(connection, serverId))
				.sort((a, b) => (b.runningMs ?? -1) - (a.runningMs ?? -1))
				.slice(0, maxSessions);
		},
		async end(id) {
			const serverId = await serverIdOf(run);
			const all = await listConnections(connections, rootUser);
			const found = all.find((connection) => `${serverId}:${connection.id}` === id);
			if (!found) throw new AppError('SESSION_NOT_FOUND', { details: { id } });
			await endOne(run, engine, found);
		},
		slowQueries: null,
	};
}
