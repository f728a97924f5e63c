import { MIB } from '$lib/shared/units';
import type { ContainerSpec, Lifecycle } from '../engine';
import { commonOptions, familyContainer, toArguments, toMib } from '../mysql-family/container';
import { profile } from './settings';

/** How a MySQL container looks. */
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
		// A pool has whole chunks, a thousand at most; the default of 128 MiB would round it up past the limit.
		'innodb-buffer-pool-chunk-size': String(Math.ceil(limitMib / 500) * MIB),
		// Sized by the machine's memory otherwise, not by the container's.
		'innodb-dedicated-server': 'OFF',
		'temptable-max-ram': String(Math.max(16, Math.floor(limitMib / 16)) * MIB),
		'performance-schema': values.performance_schema === true ? 'ON' : 'OFF',
		mysqlx: 'OFF',
		// Without it the owner of a database could not make functions there while there is a binary log.
		'log-bin-trust-function-creators': 'ON',
		...(values.log_bin === true ? { 'log-bin': 'binlog' } : { 'disable-log-bin': '' }),
	};
	return familyContainer({
		env: { MYSQL_ROOT_PASSWORD: bootstrapPassword.reveal() },
		command: toArguments(options),
	});
}
