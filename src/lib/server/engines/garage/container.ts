import { randomBytes } from 'node:crypto';
import { MIB } from '$lib/shared/units';
import { Secret } from '../../secret';
import { clamp } from '../container';
import type { SeedFile } from '../engine';
import { confined, REGION, seedFile, seedFolder } from '../s3-family/container';
import type { PortsByRole, SeedFolder, StorageContainerSpec } from '../storage';

const folder = '/var/lib/garage';
const configFile = 'garage.toml';

const ports = { s3: 3_900, web: 3_902, admin: 3_903 } satisfies PortsByRole;

/** How a container looks. */
export function containerSpec(): StorageContainerSpec {
	return {
		env: {
			GARAGE_CONFIG_FILE: `${folder}/${configFile}`,
			NO_COLOR: '1',
			// Its line for each request holds the whole address, and a signed link in a log opens the object for whoever reads it.
			RUST_LOG: 'garage=info,garage_api_common::generic_server=off',
		},
		// Its layout is made and applied by itself on the first start; it must never be changed by hand.
		command: ['/garage', 'server', '--single-node'],
		volumePath: folder,
		port: ports.s3,
		ports,
		...confined,
	};
}

/**
 * The configuration. Its secret between nodes is made up each time: there is one node, which listens for others on itself alone. Blocks
 * wait in a quarter of the memory, where the default would take more than a small container has.
 */
function config({ memoryBytes, adminToken }: { memoryBytes: number; adminToken: Secret | null }): string {
	const lines = [
		`metadata_dir = "${folder}/meta"`,
		`data_dir = "${folder}/data"`,
		'db_engine = "sqlite"',
		'metadata_fsync = true',
		'data_fsync = true',
		'metadata_auto_snapshot_interval = "6h"',
		'replication_factor = 1',
		`block_ram_buffer_max = ${clamp(Math.floor(memoryBytes / 4), 32 * MIB, 1_024 * MIB)}`,
		'rpc_bind_addr = "127.0.0.1:3901"',
		'rpc_public_addr = "127.0.0.1:3901"',
		`rpc_secret = "${randomBytes(32).toString('hex')}"`,
		'[s3_api]',
		`s3_region = "${REGION}"`,
		`api_bind_addr = "0.0.0.0:${ports.s3}"`,
		'[s3_web]',
		`bind_addr = "0.0.0.0:${ports.web}"`,
		'[admin]',
		`api_bind_addr = "0.0.0.0:${ports.admin}"`,
		'metrics_require_token = true',
		...(adminToken ? [`admin_token = "${adminToken.reveal()}"`] : []),
	];
	return `${lines.join('\n')}\n`;
}

/** The configuration and its folders. Throws an Error for a bootstrap password that it could not hold: it has letters and digits only. */
export function files(input: {
	memoryBytes: number;
	bootstrapPassword: Secret | null;
}): (SeedFile | SeedFolder)[] {
	const { memoryBytes, bootstrapPassword: adminToken } = input;
	// A dot would make it the name of a token that the server looks up.
	if (adminToken && !/^[A-Za-z0-9]{16,}$/.test(adminToken.reveal()))
		throw new Error('unusable bootstrap password');
	return [
		seedFolder('meta'),
		seedFolder('data'),
		seedFile(configFile, new Secret(config({ memoryBytes, adminToken }))),
	];
}
