import { writeTransaction } from '../db/client';
import type { DatabaseInfo } from '../engines/engine';
import { AppError, isAppError } from '../errors';
import { namesOf, type DatabaseDeps, type DatabaseService } from './deps';
import type { Page, PageRequest } from '../engines/page';
import { deleteDeclaredGrants, putDeclaredGrant } from './repository';

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

	/** Throws NAME_*, DATABASE_EXISTS, and DATABASE_USER_NOT_FOUND for the owner. */
	async create(service: S, input: { name: string; owner: string | null }): Promise<void> {
		const { name, owner } = input;
		const names = namesOf(this.#deps, service);
		names.assertDatabaseName(name);
		if (owner !== null) names.assertUserName(owner);
		await this.#deps.lock.run(service.id, async () => {
			const admin = await this.#deps.broker.admin(service);
			await admin.createDatabase({ name, owner });
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
		namesOf(this.#deps, service);
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
