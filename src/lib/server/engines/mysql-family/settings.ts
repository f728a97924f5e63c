import type { SettingSpec } from '$lib/shared/settings';
import { GIB, KIB, MIB } from '$lib/shared/units';
import type { Configurable } from '../engine';

/** The most connections a container has threads for. */
export const MAX_CONNECTIONS = 2_000;

type NumberSpec = Extract<SettingSpec, { type: 'number' }>;

function number(
	key: string,
	spec: Pick<NumberSpec, 'unit' | 'min' | 'max'> & Partial<NumberSpec>,
): SettingSpec {
	return { type: 'number', needsRestart: false, isInteger: true, offValue: null, ...spec, key };
}

export const settingSpecs = {
	maxConnections: number('max_connections', { unit: 'count', min: 10, max: MAX_CONNECTIONS }),
	bufferPool: number('innodb_buffer_pool_size', { unit: 'bytes', min: 32 * MIB, max: 1024 * GIB }),
	maxAllowedPacket: number('max_allowed_packet', { unit: 'bytes', min: 64 * KIB, max: GIB }),
	waitTimeout: number('wait_timeout', { unit: 'seconds', min: 30, max: 31_536_000 }),
	slowQueryLog: { key: 'slow_query_log', type: 'boolean', needsRestart: false },
	longQueryTime: number('long_query_time', { unit: 'seconds', min: 0.001, max: 3_600, isInteger: false }),
	flushLog: {
		key: 'innodb_flush_log_at_trx_commit',
		type: 'choice',
		choices: ['1', '2', '0'],
		needsRestart: false,
	},
	tmpTableSize: number('tmp_table_size', { unit: 'bytes', min: MIB, max: 16 * GIB }),
	maxHeapTableSize: number('max_heap_table_size', { unit: 'bytes', min: MIB, max: 16 * GIB }),
	keepBinlog: number('binlog_expire_logs_seconds', {
		unit: 'seconds',
		min: 3_600,
		max: 8_553_600,
		offValue: 0,
	}),
	binlog: { key: 'log_bin', type: 'boolean', needsRestart: true },
} as const satisfies Record<string, SettingSpec>;

/**
 * The mode as a choice of whole lists, in the server's own order. Free text would let in ANSI_QUOTES and NO_BACKSLASH_ESCAPES, under
 * which drivers that quote on their own, as most do, can be injected.
 */
export function sqlModeSpec(choices: string[]): SettingSpec {
	return { key: 'sql_mode', type: 'choice', choices, needsRestart: false };
}

/** Settings of one engine, and how a value is set so that it lasts; null goes back to the server's own default. */
export type SettableEngine = {
	settings(version: string): SettingSpec[];
	setSql: (key: string, value: string | null) => string[];
};

/** The settings of one engine: what they are, what follows from the memory, and how they are read and set. */
export function familyConfigurable(
	engine: SettableEngine & { profile: Configurable['profile'] },
): Configurable {
	return {
		settings: engine.settings,
		profile: engine.profile,
		read: async (target) => (await import('./live-settings')).read(engine, target),
		apply: async (target, values) => (await import('./live-settings')).apply(engine, target, values),
	};
}
