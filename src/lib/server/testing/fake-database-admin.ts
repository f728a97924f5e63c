import type { GrantLevel } from '$lib/shared/services';
import type {
	AccessAdmin,
	DatabaseAdmin,
	DatabaseUserInfo,
	DataBrowser,
	GrantAdmin,
	SessionAdmin,
	UserAccess,
} from '../engines/engine';
import { pageOf } from '../engines/page';
import { postgresNames } from '../engines/postgres/names';
import { AppError } from '../errors';

type Method = 'createUser' | 'setPassword' | 'setGrants' | 'setAccess' | 'removeUser' | 'canLogin';

/** Thrown where a test lets the process die. */
export class Crash extends Error {}

const noRules: UserAccess = { keyPatterns: [], channelPatterns: [], commands: [] };

/** As an engine writes rules: not quite as they were asked for. */
function ownWords(access: UserAccess): UserAccess {
	return { ...access, commands: ['-@all', ...access.commands.map((command) => command.toLowerCase())] };
}

/** An engine in memory, for rules around it: no SQL, no protocol. `break` lets one call fail before or after it has acted. */
export class FakeDatabaseAdmin implements DatabaseAdmin {
	readonly passwords = new Map<string, string>();
	readonly databases = new Set<string>(['postgres']);
	readonly levels = new Map<string, GrantLevel>();
	/** Rules of users, when it is an engine with rules in place of levels. */
	readonly rules = new Map<string, UserAccess>();
	/** Names of superusers, which have no levels. */
	readonly superusers = new Set<string>();
	/** Each question for all levels or some. */
	readonly grantQuestions: unknown[] = [];
	/** Each question for users of these names. */
	readonly userQuestions: string[][] = [];
	readonly grants: GrantAdmin | null;
	readonly access: AccessAdmin | null;
	readonly sessions: SessionAdmin | null = null;
	readonly browser: DataBrowser | null = null;
	#broken: { method: Method; when: 'before' | 'after'; error: Error } | null = null;

	constructor({ hasRules = false } = {}) {
		this.grants = hasRules ? null : this.#grantAdmin;
		this.access = hasRules ? this.#accessAdmin : null;
	}

	/** The next call of this method throws `error`, before or after it has done its work. */
	break(method: Method, when: 'before' | 'after', error: Error): void {
		this.#broken = { method, when, error };
	}

	#around<T>(method: Method, act: () => T): Promise<T> {
		const broken = this.#broken?.method === method ? this.#broken : null;
		if (broken) this.#broken = null;
		if (broken?.when === 'before') return Promise.reject(broken.error);
		try {
			const result = act();
			return broken ? Promise.reject(broken.error) : Promise.resolve(result);
		} catch (error) {
			return Promise.reject(error instanceof Error ? error : new Error(String(error)));
		}
	}

	#requireUser(name: string): void {
		if (!this.passwords.has(name)) throw new AppError('DATABASE_USER_NOT_FOUND');
	}

	/** How many times a database was measured. */
	measured = 0;

	#measure(): null {
		this.measured += 1;
		return null;
	}

	listDatabases: DatabaseAdmin['listDatabases'] = (request) =>
		Promise.resolve(
			pageOf(
				[...this.databases].map((name) => ({
					...{ name, owner: null, encoding: 'UTF8', collation: null, objects: null },
					sizeBytes: request?.isMeasured === false ? null : this.#measure(),
					isProtected: name === 'postgres',
				})),
				request,
			),
		);

	listCharsets: DatabaseAdmin['listCharsets'] = () => Promise.resolve([]);

	createDatabase: DatabaseAdmin['createDatabase'] = async ({ name, owner }) => {
		if (this.databases.has(name)) throw new AppError('DATABASE_EXISTS');
		this.databases.add(name);
		if (owner !== null)
			await this.#grantAdmin.set({ user: owner, grants: [{ database: name, level: 'owner' }] });
	};

	removeDatabase: DatabaseAdmin['removeDatabase'] = (name) =>
		this.databases.delete(name) ? Promise.resolve() : Promise.reject(new AppError('DATABASE_NOT_FOUND'));

	#user(name: string): DatabaseUserInfo {
		const access = this.access ? (this.rules.get(name) ?? noRules) : null;
		return { name, canLogin: true, isSuperuser: this.superusers.has(name), connections: 0, access };
	}

	listUsers: DatabaseAdmin['listUsers'] = (request) =>
		Promise.resolve(
			pageOf(
				[...this.passwords.keys()].map((name) => this.#user(name)),
				request,
			),
		);

	findUser: DatabaseAdmin['findUser'] = (name) =>
		Promise.resolve(this.passwords.has(name) ? this.#user(name) : null);

	findUsers: DatabaseAdmin['findUsers'] = (names) => {
		this.userQuestions.push(names);
		const known = [...this.passwords.keys()].filter((name) => names.includes(name));
		return Promise.resolve(known.map((name) => this.#user(name)));
	};

	createUser: DatabaseAdmin['createUser'] = ({ name, password, access }) =>
		this.#around('createUser', () => {
			if (this.passwords.has(name)) throw new AppError('DATABASE_USER_EXISTS');
			if (access) this.rules.set(name, ownWords(access));
			this.passwords.set(name, password.reveal());
		});

	setPassword: DatabaseAdmin['setPassword'] = ({ name, password }) =>
		this.#around('setPassword', () => {
			this.#requireUser(name);
			postgresNames.assertPassword(password.reveal());
			this.passwords.set(name, password.reveal());
		});

	removeUser: DatabaseAdmin['removeUser'] = (name) =>
		this.#around('removeUser', () => {
			this.#requireUser(name);
			this.passwords.delete(name);
		});

	readonly #grantAdmin: GrantAdmin = {
		set: ({ user, grants }) =>
			this.#around('setGrants', () => {
				this.#requireUser(user);
				for (const { database, level } of grants) {
					if (!this.databases.has(database)) throw new AppError('DATABASE_NOT_FOUND');
					this.levels.set(JSON.stringify([database, user]), level);
				}
			}),
		list: ({ users, databases } = {}) => {
			this.grantQuestions.push({ users, databases });
			return Promise.resolve(
				[...this.levels].flatMap(([key, level]) => {
					const [database = '', user = ''] = JSON.parse(key) as string[];
					const isWanted = (users?.includes(user) ?? true) && (databases?.includes(database) ?? true);
					return level === 'none' || !isWanted ? [] : [{ database, user, level }];
				}),
			);
		},
	};

	readonly #accessAdmin: AccessAdmin = {
		set: ({ user, access }) =>
			this.#around('setAccess', () => {
				this.#requireUser(user);
				this.rules.set(user, ownWords(access));
			}),
	};

	canLogin: DatabaseAdmin['canLogin'] = ({ user, password }) =>
		this.#around('canLogin', () => this.passwords.get(user) === password.reveal());

	statistics: DatabaseAdmin['statistics'] = () =>
		Promise.resolve({ connections: 0, maxConnections: 1, sizeBytes: null, startedAt: null, version: '0' });

	close(): Promise<void> {
		return Promise.resolve();
	}
}
