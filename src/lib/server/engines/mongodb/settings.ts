import type { SettingSpec, SettingUnit, SettingValue } from '$lib/shared/settings';
import { GIB, MIB } from '$lib/shared/units';

/** Set with `setParameter`, or with the profiler's command, which also says what counts as slow in the log. */
type Way = 'argument' | 'parameter' | 'profiler';

export type MongoSetting = {
	spec: SettingSpec;
	way: Way;
	/** The server's own; null where the memory size gives one. */
	defaultValue: SettingValue | null;
};

function number(
	key: string,
	way: Way,
	defaultValue: number | null,
	range: { unit: SettingUnit; min: number; max: number; isInteger?: boolean },
): MongoSetting {
	const { isInteger = true, ...rest } = range;
	const needsRestart = way === 'argument';
	return {
		spec: { type: 'number', key, needsRestart, isInteger, offValue: null, ...rest },
		way,
		defaultValue,
	};
}

function boolean(key: string, defaultValue: boolean): MongoSetting {
	return { spec: { type: 'boolean', key, needsRestart: false }, way: 'parameter', defaultValue };
}

const hourMs = 3_600_000;

/** Those that mean something to one server without replicas; by the names of the vendor's configuration and parameters. */
export const mongoSettings: MongoSetting[] = [
	number('cacheSizeGB', 'argument', null, { unit: 'count', min: 0.25, max: 1024, isInteger: false }),
	number('maxIncomingConnections', 'argument', null, { unit: 'count', min: 5, max: 20_000 }),
	// Less would log nearly every operation with all that stands in it, and operators read the log; `logLevel` is left out as from 1 on
	// it logs every one.
	number('slowOpThresholdMs', 'profiler', 100, { unit: 'milliseconds', min: 50, max: hourMs }),
	number('slowOpSampleRate', 'profiler', 1, { unit: 'factor', min: 0, max: 1, isInteger: false }),
	number('cursorTimeoutMillis', 'parameter', 600_000, { unit: 'milliseconds', min: 1_000, max: 24 * hourMs }),
	number('internalQueryMaxBlockingSortMemoryUsageBytes', 'parameter', 100 * MIB, {
		unit: 'bytes',
		min: MIB,
		max: 64 * GIB,
	}),
	number('maxIndexBuildMemoryUsageMegabytes', 'parameter', 200, { unit: 'count', min: 50, max: 65_536 }),
	boolean('allowDiskUseByDefault', true),
	boolean('ttlMonitorEnabled', true),
	number('ttlMonitorSleepSecs', 'parameter', 60, { unit: 'seconds', min: 1, max: 86_400 }),
	number('journalCommitInterval', 'parameter', 100, { unit: 'milliseconds', min: 1, max: 500 }),
];

/** Undefined for a key that is none of ours. */
export function findSetting(key: string): MongoSetting | undefined {
	return mongoSettings.find((setting) => setting.spec.key === key);
}
