import {
	settingProblem,
	type SettingSpec,
	type SettingValue,
	type SettingValues,
} from '$lib/shared/settings';
import { AppError, isAppError } from '../../errors';
import type { EngineTarget } from '../engine';
import { withLogin, type Query } from './connections';
import { toEngineError } from './errors';
import { identifier, literal } from './quote';
import type { SettableEngine } from './settings';

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
	}: { specs: SettingSpec[]; values: Record<string, SettingValue | null>; setSql: SettableEngine['setSql'] },
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

async function onServer<T>(target: EngineTarget, work: (query: Query) => Promise<T>): Promise<T> {
	try {
		return await withLogin(target, work);
	} catch (error) {
		if (isAppError(error, 'SETTING_REFUSED')) throw error;
		throw toEngineError(error);
	}
}

/** The values in force for new sessions. Throws ENGINE_UNREACHABLE. */
export function read({ settings }: SettableEngine, target: EngineTarget): Promise<SettingValues> {
	return onServer(target, (query) => readAll(query, settings(target.version)));
}

/** Sets what needs no restart, all or nothing. Throws SETTING_REFUSED, ENGINE_UNREACHABLE. */
export async function apply(
	{ settings, setSql }: SettableEngine,
	target: EngineTarget,
	values: Record<string, SettingValue | null>,
): Promise<void> {
	const all = settings(target.version);
	const specs = Object.entries(values).map(([key, value]) => specFor(all, key, value));
	if (specs.length > 0) await onServer(target, (query) => setAll(query, { specs, values, setSql }));
}
