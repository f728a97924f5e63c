import { writeTransaction } from '../db/client';
import type { DatabaseAdmin, UserAccess } from '../engines/engine';
import type { Page, PageRequest } from '../engines/page';
import { AppError, isAppError } from '../errors';
import { type Secret } from '../secret';
import { randomPassword } from '../vault';
import type { AccessView } from './access';
import { adoptUser, applyAccess, applyGrants, declareAccess, rowOf } from './declare';
import {
	assertCan,
	can,
	grantsOf,
	namesOf,
	withField,
	type DatabaseDeps,
	type DatabaseService,
} from './deps';
import { changePassword, currentPassword, isRefusal, settlePending, storePending } from './passwords';
import {
	deleteDatabaseUser,
	findDatabaseUser,
	insertDatabaseUser,
	promotePassword,
	type DatabaseUserRow,
} from './repository';
import {
	grantViews,
	readDeclared,
	userView,
	type DatabaseUserView,
	type Grant,
	type GrantView,
} from './views';

export type NewUser = {
	name: string;
	/** The address an account is bound to; null: it may come from everywhere. */
	host?: string | null;
	/** Null: a random one is made. */
	password: Secret | null;
	grants: Grant[];
	access?: UserAccess | null;
};

/** How an account bound to an address is named everywhere; `%` stands for every address. */
function accountName(name: string, host: string | null): string {
	return host === null || host === '%' ? name : `${name}@${host}`;
}

/** Users of the services' engines. Everything throws SERVICE_NOT_RUNNING, ENGINE_UNREACHABLE and DOCKER_UNAVAILABLE. */
export class DatabaseUsers<S extends DatabaseService> {
	readonly #deps: DatabaseDeps<S>;

	constructor(deps: DatabaseDeps<S>) {
		this.#deps = deps;
	}

