import { MIB } from '$lib/shared/units';
import type { Secret } from '../../secret';
import type { ContainerSpec } from '../engine';
import { ROOT_USER } from '../mongo-family/names';

/** The `mongodb` user of the image, as in the official image of the real server. */
const uid = 999;

/** What the entrypoint needs to prepare the data folder and step down from root; the servers themselves have none of them. */
const capabilities = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID'];

/** How a FerretDB container looks: PostgreSQL and FerretDB side by side on a read-only root file system. */
export function containerSpec({ bootstrapPassword }: { bootstrapPassword: Secret }): ContainerSpec {
	return {
		env: {
			MONGO_INITDB_ROOT_USERNAME: ROOT_USER,
			MONGO_INITDB_ROOT_PASSWORD: bootstrapPassword.reveal(),
		},
		command: [],
		volumePath: '/data/db',
		port: 27017,
		capabilities,
		tmpfs: {
			'/data/configdb': `rw,nosuid,nodev,noexec,size=1m,mode=0700,uid=${uid},gid=${uid}`,
			'/var/run/postgresql': `rw,nosuid,nodev,noexec,size=4m,mode=3775,uid=${uid},gid=${uid}`,
			'/tmp': 'rw,nosuid,nodev,noexec,size=64m,mode=1777',
		},
		// PostgreSQL's parallel queries need more than Docker's 64 MiB.
		shmSizeBytes: 128 * MIB,
		stopSignal: 'SIGTERM',
		stopTimeoutSeconds: 60,
		pidsLimit: 300,
	};
}
