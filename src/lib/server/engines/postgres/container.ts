import { MIB } from '$lib/shared/units';
import type { SettingValues } from '$lib/shared/settings';
import type { Secret } from '../../secret';
import type { ContainerSpec } from '../engine';
import { ENTRYPOINT_CAPABILITIES, SERVER_UID, tmpOptions } from '../container';
import { memoryProfile } from './memory';
import { profileValues, settingsOf, toServer } from './settings';

/** Where a version keeps its data: 18 moved it one level up. */
export function volumePath(version: string): string {
	return Number(version) >= 18 ? '/var/lib/postgresql' : '/var/lib/postgresql/data';
}

/** More would leave too little for the work itself, and so much that it cannot be had would stop the start. */
const maxBuffersShare = 0.5;

/** What the server is started with; the other settings are set while it runs. */
function startArguments(
	settings: SettingValues,
	{ version, memoryBytes }: { version: string; memoryBytes: number },
): string[] {
	const values: SettingValues = { ...profileValues({ memoryBytes }), ...settings };
	const most = Math.floor(memoryBytes * maxBuffersShare);
	return settingsOf(version)
		.filter((spec) => spec.needsRestart)
		.flatMap((spec) => {
			const value = values[spec.key];
			if (value === undefined) return [];
			const bounded = spec.key === 'shared_buffers' ? Math.min(Number(value), most) : value;
			return ['-c', `${spec.key}=${toServer(spec, bounded)}`];
		});
}

/** How a PostgreSQL container looks: the official image's contract on a read-only root file system. */
export function containerSpec(input: {
	version: string;
	memoryBytes: number;
	bootstrapPassword: Secret;
	settings: SettingValues;
}): ContainerSpec {
	const { shmMib, maxConnections } = memoryProfile(input.memoryBytes);
	const connections = Number(input.settings.max_connections ?? maxConnections);
	return {
		env: {
			POSTGRES_PASSWORD: input.bootstrapPassword.reveal(),
			POSTGRES_INITDB_ARGS: '--data-checksums',
		},
		command: ['postgres', ...startArguments(input.settings, input)],
		volumePath: volumePath(input.version),
		port: 5432,
		capabilities: ENTRYPOINT_CAPABILITIES,
		tmpfs: {
			'/var/run/postgresql': `rw,nosuid,nodev,noexec,size=4m,mode=3775,uid=${SERVER_UID},gid=${SERVER_UID}`,
			'/tmp': tmpOptions(64),
		},
		// Docker's 64 MiB are too few for parallel queries.
		shmSizeBytes: shmMib * MIB,
		// "Fast" shutdown: ends sessions instead of waiting for them.
		stopSignal: 'SIGINT',
		stopTimeoutSeconds: 60,
		pidsLimit: connections + 100,
	};
}
