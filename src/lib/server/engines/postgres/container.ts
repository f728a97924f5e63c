import { MIB } from '$lib/shared/units';
import type { Secret } from '../../secret';
import type { ContainerSpec } from '../engine';

/** The `postgres` user of the official image and of ours. */
const uid = 999;

/** What the entrypoint needs to prepare the data folder and step down from root; the server itself has none of them. */
const capabilities = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'];

export type MemoryProfile = {
	sharedBuffersMib: number;
	effectiveCacheSizeMib: number;
	maintenanceWorkMemMib: number;
	workMemMib: number;
	maxConnections: number;
	shmMib: number;
};

function clamp(value: number, low: number, high: number): number {
	return Math.min(high, Math.max(low, value));
}

/**
 * Settings for a container limited to this many bytes: a quarter for shared buffers (the manual's advice), and so many connections
 * that all of them can sort at once. 80 clients and a 2-million-row sort stay within the limit at 256 MiB.
 */
export function memoryProfile(memoryBytes: number): MemoryProfile {
	const limitMib = Math.floor(memoryBytes / MIB);
	const sharedBuffersMib = Math.floor(limitMib / 4);
	const maxConnections = clamp(Math.floor(limitMib / 8), 20, 200);
	return {
		sharedBuffersMib,
		effectiveCacheSizeMib: Math.floor((limitMib * 3) / 4),
		maintenanceWorkMemMib: Math.min(Math.floor(limitMib / 16), 2048),
		workMemMib: Math.max(1, Math.floor((limitMib - sharedBuffersMib) / (3 * maxConnections))),
		maxConnections,
		shmMib: Math.max(64, Math.floor(limitMib / 2)),
	};
}

/** Where a version keeps its data: 18 moved it one level up. */
export function volumePath(version: string): string {
	return Number(version) >= 18 ? '/var/lib/postgresql' : '/var/lib/postgresql/data';
}

/** How a PostgreSQL container looks: the official image's contract on a read-only root file system. */
export function containerSpec(input: {
	version: string;
	memoryBytes: number;
	bootstrapPassword: Secret;
}): ContainerSpec {
	const profile = memoryProfile(input.memoryBytes);
	const settings = {
		shared_buffers: `${profile.sharedBuffersMib}MB`,
		effective_cache_size: `${profile.effectiveCacheSizeMib}MB`,
		maintenance_work_mem: `${profile.maintenanceWorkMemMib}MB`,
		work_mem: `${profile.workMemMib}MB`,
		max_connections: String(profile.maxConnections),
	};
	return {
		env: {
			POSTGRES_PASSWORD: input.bootstrapPassword.reveal(),
			POSTGRES_INITDB_ARGS: '--data-checksums',
		},
		command: ['postgres', ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
		volumePath: volumePath(input.version),
		port: 5432,
		capabilities,
		tmpfs: {
			'/var/run/postgresql': `rw,nosuid,nodev,noexec,size=4m,mode=3775,uid=${uid},gid=${uid}`,
			'/tmp': 'rw,nosuid,nodev,noexec,size=64m,mode=1777',
		},
		// Docker's 64 MiB are too few for parallel queries.
		shmSizeBytes: profile.shmMib * MIB,
		// "Fast" shutdown: ends sessions instead of waiting for them.
		stopSignal: 'SIGINT',
		stopTimeoutSeconds: 60,
		pidsLimit: profile.maxConnections + 100,
	};
}
