import { AppError } from '../../errors';
import type { DatabaseAdmin, EngineTarget, GrantAdmin } from '../engine';
import { pageOf } from '../page';
import { oneAtATime } from '../turns';
import { findAccount, type ServerFacts } from './accounts';
import { dataBrowser } from './browser/browser';
import { Connections } from './connections';
import { createDatabase, listDatabases, removeDatabase } from './databases';
import type { Dialect } from './dialect';
import { listGrants, setLevel } from './grants';
import { canLogin } from './login';
import { assertNotProtected } from './names';
import { connectionsByUser, sessionAdmin } from './sessions';
import { readStatistics } from './statistics';
import { createUser, infoOf, listUsers, removeUser, setPassword } from './users';

type Change = ReturnType<typeof oneAtATime>;

function grantAdmin(facts: ServerFacts, change: Change): GrantAdmin {
	const { names } = facts.dialect;
	return {
		async set({ user, grants }) {
			names.assertUserName(user);
			for (const { database } of grants) assertNotProtected(database);
			for (const { database } of grants) names.assertDatabaseName(database);
			for (const grant of grants) await change(() => setLevel(facts, { user, ...grant }));
		},
		list: (filter) => listGrants(facts, filter),
	};
}

function assertOwnerPossible({ engine, hasRoles }: Dialect): void {
	if (hasRoles) return;
	throw new AppError('NOT_SUPPORTED', { details: { engine, capability: 'owners', reason: 'standInRoles' } });
}

/** Opens a bounded set of connections to one server. */
export function connectAdmin(dialect: Dialect, target: EngineTarget): DatabaseAdmin {
	const connections = new Connections(target);
	const { run, cursor } = connections;
	const facts: ServerFacts = { run, cursor, dialect, rootUser: target.user };
	const { assertDatabaseName, assertUserName, assertPassword } = dialect.names;
	const change = oneAtATime();

	function countConnections(): Promise<Map<string, number>> {
		return dialect.hasSessions ? connectionsByUser(connections, target.user) : Promise.resolve(new Map());
	}

	return {
		listDatabases: (request) => listDatabases(facts, request),
		listCharsets: () => Promise.resolve([]),
		async createDatabase(input) {
			assertDatabaseName(input.name);
			if (input.owner !== null) {
				assertOwnerPossible(dialect);
				assertUserName(input.owner);
			}
			await change(() => createDatabase(facts, input));
		},
		async removeDatabase(name) {
			assertNotProtected(name);
			assertDatabaseName(name);
			await change(() => removeDatabase(facts, name));
		},
		listUsers: async (request) => pageOf(await listUsers(facts, await countConnections()), request),
		async findUser(name) {
			assertUserName(name);
			const account = await findAccount(facts, name);
			return account && infoOf(account, await countConnections());
		},
		async findUsers(names) {
			names.forEach(assertUserName);
			const users = await listUsers(facts, await countConnections());
			return users.filter((user) => names.includes(user.name));
		},
		async createUser(input) {
			assertUserName(input.name);
			assertPassword(input.password.reveal());
			await change(() => createUser(facts, input));
		},
		async setPassword(input) {
			assertUserName(input.name);
			assertPassword(input.password.reveal());
			await change(() => setPassword(facts, input));
		},
		async removeUser(name) {
			assertUserName(name);
			await change(() => removeUser(facts, name));
		},
		grants: dialect.hasRoles ? grantAdmin(facts, change) : null,
		access: null,
		sessions: dialect.hasSessions
			? sessionAdmin(connections, { engine: dialect.engine, rootUser: target.user })
			: null,
		browser: dataBrowser(connections, { target, dialect }),
		canLogin: (input) => canLogin(facts, target, input),
		statistics: (request) => readStatistics(connections, dialect, request),
		close: () => connections.close(),
	};
}
