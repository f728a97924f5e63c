import { AppError } from '../errors';
import type { EngineDefinition, EngineVersion } from './engine';
import { postgres } from './postgres/definition';

/** Every engine there is; to add one is to add a folder and a line here. */
export const engines: EngineDefinition[] = [postgres];

/** Throws ENGINE_VERSION_UNKNOWN when there is no such engine. */
export function engineById(id: string): EngineDefinition {
	const engine = engines.find((candidate) => candidate.id === id);
	if (!engine) throw new AppError('ENGINE_VERSION_UNKNOWN', { details: { engine: id } });
	return engine;
}

/** The engine's version as picked. Throws ENGINE_VERSION_UNKNOWN. */
export function engineVersion(engine: EngineDefinition, version: string): EngineVersion {
	const found = engine.versions.find((candidate) => candidate.version === version);
	if (!found) throw new AppError('ENGINE_VERSION_UNKNOWN', { details: { engine: engine.id, version } });
	return found;
}
