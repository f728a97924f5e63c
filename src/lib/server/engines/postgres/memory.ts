import { MIB } from '$lib/shared/units';
import { clamp } from '../container';

export type MemoryProfile = {
	sharedBuffersMib: number;
	effectiveCacheSizeMib: number;
	maintenanceWorkMemMib: number;
	workMemMib: number;
	maxConnections: number;
	shmMib: number;
};

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
