import type { DatabaseCapability } from '$lib/shared/capabilities';
import type { ErrorCode } from '$lib/shared/error-codes';
import type { Db } from '../db/client';
import type { DatabaseAdmin, EngineDefinition, NameRule } from '../engines/engine';
import { AppError, isAppError } from '../errors';
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

/** Whether the service's engine can do this. */
export function can(
	deps: Pick<DatabaseDeps, 'engineById'>,
	{ engine, version }: DatabaseService,
	capability: DatabaseCapability,
): boolean {
	return deps.engineById(engine).databaseAdmin?.capabilities(version)[capability] === null;
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

type Parts = Pick<DatabaseAdmin, 'grants' | 'access' | 'sessions' | 'browser'>;

/** A part of the engine behind the capability that stands for it. */
function partOf<K extends keyof Parts>(part: K, capability: DatabaseCapability) {
	return (
		deps: Pick<DatabaseDeps, 'engineById'>,
		service: DatabaseService,
		admin: Parts,
	): NonNullable<Parts[K]> => {
		assertCan(deps, service, capability);
		const found = admin[part];
		if (!found) throw new AppError('NOT_SUPPORTED', { details: { engine: service.engine, capability } });
		return found;
	};
}

/** The part of the engine that keeps levels. Throws NOT_SUPPORTED, as the next ones do. */
export const grantsOf = partOf('grants', 'grants');
export const accessOf = partOf('access', 'access');
export const sessionsOf = partOf('sessions', 'sessions');
export const browserOf = partOf('browser', 'browse');

/** `error` with the input field that it is about, when it is one of these and names none. */
export function withField(error: unknown, field: string, ...codes: ErrorCode[]): unknown {
	if (!isAppError(error, ...codes) || error.field !== null) return error;
	return new AppError(error.code, { cause: error, details: error.details, field });
}
