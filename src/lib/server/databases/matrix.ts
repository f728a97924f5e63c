import { writeTransaction } from '../db/client';
import type { DatabaseAdmin, DatabaseInfo, DatabaseUserInfo, GrantInfo } from '../engines/engine';
import type { Page, PageRequest } from '../engines/page';
import { AppError, isAppError } from '../errors';
import { applyAccess, applyGrants } from './declare';
import { can, namesOf, type DatabaseDeps, type DatabaseService } from './deps';
import { deleteDeclaredGrants, deleteUsersDeclaredGrants } from './repository';
import { readDeclared, userView, type DatabaseUserView, type Declared } from './views';

export type MatrixRequest = { users: PageRequest; databases: PageRequest };
export type Matrix = {
	users: DatabaseUserView[];
	nextCursor: string | null;
	total: number;
	databases: Pick<DatabaseInfo, 'name' | 'owner' | 'isProtected'>[];
	nextDatabaseCursor: string | null;
	databaseTotal: number;
};
/** `users`: how many were mended; `changes`: how many levels and rules of theirs. */
export type Mended = { users: number; changes: number };

const noDatabases: Page<DatabaseInfo> = { items: [], nextCursor: null, total: 0 };
const pageSize = 1_000;

async function allOf<T>(list: (request: PageRequest) => Promise<Page<T>>): Promise<T[]> {
	const all: T[] = [];
	for (let cursor: string | undefined; ;) {
		const page: Page<T> = await list({ limit: pageSize, cursor });
		all.push(...page.items);
		if (page.nextCursor === null) return all;
		cursor = page.nextCursor;
	}
}

/** One that may do everything has no levels to mend; rules that were given here can be given again, whatever it may do by now. */
function canBeMended(user: DatabaseUserInfo, declared: Declared): boolean {
	const { access } = userView(user, [], declared);
	return !user.isSuperuser || (access !== null && access.declared !== null);
}

/** Throws DATABASE_USER_NOT_FOUND, and DATABASE_USER_PROTECTED for one that cannot be mended. */
function namedUser(
	users: DatabaseUserInfo[],
	{ name, declared }: { name: string; declared: Declared },
): DatabaseUserInfo {
	const [user, another] = users.filter((one) => one.name === name);
	if (!user) throw new AppError('DATABASE_USER_NOT_FOUND', { details: { name }, field: 'name' });
	if (another || !canBeMended(user, declared))
		throw new AppError('DATABASE_USER_PROTECTED', { details: { name }, field: 'name' });
	return user;
}

/** Who can do what on which database, declared beside what the engine has, and how the two become one again. */
export class GrantMatrix<S extends DatabaseService> {
	readonly #deps: DatabaseDeps<S>;

	constructor(deps: DatabaseDeps<S>) {
		this.#deps = deps;
	}

	/** A page of users on a page of databases: three questions to the engine, however many there are. */
	async read(service: S, request: MatrixRequest): Promise<Matrix> {
		namesOf(this.#deps, service);
		const admin = await this.#deps.broker.admin(service);
		const hasLevels = can(this.#deps, service, 'grants');
		const [users, databases] = await Promise.all([
			admin.listUsers(request.users),
			hasLevels ? admin.listDatabases({ ...request.databases, isMeasured: false }) : noDatabases,
		]);
		const shown = databases.items.map(({ name }) => name);
		const named = { users: users.items.map(({ name }) => name), databases: shown };
		const actual = hasLevels ? ((await admin.grants?.list(named)) ?? []) : [];
		const declared = readDeclared(this.#deps.db, service.id, shown);
		return {
			users: users.items.map((user) => userView(user, actual, declared)),
			nextCursor: users.nextCursor,
			total: users.total,
			databases: databases.items.map(({ name, owner, isProtected }) => ({ name, owner, isProtected })),
			nextDatabaseCursor: databases.nextCursor,
			databaseTotal: databases.total,
		};
	}

	/**
	 * Makes what the engine has what was declared, for these users or for all that sh0 knows (null). What was declared for a database or
	 * user that is gone is forgotten. Goes through all of them before it throws what stopped the first. Throws DATABASE_USER_NOT_FOUND and
	 * DATABASE_USER_PROTECTED for one that was named.
	 */
	async mend(service: S, names: string[] | null): Promise<Mended> {
		const rule = namesOf(this.#deps, service);
		for (const name of names ?? []) rule.assertUserName(name);
		return this.#deps.lock.run(service.id, async () => {
			const admin = await this.#deps.broker.admin(service);
			const users =
				names === null ? await allOf((page) => admin.listUsers(page)) : await admin.findUsers(names);
			const databases = admin.grants
				? await allOf((page) => admin.listDatabases({ ...page, isMeasured: false }))
				: [];
			this.#forgetGone(service, names === null ? users : null, databases);
			const declared = readDeclared(this.#deps.db, service.id);
			const actual = (await admin.grants?.list(names === null ? {} : { users: names })) ?? [];
			const mended: Mended = { users: 0, changes: 0 };
			const failures: unknown[] = [];
			const mendable = () => users.filter((user) => canBeMended(user, declared));
			for (const named of names === null ? mendable() : new Set(names)) {
				try {
					const user = typeof named === 'string' ? namedUser(users, { name: named, declared }) : named;
					const changes = await this.#mendUser(service, { admin, user, actual, declared });
					mended.users += changes > 0 ? 1 : 0;
					mended.changes += changes;
				} catch (error) {
					failures.push(error);
				}
			}
			if (failures.length > 0) throw failures[0];
			return mended;
		});
	}

	/** `users` null: not all of them are known here. */
	#forgetGone(service: S, users: DatabaseUserInfo[] | null, databases: DatabaseInfo[]): void {
		const { grants } = readDeclared(this.#deps.db, service.id);
		const databaseNames = new Set(databases.map((database) => database.name));
		const userNames = users && new Set(users.map((user) => user.name));
		const declaredOn = new Set([...grants.values()].flat().map((grant) => grant.database));
		writeTransaction(this.#deps.db, (tx) => {
			for (const database of declaredOn) {
				if (!databaseNames.has(database)) deleteDeclaredGrants(tx, service.id, database);
			}
			for (const user of grants.keys()) {
				if (userNames?.has(user) === false) deleteUsersDeclaredGrants(tx, service.id, user);
			}
		});
	}

	async #mendUser(
		service: S,
		facts: { admin: DatabaseAdmin; user: DatabaseUserInfo; actual: GrantInfo[]; declared: Declared },
	): Promise<number> {
		const { admin, user, actual, declared } = facts;
		const { access, grants } = userView(user, actual, declared);
		let changes = 0;
		if (access?.hasDrift && access.declared) {
			await applyAccess(this.#deps, service, { admin, user: user.name, access: access.declared });
			changes += 1;
		}
		for (const grant of grants) {
			if (!grant.hasDrift) continue;
			const wanted = [{ database: grant.database, level: grant.declared }];
			try {
				await applyGrants(this.#deps, service, { admin, user: user.name, grants: wanted });
				changes += 1;
			} catch (error) {
				// Dropped meanwhile: what was declared on it is forgotten with the next mending.
				if (!isAppError(error, 'DATABASE_NOT_FOUND')) throw error;
			}
		}
		return changes;
	}
}
