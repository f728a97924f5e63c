import { MIB } from '$lib/shared/units';
import type { ContainerSpec } from '../engine';
import { MAX_CONNECTIONS } from './settings';

/** The `mysql` user of the official images and of ours. */
const uid = 999;
/** What the entrypoint needs to prepare the data folder and step down from root; the server itself has none of them. */
const capabilities = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'];

export const DATA_FOLDER = '/var/lib/mysql';

function clamp(value: number, low: number, high: number): number {
	return Math.min(high, Math.max(low, value));
}

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
		capabilities,
		tmpfs: {
			'/var/run/mysqld': `rw,nosuid,nodev,noexec,size=4m,mode=3775,uid=${uid},gid=${uid}`,
			'/tmp': 'rw,nosuid,nodev,noexec,size=64m,mode=1777',
		},
		shmSizeBytes: 64 * MIB,
		stopSignal: 'SIGTERM',
		// A full buffer pool has to reach the disk.
		stopTimeoutSeconds: 120,
		// One thread for each connection, and the server's own.
		pidsLimit: MAX_CONNECTIONS + 200,
	};
}
