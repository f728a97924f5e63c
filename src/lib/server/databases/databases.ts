import { writeTransaction } from '../db/client';
import type { DatabaseAdmin, DatabaseInfo, NameRule } from '../engines/engine';
import { AppError, isAppError } from '../errors';
import { assertCan, namesOf, withField, type DatabaseDeps, type DatabaseService } from './deps';
import type { Page, PageRequest } from '../engines/page';
import { deleteDeclaredGrants, putDeclaredGrant } from './repository';

export type NewDatabase = {
	name: string;
	owner: string | null;
	/** Null: the engine's default. */
	encoding?: string | null;
	collation?: string | null;
};
export type Charset = Awaited<ReturnType<DatabaseAdmin['listCharsets']>>[number];

function assertOwnerName(names: NameRule, owner: string): void {
	try {
		names.assertUserName(owner);
	} catch (error) {
		if (!isAppError(error)) throw error;
		throw new AppError(error.code, { cause: error, details: error.details, field: 'owner' });
	}
}

/** Databases of the services' engines. Everything throws SERVICE_NOT_RUNNING, ENGINE_UNREACHABLE and DOCKER_UNAVAILABLE. */
export class Databases<S extends DatabaseService> {
	readonly #deps: DatabaseDeps<S>;

	constructor(deps: DatabaseDeps<S>) {
		this.#deps = deps;
	}

	async list(service: S, request: PageRequest): Promise<Page<DatabaseInfo>> {
		namesOf(this.#deps, service);
		const admin = await this.#deps.broker.admin(service);
		return admin.listDatabases(request);
	}

	/** What character sets and collations a new database can have, the default first. Throws NOT_SUPPORTED. */
	async charsets(service: S): Promise<Charset[]> {
		assertCan(this.#deps, service, 'charsets');
		const admin = await this.#deps.broker.admin(service);
		return admin.listCharsets();
	}

	/** Throws NAME_*, DATABASE_EXISTS, CHARSET_UNKNOWN, NOT_SUPPORTED, and DATABASE_USER_NOT_FOUND for the owner. */
	async create(service: S, input: NewDatabase): Promise<void> {
		const { name, owner, encoding = null, collation = null } = input;
		const names = namesOf(this.#deps, service);
		assertCan(this.#deps, service, 'databases');
		if (owner !== null) assertCan(this.#deps, service, 'owners');
		if (encoding !== null || collation !== null) assertCan(this.#deps, service, 'charsets');
		names.assertDatabaseName(name);
		if (owner !== null) assertOwnerName(names, owner);
		await this.#deps.lock.run(service.id, async () => {
			const admin = await this.#deps.broker.admin(service);
			await admin.createDatabase({ name, owner, encoding, collation }).catch((error: unknown) => {
				const known = withField(error, 'name', 'DATABASE_EXISTS');
				throw withField(known, 'owner', 'DATABASE_USER_NOT_FOUND');
			});
			writeTransaction(this.#deps.db, (tx) => {
				// What was declared on an earlier database of this name does not hold for this one.
				deleteDeclaredGrants(tx, service.id, name);
				if (owner === null) return;
				putDeclaredGrant(tx, service.id, { database: name, userName: owner, level: 'owner' });
			});
		});
	}

	/** Throws CONFIRMATION_MISMATCH, DATABASE_PROTECTED, DATABASE_NOT_FOUND. */
	async remove(service: S, input: { name: string; confirmName: string }): Promise<void> {
		const { name, confirmName } = input;
		assertCan(this.#deps, service, 'databases');
		if (confirmName !== name) throw new AppError('CONFIRMATION_MISMATCH', { field: 'confirmName' });
		await this.#deps.lock.run(service.id, async () => {
			const admin = await this.#deps.broker.admin(service);
			const forget = (): void =>
				writeTransaction(this.#deps.db, (tx) => deleteDeclaredGrants(tx, service.id, name));
			try {
				await admin.removeDatabase(name);
			} catch (error) {
				if (isAppError(error, 'DATABASE_NOT_FOUND')) forget();
				throw error;
			}
			forget();
		});
	}
}
