import type { DatabaseCapability } from '$lib/shared/capabilities';
import type { Db } from '../db/client';
import type { DatabaseAdmin, EngineDefinition, GrantAdmin, NameRule } from '../engines/engine';
import { AppError } from '../errors';
import type { Secret } from '../secret';
import type { KeyedLock } from '../services/keyed-lock';
import type { Vault } from '../vault';

/** What a database feature needs to know of a service. */
export type DatabaseService = { id: string; engine: string; version: string };

/** What this feature is built on; a test hands over its own. */
export type DatabaseDeps<S extends DatabaseService = DatabaseService> = {
	db: Db;
	vault: Pick<Vault, 'encrypt' | 'decrypt'>;
	broker: { admin(service: S): Promise<DatabaseAdmin> };
	secrets: { root(serviceId: string): Secret };
	/** Throws ENGINE_VERSION_UNKNOWN. */
	engineById(id: string): EngineDefinition;
	/** Keeps two changes of one service's users from crossing. */
	lock: Pick<KeyedLock, 'run'>;
};

/** The naming rules of the service's engine. Throws NOT_SUPPORTED when it has no databases or users. */
export function namesOf(deps: Pick<DatabaseDeps, 'engineById'>, service: DatabaseService): NameRule {
	const { databaseAdmin } = deps.engineById(service.engine);
	if (!databaseAdmin) throw new AppError('NOT_SUPPORTED', { details: { engine: service.engine } });
	return databaseAdmin.names;
}

/** Throws NOT_SUPPORTED with `{ engine, capability, reason }` when the service's engine cannot do this. */
export function assertCan(
	deps: Pick<DatabaseDeps, 'engineById'>,
	service: DatabaseService,
	capability: DatabaseCapability,
): void {
	const { engine, version } = service;
	const reason = deps.engineById(engine).databaseAdmin?.capabilities(version)[capability];
	if (reason === null) return;
	throw new AppError('NOT_SUPPORTED', { details: { engine, capability, reason: reason ?? null } });
}

/** The part of the engine that keeps levels. Throws NOT_SUPPORTED. */
export function grantsOf(
	deps: Pick<DatabaseDeps, 'engineById'>,
	service: DatabaseService,
	admin: DatabaseAdmin,
): GrantAdmin {
	assertCan(deps, service, 'grants');
	if (!admin.grants) throw new AppError('NOT_SUPPORTED', { details: { engine: service.engine } });
	return admin.grants;
}
