import { AppError } from '../errors';
import type { DatabaseEngineDefinition, EngineDefinition, EngineVersion } from './engine';
import { garage } from './garage/definition';
import { mariadb } from './mariadb/definition';
import { minio } from './minio/definition';
import { mysql } from './mysql/definition';
import { ferretdb } from './ferretdb/definition';
import { mongodb } from './mongodb/definition';
import { postgres } from './postgres/definition';
import { redis } from './redis/definition';
import { seaweedfs } from './seaweedfs/definition';
import { valkey } from './valkey/definition';

/** Every engine there is; to add one is to add a folder and a line here. */
export const engines: EngineDefinition[] = [
	...[postgres, mysql, mariadb, redis, valkey, mongodb, ferretdb],
	...[garage, minio, seaweedfs],
];

/** Throws ENGINE_VERSION_UNKNOWN when there is no such engine. */
export function engineById(id: string): EngineDefinition {
	const engine = engines.find((candidate) => candidate.id === id);
	if (!engine) throw new AppError('ENGINE_VERSION_UNKNOWN', { details: { engine: id } });
	return engine;
}

/** As `engineById`, for callers who mean a database engine. Throws NOT_SUPPORTED for one of another kind. */
export function databaseEngineById(id: string): DatabaseEngineDefinition {
	const engine = engineById(id);
	if (engine.kind !== 'database') throw new AppError('NOT_SUPPORTED', { details: { engine: id } });
	return engine;
}

/** The engine's version as picked. Throws ENGINE_VERSION_UNKNOWN. */
export function engineVersion(engine: EngineDefinition, version: string): EngineVersion {
	const found = engine.versions.find((candidate) => candidate.version === version);
	if (!found) throw new AppError('ENGINE_VERSION_UNKNOWN', { details: { engine: engine.id, version } });
	return found;
}
