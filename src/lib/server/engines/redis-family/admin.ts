import { AppError } from '../../errors';
import type { AccessAdmin, DatabaseAdmin, DataBrowser, EngineTarget, SessionAdmin } from '../engine';
import { pageOf } from '../page';
import { dataBrowser } from './browser/browser';
import { Connection } from './connection';
import { Connections } from './connections';
import { listDatabases } from './numbered-databases';
import { isLoginRefused, refusalWord, toEngineError } from './errors';
import { redisNames } from './names';
import { sessionAdmin } from './sessions';
import { readStatistics } from './statistics';
import { Users } from './users/users';

const { assertUserName, assertPassword } = redisNames;

/** True when the server accepts the password; a user that may not enter a database has proven it too, unless one was named. */
async function canLogin(
	{ host, port }: EngineTarget,
	{ user, password, database }: Parameters<DatabaseAdmin['canLogin']>[0],
): Promise<boolean> {
	try {
		const connection = await Connection.open({ host, port, user, password, database: Number(database ?? 0) });
		connection.close();
		return true;
	} catch (error) {
		// Everybody is in the first database from the start; a user of another one needs the right to go there.
		if (isLoginRefused(error) || ['NOPERM', 'ERR'].includes(refusalWord(error) ?? '')) return false;
		throw toEngineError(error);
	}
}

function notSupported(): Promise<never> {
	return Promise.reject(new AppError('NOT_SUPPORTED', { details: { reason: 'numberedDatabases' } }));
}

export type RedisAdmin = DatabaseAdmin & {
	access: AccessAdmin;
	sessions: SessionAdmin;
	browser: DataBrowser;
};

/** Opens a bounded set of connections to one server. */
export function connectAdmin(target: EngineTarget): RedisAdmin {
	const connections = new Connections(target);
	const users = new Users(connections);
	return {
		listDatabases: (request) => listDatabases(connections, request),
		listCharsets: () => Promise.resolve([]),
		createDatabase: notSupported,
		removeDatabase: notSupported,
		listUsers: async (request) => pageOf(await users.list(), request),
		async findUser(name) {
			assertUserName(name);
			return (await users.list()).find((user) => user.name === name) ?? null;
		},
		async findUsers(names) {
			names.forEach(assertUserName);
			return (await users.list()).filter((user) => names.includes(user.name));
		},
		async createUser({ name, password, access }) {
			assertUserName(name);
			assertPassword(password.reveal());
			await connections.change(() => users.create({ name, password, access: access ?? null }));
		},
		async setPassword(input) {
			assertUserName(input.name);
			assertPassword(input.password.reveal());
			await connections.change(() => users.setPassword(input));
		},
		async removeUser(name) {
			assertUserName(name);
			await connections.change(() => users.remove(name));
		},
		grants: null,
		access: {
			async set({ user, access }) {
				assertUserName(user);
				await connections.change(() => users.setAccess(user, access));
			},
		},
		sessions: sessionAdmin(connections),
		browser: dataBrowser(connections),
		canLogin: (input) => canLogin(target, input),
		statistics: () => readStatistics(connections),
		close: () => connections.close(),
	};
}
