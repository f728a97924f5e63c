import { MIB } from '$lib/shared/units';
import type { Secret } from '../../secret';
import type { ContainerSpec } from '../engine';
import { ENTRYPOINT_CAPABILITIES, SERVER_UID, tmpOptions } from '../container';
import { ROOT_USER } from '../mongo-family/names';

/**
 * For the PostgreSQL below, whose log would quote the hash of a password when a user cannot be made: so it quotes nothing. FerretDB's own
 * log still does when an app makes a user twice; sh0 looks first and never asks for that.
 */
function postgresSettings(memoryBytes: number): Record<string, string> {
	return {
		shared_buffers: `${Math.floor(memoryBytes / MIB / 4)}MB`,
		log_error_verbosity: 'terse',
		log_min_error_statement: 'panic',
	};
}

/** How a FerretDB container looks: PostgreSQL and FerretDB side by side on a read-only root file system. */
export function containerSpec(input: { memoryBytes: number; bootstrapPassword: Secret }): ContainerSpec {
	const settings = Object.entries(postgresSettings(input.memoryBytes));
	return {
		env: {
			MONGO_INITDB_ROOT_USERNAME: ROOT_USER,
			MONGO_INITDB_ROOT_PASSWORD: input.bootstrapPassword.reveal(),
		},
		command: ['ferretdb', ...settings.flatMap(([key, value]) => ['-c', `${key}=${value}`])],
		volumePath: '/data/db',
		port: 27017,
		capabilities: ENTRYPOINT_CAPABILITIES,
		tmpfs: {
			'/data/configdb': `rw,nosuid,nodev,noexec,size=1m,mode=0700,uid=${SERVER_UID},gid=${SERVER_UID}`,
			'/tmp': tmpOptions(64),
		},
		// PostgreSQL's parallel queries need more than Docker's 64 MiB.
		shmSizeBytes: 128 * MIB,
		stopSignal: 'SIGTERM',
		stopTimeoutSeconds: 60,
		pidsLimit: 300,
	};
}
