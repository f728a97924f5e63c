import { AppError } from '../../errors';
import type { DatabaseAdmin, EngineTarget, GrantAdmin } from '../engine';
import { oneAtATime } from '../turns';
import { Connections, withLogin } from './connections';
import { createBrowser } from './browser';
import { createDatabase, listDatabases, removeDatabase } from './databases';
import { isLoginRefused, sqlState, toEngineError } from './errors';
import { assertNotProtected } from './grants/state';
import { listGrants, setLevel, type ServerFacts } from './grants/grants';
import { postgresNames, ROOT_DATABASE } from './names';
import { createSessions } from './sessions-admin';
import { SizeCache } from './sizes';
import { readStatistics } from './statistics';
import { createUser, findUsers, listUsers, removeUser, setPassword } from './users';

const { assertDatabaseName, assertUserName, assertPassword } = postgresNames;

/** True when the server accepts the password; a user that may enter no database has proven it too, unless one was named. */
async function canLogin(
	target: EngineTarget,
	{ user, password, database }: Parameters<DatabaseAdmin['canLogin']>[0],
): Promise<boolean> {
	const login = { host: target.host, port: target.port, user, password, database: database ?? ROOT_DATABASE };
	try {
		await withLogin(login, (query) => query('SELECT'));
		return true;
	} catch (error) {
		if (isLoginRefused(error)) return false;
		// Said after the password was checked: the database may not be entered, or does not exist.
		if (['42501', '3D000'].includes(sqlState(error) ?? '')) return database === null;
		throw toEngineError(error);
	}
}

export type PostgresAdmin = DatabaseAdmin & { grants: GrantAdmin };

/** Opens a bounded set of connections to one server. */
export function connectAdmin(target: EngineTarget): PostgresAdmin {
	const connections = new Connections(target);
	const sizes = new SizeCache(connections.query);
	const facts: ServerFacts = { rootUser: target.user, majorVersion: Number.parseInt(target.version, 10) };
	// Two at a time on one database would fail with "tuple concurrently updated".
	const change = oneAtATime();
	return {
		listDatabases: (request) =>
			listDatabases(connections, { sizes, majorVersion: facts.majorVersion }, request),
		listCharsets: () => Promise.resolve([]),
		async createDatabase(input) {
			assertDatabaseName(input.name);
			if (input.owner !== null) assertUserName(input.owner);
			// All is UTF-8, sorted as the server sorts: one that asked for another would not notice.
			if (input.encoding || input.collation) throw new AppError('NOT_SUPPORTED');
			await change(() => createDatabase(connections, facts, input));
		},
		async removeDatabase(name) {
			assertNotProtected(name);
			assertDatabaseName(name);
			await change(() => removeDatabase(connections, name));
		},
		listUsers: (request) => listUsers(connections, target.user, request),
		async findUser(name) {
			assertUserName(name);
			const [user] = await findUsers(connections, { names: [name], rootUser: target.user });
			return user ?? null;
		},
		async findUsers(names) {
			names.forEach(assertUserName);
			return findUsers(connections, { names, rootUser: target.user });
		},
		async createUser(input) {
			assertUserName(input.name);
			assertPassword(input.password.reveal());
			await change(() => createUser(connections, input));
		},
		async setPassword(input) {
			assertUserName(input.name);
			assertPassword(input.password.reveal());
			await change(() => setPassword(connections, input));
		},
		async removeUser(name) {
			assertUserName(name);
			await change(() => removeUser(connections, facts, name));
		},
		grants: {
			async set({ user, grants }) {
				assertUserName(user);
				for (const { database } of grants) assertNotProtected(database);
				for (const { database } of grants) assertDatabaseName(database);
				for (const grant of grants) await change(() => setLevel(connections, facts, { user, ...grant }));
			},
			list: (filter) => listGrants(connections, filter),
		},
		access: null,
		sessions: createSessions(connections),
		browser: createBrowser({ connections, target, facts }),
		canLogin: (input) => canLogin(target, input),
		statistics: (request) => readStatistics(connections, sizes, request),
		async close() {
			sizes.close();
			await connections.close();
		},
	};
}
