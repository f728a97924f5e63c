import { AppError } from '../../errors';
import type { SessionAdmin, SessionInfo, SlowQuery } from '../engine';
import { CLIENT_NAME, type Connection } from './connection';
import type { Connections } from './connections';
import { commandText } from './browser/text';
import { OWN_PREFIX, ROOT_USER } from './names';
import { asBytes, asList, asNumber, asText, parseClients, parseInfo } from './replies';

const maxSessions = 500;
const maxSlowQueries = 20;
/** The server keeps 128 unless told otherwise. */
const slowQueriesRead = 1_024;
const maxQueryLength = 2_000;

type Client = Map<string, string>;

function isOurs(client: Client): boolean {
	const user = client.get('user') ?? '';
	return user.startsWith(OWN_PREFIX) || (user === ROOT_USER && client.get('name') === CLIENT_NAME);
}

/** As the server's flags have it: `b` waits in a blocking command, `x` is between MULTI and EXEC, `P`, `O` and `S` only listen. */
function stateOf(client: Client): SessionInfo['state'] {
	const flags = client.get('flags') ?? '';
	if (flags.includes('b')) return 'active';
	if (flags.includes('x')) return 'idleInTransaction';
	return /[POSM]/.test(flags) ? 'other' : 'idle';
}

/** Client ids begin anew with the server, so an id here also names the server's life. */
function sessionOf(client: Client, life: string, now: number): SessionInfo {
	const text = (name: string): string | null => client.get(name) || null;
	const state = stateOf(client);
	const command = text('cmd');
	return {
		id: `${life}-${client.get('id') ?? ''}`,
		user: text('user'),
		database: text('db'),
		client: text('addr'),
		application: text('name') ?? text('lib-name'),
		state,
		query: command === 'NULL' ? null : command,
		connectedAt: new Date(now - Number(client.get('age') ?? 0) * 1_000),
		runningMs: state === 'active' ? Number(client.get('idle') ?? 0) * 1_000 : null,
		canEnd: true,
	};
}

async function readLife(root: Connection): Promise<string> {
	const info = parseInfo(asText(await root.call('INFO', 'server')));
	return (info.get('run_id') ?? '').slice(0, 12);
}

async function list(root: Connection): Promise<SessionInfo[]> {
	const life = await readLife(root);
	const clients = parseClients(asText(await root.call('CLIENT', 'LIST')));
	const now = Date.now();
	return clients
		.filter((client) => !isOurs(client))
		.map((client) => sessionOf(client, life, now))
		.sort((a, b) => (b.runningMs ?? -1) - (a.runningMs ?? -1))
		.slice(0, maxSessions);
}

/** Both questions go over one connection, so the server cannot be another one in between. */
async function end(root: Connection, sessionId: string): Promise<void> {
	const [, life, id] = /^([0-9a-f]+)-(\d+)$/.exec(sessionId) ?? [];
	const isKnown = id !== undefined && life === (await readLife(root));
	const killed = isKnown ? asNumber(await root.call('CLIENT', 'KILL', 'ID', id)) : 0;
	if (killed === 0) throw new AppError('SESSION_NOT_FOUND');
}

/** An entry of `SLOWLOG GET`: id, unix time, microseconds, arguments, address, client's name. */
async function slowQueries(root: Connection): Promise<SlowQuery[]> {
	const entries = asList(await root.callBuffer('SLOWLOG', 'GET', slowQueriesRead)).map(asList);
	return entries
		.filter((entry) => asText(entry[5]) !== CLIENT_NAME)
		.map((entry) => ({
			text: commandText(asList(entry[3]).map(asBytes), maxQueryLength),
			...{ database: null, calls: null, meanMs: null },
			maxMs: asNumber(entry[2]) / 1_000,
			lastAt: new Date(asNumber(entry[1]) * 1_000),
		}))
		.sort((a, b) => b.maxMs - a.maxMs)
		.slice(0, maxSlowQueries);
}

export function sessionAdmin(connections: Connections): SessionAdmin {
	return {
		list: () => connections.run(list),
		end: (id) => connections.run((root) => end(root, id)),
		slowQueries: () => connections.run(slowQueries),
	};
}
