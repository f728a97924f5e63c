import type { StorageCapabilityMatrix, StorageTraits } from '$lib/shared/storage-capabilities';
import type { EngineDefinition } from '../engines/engine';

/** What a storage engine can do and how; null for an engine of another kind. */
export function storageFacts(
	{ storageAdmin }: EngineDefinition,
	version: string,
): { capabilities: StorageCapabilityMatrix; traits: StorageTraits } | null {
	if (!storageAdmin) return null;
	return { capabilities: storageAdmin.capabilities(version), traits: storageAdmin.traits(version) };
}
