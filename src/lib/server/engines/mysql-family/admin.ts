import { AppError } from '../../errors';
import type { DatabaseAdmin, DataBrowser, EngineTarget, GrantAdmin, SessionAdmin } from '../engine';
import { oneAtATime } from '../turns';
import { dataBrowser } from './browser/browser';
import { listCharsets } from './charsets';
import { Connections } from './connections';
import { createDatabase, listDatabases, removeDatabase } from './databases';
import type { Dialect } from './dialect';
import { listGrants, setLevel } from './grants/grants';
import { canLogin } from './login';
import { assertNotProtected, nameRule } from './names';
import { databaseExists } from './schemas';
import { sessionAdmin } from './sessions';
import { Sizes } from './sizes';
import { readStatistics } from './statistics';
import { createUser, findUsers, listUsers, removeUser, setPassword } from './users';

export type MysqlAdmin = DatabaseAdmin & { grants: GrantAdmin; sessions: SessionAdmin; browser: DataBrowser };

type Change = ReturnType<typeof oneAtATime>;
type Parts = { connections: Connections; sizes: Sizes; change: Change; names: ReturnType<typeof nameRule> };

function databasesPart({
	connections,
	sizes,
	change,
	names,
}: Parts): Pick<DatabaseAdmin, 'listDatabases' | 'createDatabase' | 'removeDatabase' | 'listCharsets'> {
	return {
		listDatabases: (request) => listDatabases(connections, sizes, request),
		listCharsets: () => listCharsets(connections),
		async createDatabase(input) {
			names.assertDatabaseName(input.name);
			if (input.owner !== null) names.assertUserName(input.owner);
			await change(() => createDatabase(connections, input));
		},
		async removeDatabase(name) {
			assertNotProtected(name);
			names.assertDatabaseName(name);
			await change(() => removeDatabase(connections, name));
		},
	};
}

function usersPart({
	connections,
	change,
	names,
}: Parts): Pick<
	DatabaseAdmin,
	'listUsers' | 'findUser' | 'findUsers' | 'createUser' | 'setPassword' | 'removeUser' | 'canLogin'
> {
	return {
		listUsers: (request) => listUsers(connections, request),
		async findUser(name) {
			names.assertUserName(name);
			const [user] = await findUsers(connections, [name]);
			return user ?? null;
		},
		async findUsers(wanted) {
			wanted.forEach(names.assertUserName);
			return findUsers(connections, wanted);
		},
		async createUser(input) {
			names.assertUserName(input.name);
			names.assertPassword(input.password.reveal());
			await change(() => createUser(connections, input));
		},
		async setPassword(input) {
			names.assertUserName(input.name);
			names.assertPassword(input.password.reveal());
			await change(() => setPassword(connections, input));
		},
		async removeUser(name) {
			names.assertUserName(name);
			await change(() => removeUser(connections, name));
		},
		canLogin: (input) => canLogin(connections, names, input),
	};
}

function grantsPart({ connections, change, names }: Parts): GrantAdmin {
	async function setOne(grant: Parameters<typeof setLevel>[1]): Promise<void> {
		const { database: name } = grant;
		if (!(await databaseExists(connections, name)))
			throw new AppError('DATABASE_NOT_FOUND', { details: { name } });
		await setLevel(connections, grant);
	}
	return {
		async set({ user, grants }) {
			names.assertUserName(user);
			for (const { database } of grants) assertNotProtected(database);
			for (const { database } of grants) names.assertDatabaseName(database);
			for (const grant of grants) await change(() => setOne({ user, ...grant }));
		},
		list: (filter) => listGrants(connections, filter),
	};
}

/** Opens a bounded set of connections to one server. */
export function connectAdmin(target: EngineTarget, dialect: Dialect): MysqlAdmin {
	const connections = new Connections(target, dialect);
	const sizes = new Sizes(connections);
	const parts: Parts = { connections, sizes, change: oneAtATime(), names: nameRule(dialect) };
	return {
		...databasesPart(parts),
		...usersPart(parts),
		grants: grantsPart(parts),
		access: null,
		sessions: sessionAdmin(connections),
		browser: dataBrowser(connections),
		statistics: (request) => readStatistics(connections, sizes, request),
		close: () => connections.close(),
	};
}
