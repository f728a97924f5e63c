import type { SettingValues } from '$lib/shared/settings';
import type { EngineDefinition } from '../engines/engine';
import type { ServiceRow } from './repository';

type Configured = Pick<ServiceRow, 'version' | 'memoryBytes' | 'settings'>;

/** The values a service is to have: what was declared, over what follows from its memory size. */
export function wantedSettings(engine: EngineDefinition, service: Configured): SettingValues {
	const { configurable } = engine;
	if (!configurable) return {};
	return { ...configurable.profile(service), ...service.settings };
}

function pick(engine: EngineDefinition, service: Configured, needsRestart: boolean): SettingValues {
	const wanted = wantedSettings(engine, service);
	const specs = engine.configurable?.settings(service.version) ?? [];
	return Object.fromEntries(
		specs.flatMap((spec) => {
			const value = wanted[spec.key];
			return spec.needsRestart === needsRestart && value !== undefined ? [[spec.key, value]] : [];
		}),
	);
}

/** Those that its container is started with. */
export function startSettings(engine: EngineDefinition, service: Configured): SettingValues {
	return pick(engine, service, true);
}

/** Those that are set in the running engine. */
export function liveSettings(engine: EngineDefinition, service: Configured): SettingValues {
	return pick(engine, service, false);
}