	async list(service: S, request: PageRequest): Promise<Page<DatabaseUserView>> {
		namesOf(this.#deps, service);
		const admin = await this.#deps.broker.admin(service);
		const page = await admin.listUsers(request);
		const shown = page.items.map((user) => user.name);
		const actual = (await admin.grants?.list({ users: shown })) ?? [];
		const declared = readDeclared(this.#deps.db, service.id);
		return { ...page, items: page.items.map((user) => userView(user, actual, declared)) };
	}

	/**
	 * Creates a user with its grants and access, or nothing. Answers what it is called and whether its password was made here.
	 * Throws NAME_*, PASSWORD_UNUSABLE, DATABASE_USER_EXISTS, NOT_SUPPORTED, ACCESS_INVALID, and DATABASE_NOT_FOUND or
	 * DATABASE_PROTECTED for a grant.
	 */
	async create(service: S, input: NewUser): Promise<{ name: string; generated: boolean }> {
		const { grants, host = null, access = null } = input;
		const name = this.#newName(service, { name: input.name, host });
		if (grants.length > 0) assertCan(this.#deps, service, 'grants');
		if (access !== null) assertCan(this.#deps, service, 'access');
		const password = this.#passwordFor(service, input.password);
		await this.#deps.lock.run(service.id, async () => {
			const admin = await this.#deps.broker.admin(service);
			const row = await this.#claim(service, admin, name);
			await this.#createWithPassword(admin, { row, password, access });
			try {
				if (admin.access) await declareAccess(this.#deps, service, { admin, user: name });
				await applyGrants(this.#deps, service, { admin, user: name, grants });
			} catch (error) {
				await this.#remove(service, admin, name).catch(() => undefined);
				throw error;
			}
		});
		return { name, generated: input.password === null };
	}

	/**
	 * Sets a password, a random one when null. `endsSessions` null: they are ended where the engine can. Throws PASSWORD_UNUSABLE,
	 * DATABASE_USER_NOT_FOUND, and NOT_SUPPORTED when they are to be ended where nothing can.
	 */
	async setPassword(
		service: S,
		input: { name: string; password: Secret | null; endsSessions: boolean | null },
	): Promise<{ generated: boolean }> {
		const { name } = input;
		namesOf(this.#deps, service).assertUserName(name);
		if (input.endsSessions === true) assertCan(this.#deps, service, 'endSessions');
		const endsSessions = input.endsSessions ?? can(this.#deps, service, 'endSessions');
		const password = this.#passwordFor(service, input.password);
		await this.#deps.lock.run(service.id, async () => {
			const admin = await this.#deps.broker.admin(service);
			const row = await this.#adopt(service, admin, name);
			await changePassword(this.#deps, admin, { row, password, endsSessions });
		});
		return { generated: input.password === null };
	}

	/** Makes the user's level on each named database exactly this and answers all its levels as read back. */
	async setGrants(service: S, input: { name: string; grants: Grant[] }): Promise<GrantView[]> {
		const { name, grants } = input;
		namesOf(this.#deps, service).assertUserName(name);
		assertCan(this.#deps, service, 'grants');
		return this.#deps.lock.run(service.id, async () => {
			const admin = await this.#deps.broker.admin(service);
			await adoptUser(this.#deps, service, { admin, user: name });
			await applyGrants(this.#deps, service, { admin, user: name, grants });
			const actual = await grantsOf(this.#deps, service, admin).list({ users: [name] });
			return grantViews(name, actual, readDeclared(this.#deps.db, service.id));
		});
	}

	/** Gives the user exactly these rules and answers them as the engine has them. Throws NOT_SUPPORTED, ACCESS_INVALID. */
	async setAccess(service: S, input: { name: string; access: UserAccess }): Promise<AccessView> {
		const { name, access } = input;
		namesOf(this.#deps, service).assertUserName(name);
		assertCan(this.#deps, service, 'access');
		return this.#deps.lock.run(service.id, async () => {
			const admin = await this.#deps.broker.admin(service);
			const actual = await applyAccess(this.#deps, service, { admin, user: name, access });
			return { actual, declared: actual, hasDrift: false };
		});
	}

	/** Throws CONFIRMATION_MISMATCH, DATABASE_USER_NOT_FOUND, DATABASE_USER_PROTECTED, DATABASE_USER_*_OBJECTS. */
	async remove(service: S, input: { name: string; confirmName: string | null }): Promise<void> {
		const { name, confirmName } = input;
		namesOf(this.#deps, service).assertUserName(name);
		if (confirmName !== null && confirmName !== name) {
			throw new AppError('CONFIRMATION_MISMATCH', { field: 'confirmName' });
		}
		await this.#deps.lock.run(service.id, async () => {
			const admin = await this.#deps.broker.admin(service);
			await this.#remove(service, admin, name);
		});
	}

	/** A user's password in clear text. Throws NOT_FOUND when sh0 does not know it, SEALED. */
	async reveal(service: S, name: string): Promise<Secret> {
		return this.#deps.lock.run(service.id, async () => {
			let row = findDatabaseUser(this.#deps.db, service.id, name);
			if (row !== null && row.pendingPasswordCell !== null) {
				await settlePending(this.#deps, await this.#deps.broker.admin(service), row);
				row = findDatabaseUser(this.#deps.db, service.id, name);
			}
			const password = row === null ? null : currentPassword(this.#deps, row);
			if (!password) throw new AppError('NOT_FOUND', { details: { name }, field: 'name' });
			return password;
		});
	}

	#newName(service: S, { name, host }: { name: string; host: string | null }): string {
		const names = namesOf(this.#deps, service);
		if (host === null) {
			names.assertUserName(name);
			return name;
		}
		assertCan(this.#deps, service, 'hosts');
		// What stands before the address must not look like one that has an address of its own.
		if (name.includes('@')) throw new AppError('NAME_INVALID', { details: { reason: 'at' }, field: 'name' });
		names.assertUserName(name);
		const account = accountName(name, host);
		try {
			names.assertUserName(account);
		} catch (error) {
			// The name alone was good.
			throw isAppError(error)
				? new AppError(error.code, { cause: error, details: error.details, field: 'host' })
				: error;
		}
		return account;
	}

	/** Throws PASSWORD_UNUSABLE. */
	#passwordFor(service: S, chosen: Secret | null): Secret {
		const password = chosen ?? randomPassword();
		namesOf(this.#deps, service).assertPassword(password.reveal());
		return password;
	}

	/** The row of a user about to be created; one left by an interrupted attempt is taken over. Throws DATABASE_USER_EXISTS. */
	async #claim(service: S, admin: DatabaseAdmin, name: string): Promise<DatabaseUserRow> {
		const left = findDatabaseUser(this.#deps.db, service.id, name);
		if (left !== null) {
			if (await admin.findUser(name)) {
				throw new AppError('DATABASE_USER_EXISTS', { details: { name }, field: 'name' });
			}
		}
		return writeTransaction(this.#deps.db, (tx) => {
			deleteDatabaseUser(tx, service.id, name);
			return insertDatabaseUser(tx, service.id, name);
		});
	}

	async #createWithPassword(
		admin: DatabaseAdmin,
		{ row, password, access }: { row: DatabaseUserRow; password: Secret; access: UserAccess | null },
	): Promise<void> {
		const cell = storePending(this.#deps, row, password);
		try {
			await admin.createUser({ name: row.name, password, access });
		} catch (error) {
			if (isRefusal(error)) {
				writeTransaction(this.#deps.db, (tx) => deleteDatabaseUser(tx, row.serviceId, row.name));
			}
			throw withField(error, 'name', 'DATABASE_USER_EXISTS');
		}
		writeTransaction(this.#deps.db, (tx) => promotePassword(tx, row.id, cell));
	}

	/** The row of a user whose password is about to change; one made by hand gets its row here. */
	async #adopt(service: S, admin: DatabaseAdmin, name: string): Promise<DatabaseUserRow> {
		const known = findDatabaseUser(this.#deps.db, service.id, name);
		if (known) {
			await settlePending(this.#deps, admin, known);
			const settled = findDatabaseUser(this.#deps.db, service.id, name);
			if (settled) return settled;
		}
		if (!(await admin.findUser(name))) {
			throw new AppError('DATABASE_USER_NOT_FOUND', { details: { name }, field: 'name' });
		}
		await adoptUser(this.#deps, service, { admin, user: name });
		return rowOf(this.#deps, service, name);
	}

	async #remove(service: S, admin: DatabaseAdmin, name: string): Promise<void> {
		const forget = (): void =>
			writeTransaction(this.#deps.db, (tx) => deleteDatabaseUser(tx, service.id, name));
		try {
			await admin.removeUser(name);
		} catch (error) {
			if (isAppError(error, 'DATABASE_USER_NOT_FOUND')) forget();
			throw error;
		}
		forget();
	}
}
