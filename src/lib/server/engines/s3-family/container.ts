import { MIB } from '$lib/shared/units';
import type { Secret } from '../../secret';
import { tmpOptions } from '../container';
import type { SeedFile } from '../engine';
import type { SeedFolder, StorageContainerSpec } from '../storage';

/** The user and group that every server of the family runs as. */
const UID = 1_000;
const owner = { uid: UID, gid: UID };

/** What S3 clients sign for when nobody tells them otherwise, so that an app moved from another engine needs no new setting. */
export const REGION = 'us-east-1';

/** How each container is confined: one program without shell, as a user of its own, on a read-only root file system. */
export const confined = {
	user: `${UID}:${UID}`,
	capabilities: [],
	tmpfs: { '/tmp': tmpOptions(16) },
	shmSizeBytes: 64 * MIB,
	stopSignal: 'SIGTERM',
	stopTimeoutSeconds: 60,
	// Threads count too, and one engine may have 512 for disk work alone.
	pidsLimit: 1_000,
} satisfies Partial<StorageContainerSpec>;

/** A folder of the volume that the server alone may look into. */
export function seedFolder(path: string): SeedFolder {
	return { path, ...owner, mode: 0o700, isFolder: true };
}

/** A file of the volume that the server alone may read. */
export function seedFile(path: string, content: Secret): SeedFile {
	return { path, content, ...owner, mode: 0o600 };
}
