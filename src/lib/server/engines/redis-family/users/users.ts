import type { Secret } from '../../../secret';
import { AppError } from '../../../errors';
import type { DatabaseUserInfo, UserAccess } from '../../engine';
import type { Connection } from '../connection';
import type { Connections } from '../connections';
import { refusalText, toEngineError } from '../errors';
import { isOwnUser } from '../names';
import { asList, asText, parseClients, parseInfo } from '../replies';
import {
	CLEAR_RULES,
	inLastingOrder,
	parseUser,
	readCommandNames,
	rulesOf,
	type CommandNames,
	type ListedUser,
} from './access';
import { passwordRule } from './digest';

/** Just enough to be told that the login is right. */
const leastAccess: UserAccess = { keyPatterns: [], channelPatterns: [], commands: ['+ping'] };

/** The server names the rule that it does not take: "Error in ACL SETUSER modifier '+x': ..." */
function toAccessError(error: unknown): AppError {
	const rule = /modifier '([^']*)'/.exec(refusalText(error) ?? '')?.[1];
	if (rule === undefined || rule.startsWith('#')) return toEngineError(error);
	return new AppError('ACCESS_INVALID', { details: { rule: rule.slice(0, 100) }, field: 'access' });
}

async function readUsers(root: Connection): Promise<ListedUser[]> {
	return asList(await root.call('ACL', 'LIST')).map((line) => parseUser(asText(line)));
}

async function getUser(connections: Connections, name: string): Promise<ListedUser> {
	const users = await connections.run(readUsers);
	const user = users.find((candidate) => candidate.name === name);
	if (!user) throw new AppError('DATABASE_USER_NOT_FOUND', { details: { name } });
	return user;
}

function restoring(user: ListedUser): [string, ...string[]] {
	return ['ACL', 'SETUSER', user.name, 'reset', ...user.rules];
}

async function countConnections(root: Connection): Promise<Map<string, number>> {
	const counts = new Map<string, number>();
	for (const client of parseClients(asText(await root.call('CLIENT', 'LIST')))) {
		const name = client.get('user') ?? '';
		counts.set(name, (counts.get(name) ?? 0) + 1);
	}
	return counts;
}

/** True when it may do everything, ours included: nobody made it so through sh0's presets. */
function isSuperuser({ access }: ListedUser): boolean {
	return access.commands.length === 1 && access.commands[0] === '+@all' && access.keyPatterns.includes('*');
}

/** Users of one server and what each may do. */
export class Users {
	readonly #connections: Connections;
	#names: Promise<CommandNames> | null = null;
	#isDescribing: boolean | null = null;

	constructor(connections: Connections) {
		this.#connections = connections;
	}

	/** Every user of people and apps; root and our own are left out. */
	async list(): Promise<DatabaseUserInfo[]> {
		const describes = await this.#describesRules();
		return this.#connections.run(async (root) => {
			const [users, counts] = await Promise.all([readUsers(root), countConnections(root)]);
			return users
				.filter(({ name }) => !isOwnUser(name))
				.map((user) => ({
					name: user.name,
					canLogin: user.isOn,
					isSuperuser: isSuperuser(user),
					connections: counts.get(user.name) ?? 0,
					access: describes
						? { ...user.access, commands: inLastingOrder(user.access.commands) }
						: user.access,
				}));
		});
	}

	/** Throws DATABASE_USER_EXISTS, ACCESS_INVALID. */
	async create({ name, password, access }: { name: string; password: Secret; access: UserAccess | null }) {
		const rules = rulesOf(access ?? leastAccess, await this.#commandNames());
		const users = await this.#connections.run(readUsers);
		if (users.some((user) => user.name === name))
			throw new AppError('DATABASE_USER_EXISTS', { details: { name } });
		await this.#connections.changeUsers(
			{
				change: ['ACL', 'SETUSER', name, 'reset', 'on', passwordRule(password), ...CLEAR_RULES, ...rules],
				undo: ['ACL', 'DELUSER', name],
			},
			toAccessError,
		);
	}

	/** The password stays. Throws DATABASE_USER_NOT_FOUND, ACCESS_INVALID. */
	async setAccess(name: string, access: UserAccess): Promise<void> {
		const rules = rulesOf(access, await this.#commandNames());
		const user = await getUser(this.#connections, name);
		await this.#connections.changeUsers(
			{ change: ['ACL', 'SETUSER', name, ...CLEAR_RULES, ...rules], undo: restoring(user) },
			toAccessError,
		);
	}

	/** `endsSessions` also ends those that logged in with the old one. Throws DATABASE_USER_NOT_FOUND. */
	async setPassword(input: { name: string; password: Secret; endsSessions: boolean }): Promise<void> {
		const user = await getUser(this.#connections, input.name);
		await this.#connections.changeUsers({
			change: ['ACL', 'SETUSER', input.name, 'resetpass', passwordRule(input.password)],
			undo: restoring(user),
		});
		if (!input.endsSessions) return;
		await this.#connections.run((root) => root.call('CLIENT', 'KILL', 'USER', input.name));
	}

	/** Its connections end with it. Throws DATABASE_USER_NOT_FOUND. */
	async remove(name: string): Promise<void> {
		const user = await getUser(this.#connections, name);
		await this.#connections.changeUsers({ change: ['ACL', 'DELUSER', name], undo: restoring(user) });
	}

	async #describesRules(): Promise<boolean> {
		if (this.#isDescribing === null) {
			const info = parseInfo(asText(await this.#connections.run((root) => root.call('INFO', 'server'))));
			this.#isDescribing = info.get('redis_version')?.startsWith('7.0.') === true;
		}
		return this.#isDescribing;
	}

	#commandNames(): Promise<CommandNames> {
		this.#names ??= this.#connections.run(readCommandNames).catch((error: unknown) => {
			this.#names = null;
			throw error;
		});
		return this.#names;
	}
}
