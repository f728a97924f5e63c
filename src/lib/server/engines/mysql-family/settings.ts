import {
	settingProblem,
	type SettingSpec,
	type SettingValue,
	type SettingValues,
} from '$lib/shared/settings';
import { GIB, KIB, MIB } from '$lib/shared/units';
import { AppError, isAppError } from '../../errors';
import type { Configurable, EngineTarget } from '../engine';
import { withLogin, type Query } from './connections';
import { toEngineError } from './errors';
import { identifier, literal } from './quote';

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

function valueSql(value: SettingValue): string {
	if (typeof value === 'boolean') return value ? '1' : '0';
	if (typeof value === 'number' || /^\d+$/.test(value)) return String(value);
	return literal(value);
}

function fromServer(spec: SettingSpec, value: unknown): SettingValue {
	switch (spec.type) {
		case 'number':
			return Number(value);
		case 'boolean':
			return Number(value) === 1 || value === 'ON';
		case 'choice':
		case 'text':
			return String(value);
	}
}

async function readAll(query: Query, specs: readonly SettingSpec[]): Promise<SettingValues> {
	const columns = specs.map(({ key }) => `@@GLOBAL.${key} AS ${identifier(key)}`);
	const [row] = await query(`SELECT ${columns.join(', ')}`);
	return Object.fromEntries(specs.map((spec) => [spec.key, fromServer(spec, row?.[spec.key])]));
}

/** How a value is set so that it lasts; null goes back to the server's own default. */
export type SetSql = (key: string, value: string | null) => string[];

function specFor(specs: readonly SettingSpec[], key: string, value: SettingValue | null): SettingSpec {
	const spec = specs.find((one) => one.key === key);
	if (!spec || spec.needsRestart || (value !== null && settingProblem(spec, value) !== null)) {
		throw new AppError('SETTING_REFUSED', { details: { key } });
	}
	return spec;
}

/** Numbers may be rounded to what the server counts in; anything else must be what was asked for. */
function isInForce(wanted: SettingValue | null, actual: SettingValue | undefined): boolean {
	return wanted === null || typeof wanted === 'number' || wanted === actual;
}

async function setAll(
	query: Query,
	{
		specs,
		values,
		setSql,
	}: { specs: SettingSpec[]; values: Record<string, SettingValue | null>; setSql: SetSql },
): Promise<void> {
	const before = await readAll(query, specs);
	const done: string[] = [];
	try {
		for (const { key } of specs) {
			const value = values[key] ?? null;
			done.push(key);
			try {
				for (const sql of setSql(key, value === null ? null : valueSql(value))) await query(sql);
			} catch (error) {
				throw new AppError('SETTING_REFUSED', { cause: toEngineError(error), details: { key } });
			}
		}
		const after = await readAll(query, specs);
		const idle = specs.find(({ key }) => !isInForce(values[key] ?? null, after[key]));
		if (idle) throw new AppError('SETTING_REFUSED', { details: { key: idle.key } });
	} catch (error) {
		for (const key of done.reverse()) {
			const value = before[key];
			if (value === undefined) continue;
			for (const sql of setSql(key, valueSql(value))) await query(sql).catch(() => undefined);
		}
		throw error;
	}
}

/** The settings of one engine: what they are, what follows from the memory, and how they are read and set. */
export function familyConfigurable(engine: {
	settings(version: string): SettingSpec[];
	profile: Configurable['profile'];
	setSql: SetSql;
}): Configurable {
	async function onServer<T>(target: EngineTarget, work: (query: Query) => Promise<T>): Promise<T> {
		try {
			return await withLogin(target, work);
		} catch (error) {
			if (isAppError(error, 'SETTING_REFUSED')) throw error;
			throw toEngineError(error);
		}
	}
	return {
		settings: engine.settings,
		profile: engine.profile,
		read: (target) => onServer(target, (query) => readAll(query, engine.settings(target.version))),
		async apply(target, values) {
			const all = engine.settings(target.version);
			const specs = Object.entries(values).map(([key, value]) => specFor(all, key, value));
			if (specs.length > 0)
				await onServer(target, (query) => setAll(query, { specs, values, setSql: engine.setSql }));
		},
	};
}
