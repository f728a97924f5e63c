import { randomBytes } from 'node:crypto';
import { MIB } from '$lib/shared/units';
import { Secret } from '../../secret';
import type { SeedFile } from '../engine';
import { confined, seedFile, seedFolder } from '../s3-family/container';
import type { PortsByRole, SeedFolder, StorageContainerSpec } from '../storage';

const folder = '/data';
const passwordFile = 'sh0/root-password';

/** Built in, and shut out as soon as there is `ADMIN_USER`. */
export const ROOT_USER = 'sh0-root';
/** An account like any other, with every right: its secret can be changed while the server runs. */
export const ADMIN_USER = 'sh0-admin';

const ports = { s3: 9_000, admin: 9_000, console: 9_001 } satisfies PortsByRole;

/** How a container looks. */
export function containerSpec({ memoryBytes }: { memoryBytes: number }): StorageContainerSpec {
	return {
		env: {
			MINIO_ROOT_USER: ROOT_USER,
			MINIO_ROOT_PASSWORD_FILE: `${folder}/${passwordFile}`,
			// It asks its maker's site for news otherwise.
			MINIO_UPDATE: 'off',
			// The collector works harder before the limit is met.
			GOMEMLIMIT: `${Math.floor((memoryBytes * 0.8) / MIB)}MiB`,
		},
		command: [
			...['/usr/bin/minio', 'server', `${folder}/drive`],
			...['--address', `:${ports.s3}`, '--console-address', `:${ports.console}`],
		],
		volumePath: folder,
		port: ports.s3,
		ports,
		...confined,
	};
}

/**
 * The drive, and the built-in root's password beside it, which the server reads at each start. Without a bootstrap password it is one that
 * nobody knows: were there none at all, the server would take its well-known default.
 */
export function files({
	bootstrapPassword,
}: {
	bootstrapPassword: Secret | null;
}): (SeedFile | SeedFolder)[] {
	const content = bootstrapPassword ?? new Secret(randomBytes(30).toString('base64url'));
	return [seedFolder('drive'), seedFolder('sh0'), seedFile(passwordFile, content)];
}
