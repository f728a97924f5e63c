import type {
	StorageCapability,
	StorageCapabilityMatrix,
	StorageTraits,
} from '$lib/shared/storage-capabilities';
import type { Db } from '../db/client';
import type { EngineDefinition } from '../engines/engine';
import type { PortsByRole, StorageAdmin, StorageEngineDefinition } from '../engines/storage';
import { AppError, isAppError } from '../errors';
import type { Logger } from '../log';

/** What a storage feature needs to know of a service. */
export type StorageService = { id: string; engine: string; version: string };

/** What this feature is built on; a test hands over its own. */
export type StorageDeps<S extends StorageService = StorageService> = {
	db: Db;
	log: Logger;
	/** Both throw NOT_SUPPORTED, SERVICE_NOT_RUNNING and DOCKER_UNAVAILABLE; `storageAdmin` SEALED too. */
	broker: {
		storageAdmin(service: S): Promise<StorageAdmin>;
		storagePorts(service: S): Promise<PortsByRole>;
	};
	/** Throws ENGINE_VERSION_UNKNOWN. */
	engineById(id: string): EngineDefinition;
};

type Engines = Pick<StorageDeps, 'engineById'>;

/** The service's engine. Throws NOT_SUPPORTED for one that has no buckets. */
export function storageEngine(deps: Engines, { engine }: StorageService): StorageEngineDefinition {
	const definition = deps.engineById(engine);
	if (definition.kind !== 'storage') throw new AppError('NOT_SUPPORTED', { details: { engine } });
	return definition;
}

/** What the service's engine cannot do, with the reason. Throws NOT_SUPPORTED. */
export function capabilitiesOf(deps: Engines, service: StorageService): StorageCapabilityMatrix {
	return storageEngine(deps, service).storageAdmin.capabilities(service.version);
}

/** How the service's engine does what it can. Throws NOT_SUPPORTED. */
export function traitsOf(deps: Engines, service: StorageService): StorageTraits {
	return storageEngine(deps, service).storageAdmin.traits(service.version);
}

/** Throws NOT_SUPPORTED with `{ engine, capability, reason }` when the service's engine cannot do this. */
export function assertCan(deps: Engines, service: StorageService, capability: StorageCapability): void {
	const reason = capabilitiesOf(deps, service)[capability];
	if (reason === null) return;
	throw new AppError('NOT_SUPPORTED', { details: { engine: service.engine, capability, reason } });
}

/** `error` as one about this input field, when it is about what was given and names none. */
export function withField(error: unknown, field: string): unknown {
	const codes = ['BUCKET_EXISTS', 'NAME_INVALID', 'NAME_RESERVED', 'NAME_TOO_LONG'] as const;
	if (!isAppError(error, ...codes) || error.field !== null) return error;
	return new AppError(error.code, { cause: error, details: error.details, field });
}
