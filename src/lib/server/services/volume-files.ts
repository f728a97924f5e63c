import type { ArchiveEntry, ContainerStatus } from '../docker';
import type { EngineDefinition, SeedFile } from '../engines/engine';
import type { SeedFolder } from '../engines/storage';
import type { Secret } from '../secret';
import type { ServiceRow } from './repository';

type Before = { password: Secret | null; status: ContainerStatus };

/**
 * What must lie in the service's volume before a container of this status is started: for a database before its very first start, and
 * never again once the container has run or the service has data; for a storage server before each that is not Docker's own. `password`
 * is the bootstrap one, which only a service that has never been set up is given: without it a database needs nothing, and a storage
 * server what lets nobody in.
 */
export function filesBeforeStart(
	engine: EngineDefinition,
	{ version, memoryBytes, initializedAt }: Pick<ServiceRow, 'version' | 'memoryBytes' | 'initializedAt'>,
	{ password, status }: Before,
): ArchiveEntry[] {
	const bootstrapPassword = initializedAt === null ? password : null;
	const hasNeverRun = status === 'created';
	if (engine.kind === 'storage') {
		if (!hasNeverRun && status !== 'exited' && status !== 'dead') return [];
		return engine.lifecycle.files({ version, memoryBytes, bootstrapPassword }).map(toEntry);
	}
	if (!bootstrapPassword || !hasNeverRun) return [];
	return (engine.lifecycle.seedFiles?.({ version, memoryBytes, bootstrapPassword }) ?? []).map(toEntry);
}

/** As an archive takes it. */
export function toEntry(entry: SeedFile | SeedFolder): ArchiveEntry {
	return 'isFolder' in entry ? entry : { ...entry, content: entry.content.reveal() };
}
