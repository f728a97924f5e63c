import { MIB } from '$lib/shared/units';
import type { ContainerSpec, Lifecycle } from '../engine';
import { commonOptions, familyContainer, toArguments, toMib } from '../mysql-family/container';
import { profile } from './settings';

/** How a MariaDB container looks. */
export function containerSpec({
	memoryBytes,
	bootstrapPassword,
	settings,
}: Parameters<Lifecycle['containerSpec']>[0]): ContainerSpec {
	const limitMib = toMib(memoryBytes);
	const values = { ...profile({ memoryBytes }), ...settings };
	const options = {
		...commonOptions(),
		'max-connections': String(values.max_connections),
		'innodb-buffer-pool-size': String(values.innodb_buffer_pool_size),
		// Caches of storage engines that are hardly used here, 128 MiB each by default.
		'key-buffer-size': String(8 * MIB),
		'aria-pagecache-buffer-size': String(Math.min(128, Math.max(8, Math.floor(limitMib / 16))) * MIB),
		'log-bin-trust-function-creators': 'ON',
		...(values.log_bin === true ? { 'log-bin': 'binlog' } : { 'skip-log-bin': '' }),
	};
	return familyContainer({
		env: {
			MARIADB_ROOT_PASSWORD: bootstrapPassword.reveal(),
			// The tables of the server itself follow a newer image of the same version.
			MARIADB_AUTO_UPGRADE: '1',
		},
		command: toArguments(options),
	});
}
