import type { SettingSpec, SettingValues } from '$lib/shared/settings';
import { GIB, MIB } from '$lib/shared/units';
import { connectionsFor, toMib } from '../mysql-family/container';
import { familyConfigurable, settingSpecs, sqlModeSpec } from '../mysql-family/settings';

const usualMode = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION';

const settings: SettingSpec[] = [
	settingSpecs.maxConnections,
	settingSpecs.bufferPool,
	settingSpecs.maxAllowedPacket,
	settingSpecs.waitTimeout,
	{
		key: 'max_statement_time',
		type: 'number',
		unit: 'seconds',
		min: 0.1,
		max: 31_536_000,
		isInteger: false,
		offValue: 0,
		needsRestart: false,
	},
	settingSpecs.slowQueryLog,
	settingSpecs.longQueryTime,
	sqlModeSpec([
		usualMode,
		`ONLY_FULL_GROUP_BY,${usualMode}`,
		'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION',
		'NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION',
	]),
	settingSpecs.flushLog,
	{
		key: 'innodb_log_file_size',
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
	settingSpecs.binlog,
	settingSpecs.keepBinlog,
];

/** The part of the memory that holds pages of tables and indexes. */
function poolMib(limitMib: number): number {
	if (limitMib < 512) return Math.floor(limitMib * 0.37);
	return Math.floor(limitMib * (limitMib < 2048 ? 0.5 : 0.65));
}

/** What follows from the memory; 400,000 rows inserted and counted stay within 256 and 512 MiB so. */
export function profile({ memoryBytes }: { memoryBytes: number }): SettingValues {
	const limitMib = toMib(memoryBytes);
	return {
		max_connections: connectionsFor(limitMib),
		innodb_buffer_pool_size: poolMib(limitMib) * MIB,
		log_bin: false,
	};
}

export const mariadbConfigurable = familyConfigurable({
	settings: () => settings,
	profile,
	// The server keeps none of them over a restart.
	setSql: (key, value) => [`SET GLOBAL ${key} = ${value ?? 'DEFAULT'}`],
});
