import { MIB } from '$lib/shared/units';
import type { ContainerSpec } from '../engine';
import { clamp, ENTRYPOINT_CAPABILITIES, SERVER_UID, tmpOptions } from '../container';
import { MAX_CONNECTIONS } from './settings';

export const DATA_FOLDER = '/var/lib/mysql';

/** Whole mebibytes of a limit in bytes. */
export function toMib(bytes: number): number {
	return Math.floor(bytes / MIB);
}

/** So many connections that their buffers fit beside the pool. */
export function connectionsFor(limitMib: number): number {
	return clamp(Math.floor(limitMib / 8), 20, 300);
}

/** The options that both servers know, as arguments. */
export function commonOptions(): Record<string, string> {
	return {
		'character-set-server': 'utf8mb4',
		'skip-name-resolve': 'ON',
		'local-infile': 'OFF',
		// Large sorts go to the volume: /tmp is memory, and counts towards the limit.
		tmpdir: DATA_FOLDER,
	};
}

/** Options as arguments; the entrypoint puts the server's name before them. */
export function toArguments(options: Record<string, string>): string[] {
	return Object.entries(options).map(([key, value]) => (value === '' ? `--${key}` : `--${key}=${value}`));
}

/** What both engines' containers have in common: the official images' contract on a read-only root file system. */
export function familyContainer(spec: Pick<ContainerSpec, 'env' | 'command'>): ContainerSpec {
	return {
		...spec,
		volumePath: DATA_FOLDER,
		port: 3306,
		capabilities: ENTRYPOINT_CAPABILITIES,
		tmpfs: {
			'/var/run/mysqld': `rw,nosuid,nodev,noexec,size=4m,mode=3775,uid=${SERVER_UID},gid=${SERVER_UID}`,
			'/tmp': tmpOptions(64),
		},
		shmSizeBytes: 64 * MIB,
		stopSignal: 'SIGTERM',
		// A full buffer pool has to reach the disk.
		stopTimeoutSeconds: 120,
		// One thread for each connection, and the server's own.
		pidsLimit: MAX_CONNECTIONS + 200,
	};
}
