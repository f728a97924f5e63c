import type { GrantLevel } from '$lib/shared/services';
import { writeTransaction } from '../db/client';
import type { DatabaseAdmin, DatabaseUserInfo, GrantInfo } from '../engines/engine';
import { AppError, isAppError } from '../errors';
import { type Secret } from '../secret';
import { randomPassword } from '../vault';
import { grantsOf, namesOf, type DatabaseDeps, type DatabaseService } from './deps';
import type { Page, PageRequest } from '../engines/page';
import { changePassword, currentPassword, isRefusal, settlePending, storePending } from './passwords';
import {
	deleteDatabaseUser,
	findDatabaseUser,
	insertDatabaseUser,
	listDatabaseUsers,
	listDeclaredGrants,
	promotePassword,
	putDeclaredGrant,
	type DatabaseUserRow,
	type DeclaredGrant,
} from './repository';

export type Grant = { database: string; level: GrantLevel };
/** `level` is what the engine answers, `declared` what was asked for here; `hasDrift` when they differ. */
export type GrantView = Grant & { declared: GrantLevel; hasDrift: boolean };
/** `hasPassword`: sh0 knows the password and can show it. */
export type DatabaseUserView = DatabaseUserInfo & { hasPassword: boolean; grants: GrantView[] };

/** A user's levels as read back, with those that were declared and are not there. */
function grantViews(user: string, actual: GrantInfo[], declared: DeclaredGrant[]): GrantView[] {
	const levels = new Map<string, { level: GrantLevel; declared: GrantLevel }>();
	for (const grant of actual) {
		if (grant.user === user) levels.set(grant.database, { level: grant.level, declared: 'none' });
	}
	for (const grant of declared) {
		if (grant.userName !== user) continue;
		levels.set(grant.database, { level: levels.get(grant.database)?.level ?? 'none', declared: grant.level });
	}
	return [...levels]
		.map(([database, both]) => ({ database, ...both, hasDrift: both.level !== both.declared }))
		.sort((a, b) => (a.database < b.database ? -1 : 1));
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
		const declared = listDeclaredGrants(this.#deps.db, service.id);
		const known = new Set(listDatabaseUsers(this.#deps.db, service.id).map((row) => row.name));
		const items = page.items.map((user) => ({
			...user,
			hasPassword: known.has(user.name),
			grants: grantViews(user.name, actual, declared),
		}));
		return { ...page, items };
	}

	/**
	 * Creates a user with its grants, or nothing; `password` null makes a random one. Answers whether it was made here.
	 * Throws NAME_*, PASSWORD_UNUSABLE, DATABASE_USER_EXISTS, and DATABASE_NOT_FOUND or DATABASE_PROTECTED for a grant.
	 */
	async create(
		service: S,
		input: { name: string; password: Secret | null; grants: Grant[] },
	): Promise<{ generated: boolean }> {
		const { name, grants } = input;
		const names = namesOf(this.#deps, service);
		names.assertUserName(name);
		const password = input.password ?? randomPassword();
		names.assertPassword(password.reveal());
		await this.#deps.lock.run(service.id, async () => {
			const admin = await this.#deps.broker.admin(service);
			const row = await this.#claim(service, admin, name);
			await this.#createWithPassword(admin, row, password);
			try {
				await this.#apply(service, admin, name, grants);
			} catch (error) {
				await this.#remove(service, admin, name).catch(() => undefined);
				throw error;
			}
		});
		return { generated: input.password === null };
	}

	/** Sets a password, a random one when null. Throws PASSWORD_UNUSABLE, DATABASE_USER_NOT_FOUND. */
	async setPassword(
		service: S,
		input: { name: string; password: Secret | null; endsSessions: boolean },
	): Promise<{ generated: boolean }> {
		const { name, endsSessions } = input;
		const names = namesOf(this.#deps, service);
		names.assertUserName(name);
		const password = input.password ?? randomPassword();
		names.assertPassword(password.reveal());
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
		const names = namesOf(this.#deps, service);
		names.assertUserName(name);
		return this.#deps.lock.run(service.id, async () => {
			const admin = await this.#deps.broker.admin(service);
			await this.#apply(service, admin, name, grants);
			const actual = await grantsOf(this.#deps, service, admin).list({ users: [name] });
			return grantViews(name, actual, listDeclaredGrants(this.#deps.db, service.id));
		});
	}

	/** Throws CONFIRMATION_MISMATCH, DATABASE_USER_NOT_FOUND, DATABASE_USER_PROTECTED, DATABASE_USER_OWNS_OBJECTS. */
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

	async #createWithPassword(admin: DatabaseAdmin, row: DatabaseUserRow, password: Secret): Promise<void> {
		const cell = storePending(this.#deps, row, password);
		try {
			await admin.createUser({ name: row.name, password });
		} catch (error) {
			if (isRefusal(error)) {
				writeTransaction(this.#deps.db, (tx) => deleteDatabaseUser(tx, row.serviceId, row.name));
			}
			throw error;
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
		return writeTransaction(this.#deps.db, (tx) => insertDatabaseUser(tx, service.id, name));
	}

	/** One database after the other; each is recorded once the engine has taken it. */
	async #apply(service: S, admin: DatabaseAdmin, user: string, grants: Grant[]): Promise<void> {
		for (const grant of grants) {
			await grantsOf(this.#deps, service, admin).set({ user, grants: [grant] });
			writeTransaction(this.#deps.db, (tx) => putDeclaredGrant(tx, service.id, { ...grant, userName: user }));
		}
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
