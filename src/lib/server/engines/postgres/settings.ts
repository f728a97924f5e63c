import type { SettingSpec, SettingValue, SettingValues } from '$lib/shared/settings';
import { GIB, KIB, MIB } from '$lib/shared/units';
import { memoryProfile } from './memory';

type NumberSpec = Extract<SettingSpec, { type: 'number' }>;
type Range = Pick<NumberSpec, 'key' | 'min' | 'max'> & Partial<Pick<NumberSpec, 'offValue' | 'needsRestart'>>;

const number = (unit: NumberSpec['unit'], range: Range): NumberSpec => ({
	...{ type: 'number', unit, isInteger: unit !== 'factor', offValue: null, needsRestart: false },
	...range,
});
const timeout = (key: string, min = 100): NumberSpec =>
	number('milliseconds', { key, min, max: 7 * 86_400_000, offValue: 0 });

const needsRestart = true;

/** The first version that has it, by key; the others are in all of them. */
const since: Record<string, number> = { transaction_timeout: 17 };

/** Every setting that can be changed, in the order in which they are shown; no value of any stops the next start. */
const specs: SettingSpec[] = [
	number('count', { key: 'max_connections', min: 20, max: 2_000, needsRestart }),
	number('bytes', { key: 'shared_buffers', min: 16 * MIB, max: 256 * GIB, needsRestart }),
	number('bytes', { key: 'work_mem', min: 64 * KIB, max: 4 * GIB }),
	number('bytes', { key: 'maintenance_work_mem', min: MIB, max: 16 * GIB }),
	number('bytes', { key: 'effective_cache_size', min: 8 * MIB, max: 1_024 * GIB }),
	number('bytes', { key: 'max_wal_size', min: 64 * MIB, max: 256 * GIB }),
	number('factor', { key: 'random_page_cost', min: 0.1, max: 100 }),
	timeout('statement_timeout'),
	// It holds while a session begins too, before any setting of the session's own: the first one to a new database takes its time.
	timeout('transaction_timeout', 10_000),
	timeout('idle_in_transaction_session_timeout'),
	timeout('idle_session_timeout'),
	// Less would log nearly every statement with all that stands in it, and operators read the log.
	number('milliseconds', { key: 'log_min_duration_statement', min: 100, max: 86_400_000, offValue: -1 }),
	// Not `minimal`: with senders of the log configured, which is the default, the server does not start.
	{ key: 'wal_level', type: 'choice', choices: ['replica', 'logical'], needsRestart },
];

export function settingsOf(version: string): SettingSpec[] {
	return specs.filter(({ key }) => Number(version) >= (since[key] ?? 0));
}

/** What follows from the memory size, in the settings' own units. */
export function profileValues({ memoryBytes }: { memoryBytes: number }): SettingValues {
	const profile = memoryProfile(memoryBytes);
	return {
		max_connections: profile.maxConnections,
		shared_buffers: profile.sharedBuffersMib * MIB,
		work_mem: profile.workMemMib * MIB,
		maintenance_work_mem: profile.maintenanceWorkMemMib * MIB,
		effective_cache_size: profile.effectiveCacheSizeMib * MIB,
	};
}

/** The value as the server takes it, such as `65536kB`. */
export function toServer(spec: SettingSpec, value: SettingValue): string {
	if (spec.type !== 'number' || value === spec.offValue) return String(value);
	return spec.unit === 'bytes' ? `${Math.round(Number(value) / KIB)}kB` : String(value);
}

const serverUnits: Record<string, number> = { '8kB': 8 * KIB, kB: KIB, MB: MIB };

/** The server's value, which it gives in a unit of its own, in the setting's. */
export function fromServer(spec: SettingSpec, setting: string, serverUnit: string | null): SettingValue {
	if (spec.type !== 'number') return setting;
	const value = Number(setting);
	return value === spec.offValue ? value : value * (serverUnits[serverUnit ?? ''] ?? 1);
}
