import type { SettingValues } from '$lib/shared/settings';
import { MIB } from '$lib/shared/units';
import type { Secret } from '../../secret';
import type { ContainerSpec } from '../engine';
import { clamp, ENTRYPOINT_CAPABILITIES, SERVER_UID, tmpOptions } from '../container';
import { ROOT_USER } from '../mongo-family/names';

/** Threads of the server beside one for each connection. */
const ownThreads = 200;

export type MemoryProfile = { cacheSizeGB: number; maxIncomingConnections: number };

/**
 * Settings for a container limited to this many bytes: the vendor's own rule for the cache, half of what is beyond half a gigabyte and
 * a quarter of one at least, but of the container's memory and not of the machine's; and so many connections that their stacks fit
 * beside it.
 */
export function memoryProfile(memoryBytes: number): MemoryProfile {
	const limitMib = Math.floor(memoryBytes / MIB);
	return {
		cacheSizeGB: Math.max(0.25, limitMib / 2048 - 0.25),
		maxIncomingConnections: clamp(Math.floor(limitMib / 4), 100, 5_000),
	};
}

function numberOr(value: SettingValues[string] | undefined, otherwise: number): number {
	return typeof value === 'number' ? value : otherwise;
}

/** How a MongoDB container looks: the official image's contract on a read-only root file system. */
export function containerSpec(input: {
	memoryBytes: number;
	bootstrapPassword: Secret;
	settings: SettingValues;
}): ContainerSpec {
	const profile = memoryProfile(input.memoryBytes);
	const cacheSizeGB = numberOr(input.settings.cacheSizeGB, profile.cacheSizeGB);
	const connections = numberOr(input.settings.maxIncomingConnections, profile.maxIncomingConnections);
	return {
		env: {
			MONGO_INITDB_ROOT_USERNAME: ROOT_USER,
			MONGO_INITDB_ROOT_PASSWORD: input.bootstrapPassword.reveal(),
		},
		command: ['mongod', '--wiredTigerCacheSizeGB', String(cacheSizeGB), '--maxConns', String(connections)],
		volumePath: '/data/db',
		port: 27017,
		capabilities: ENTRYPOINT_CAPABILITIES,
		tmpfs: {
			// For sharded clusters only; without this it would be a volume without a name.
			'/data/configdb': `rw,nosuid,nodev,noexec,size=1m,mode=0700,uid=${SERVER_UID},gid=${SERVER_UID}`,
			'/tmp': tmpOptions(64),
		},
		shmSizeBytes: 64 * MIB,
		stopSignal: 'SIGTERM',
		stopTimeoutSeconds: 60,
		pidsLimit: connections + ownThreads,
	};
}
