import type { SettingSpec, SettingValues } from '$lib/shared/settings';
import { GIB, MIB } from '$lib/shared/units';
import { connectionsFor, toMib } from '../mysql-family/container';
import { familyConfigurable, settingSpecs, sqlModeSpec } from '../mysql-family/settings';

const usualMode =
	'STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';

const settings: SettingSpec[] = [
	settingSpecs.maxConnections,
	settingSpecs.bufferPool,
	settingSpecs.maxAllowedPacket,
	settingSpecs.waitTimeout,
	{
		key: 'max_execution_time',
		type: 'number',
		unit: 'milliseconds',
		min: 100,
		max: 4_294_967_295,
		isInteger: true,
		offValue: 0,
		needsRestart: false,
	},
	settingSpecs.slowQueryLog,
	settingSpecs.longQueryTime,
	sqlModeSpec([
		`ONLY_FULL_GROUP_BY,${usualMode}`,
		usualMode,
		'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION',
		'NO_ENGINE_SUBSTITUTION',
	]),
	settingSpecs.flushLog,
	{
		key: 'innodb_redo_log_capacity',
		type: 'number',
		unit: 'bytes',
		min: 8 * MIB,
		max: 128 * GIB,
		isInteger: true,
		offValue: null,
		needsRestart: false,
	},
	settingSpecs.tmpTableSize,
	settingSpecs.maxHeapTableSize,
	{ key: 'performance_schema', type: 'boolean', needsRestart: true },
	settingSpecs.binlog,
	settingSpecs.keepBinlog,
];

/** The part of the memory that holds pages of tables and indexes. */
function poolMib(limitMib: number): number {
	if (limitMib < 1024) return Math.floor(limitMib / 4);
	return Math.floor(limitMib * (limitMib < 4096 ? 0.45 : 0.65));
}

/**
 * What follows from the memory: below 1 GiB the server's own statistics would take most of it, so they are off. 400,000 rows inserted
 * and counted stay within 512 MiB and 1 GiB so.
 */
export function profile({ memoryBytes }: { memoryBytes: number }): SettingValues {
	const limitMib = toMib(memoryBytes);
	return {
		max_connections: connectionsFor(limitMib),
		innodb_buffer_pool_size: poolMib(limitMib) * MIB,
		performance_schema: limitMib >= 1024,
		log_bin: false,
	};
}

export const mysqlConfigurable = familyConfigurable({
	settings: () => settings,
	profile,
	// Kept by the server in a file of its own, which goes before arguments.
	setSql: (key, value) =>
		value === null
			? [`RESET PERSIST IF EXISTS ${key}`, `SET GLOBAL ${key} = DEFAULT`]
			: [`SET PERSIST ${key} = ${value}`],
});
