import type { ArchiveEntry } from '../docker';
import type { EngineDefinition, SeedFile } from '../engines/engine';
import type { SeedFolder } from '../engines/storage';
import type { Secret } from '../secret';
import type { ServiceRow } from './repository';

/**
 * What must lie in the service's volume before a start. `password` is the bootstrap one, which only a service that has never been set up
 * is given: without it a database needs nothing, and a storage server what lets nobody in.
 */
export function filesBeforeStart(
	engine: EngineDefinition,
	{ version, memoryBytes, initializedAt }: ServiceRow,
	password: Secret | null,
): ArchiveEntry[] {
	const bootstrapPassword = initializedAt === null ? password : null;
	if (engine.kind === 'storage')
		return engine.lifecycle.files({ version, memoryBytes, bootstrapPassword }).map(toEntry);
	if (!bootstrapPassword) return [];
	return (engine.lifecycle.seedFiles?.({ version, memoryBytes, bootstrapPassword }) ?? []).map(toEntry);
}

/** As an archive takes it. */
export function toEntry(entry: SeedFile | SeedFolder): ArchiveEntry {
	return 'isFolder' in entry ? entry : { ...entry, content: entry.content.reveal() };
}
