import {
	settingProblem,
	type SettingSpec,
	type SettingValue,
	type SettingValues,
} from '$lib/shared/settings';
import type { Configurable, EngineDefinition } from '../../engines/engine';
import { AppError } from '../../errors';
import type { ServiceRow } from '../repository';
import { startSettings, wantedSettings } from '../settings-of';

export type SettingChanges = Record<string, SettingValue | null>;

/** The engine's settings. Throws NOT_SUPPORTED with `{ engine, capability, reason }` when it has none that people change. */
export function configurableOf(engine: EngineDefinition, version: string): Configurable {
	if (engine.configurable) return engine.configurable;
	const reason = engine.databaseAdmin?.capabilities(version).settings ?? null;
	throw new AppError('NOT_SUPPORTED', { details: { engine: engine.id, capability: 'settings', reason } });
}

/**
 * What is declared once `changes` are made; null takes a setting back to what follows from the memory size. Throws NOT_SUPPORTED, and
 * SETTING_INVALID with the `key` (and `min`, `max` of a number) for a setting that the engine does not have or a value it cannot take.
 */
export function declaredAfter(
	engine: EngineDefinition,
	service: Pick<ServiceRow, 'version' | 'settings'>,
	changes: SettingChanges,
): SettingValues {
	const specs = configurableOf(engine, service.version).settings(service.version);
	for (const [key, value] of Object.entries(changes)) {
		const spec = specs.find((candidate) => candidate.key === key);
		if (!spec) throw new AppError('SETTING_INVALID', { field: 'values', details: { key } });
		if (value !== null && settingProblem(spec, value) !== null) throw invalid(spec);
	}
	const declared = Object.entries({ ...service.settings, ...changes });
	return Object.fromEntries(
		declared.flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])),
	);
}

function invalid(spec: SettingSpec): AppError {
	const range = spec.type === 'number' ? { min: spec.min, max: spec.max } : {};
	return new AppError('SETTING_INVALID', { field: 'values', details: { key: spec.key, ...range } });
}

type Sized = Pick<ServiceRow, 'version' | 'memoryBytes'>;

/** Keys of the settings whose value differs and which take effect with a new start only. */
export function restartKeys(
	engine: EngineDefinition,
	service: Sized,
	{ before, after }: { before: SettingValues; after: SettingValues },
): string[] {
	const former = startSettings(engine, { ...service, settings: before });
	const next = startSettings(engine, { ...service, settings: after });
	return [...new Set([...Object.keys(former), ...Object.keys(next)])].filter(
		(key) => former[key] !== next[key],
	);
}

/** Keys of the settings that one of the two asks for and the other leaves to the engine: nothing but a reset brings those back. */
export function resetKeys(
	engine: EngineDefinition,
	service: Sized,
	{ before, after }: { before: SettingValues; after: SettingValues },
): string[] {
	const wanted = wantedSettings(engine, { ...service, settings: after });
	const live = engine.configurable?.settings(service.version).filter((spec) => !spec.needsRestart) ?? [];
	return live.flatMap(({ key }) => (key in before && wanted[key] === undefined ? [key] : []));
}
