import type { SettingSpec, SettingValues } from '$lib/shared/settings';
import type { Db } from '../../db/client';
import type { EngineDefinition } from '../../engines/engine';
import type { Logger } from '../../log';
import type { EngineBroker } from '../broker';
import { inTime } from '../concurrency';
import { getService, type ServiceRow } from '../repository';
import type { ServiceSecrets } from '../secrets';
import { configurableOf } from './change';
import type { LiveSettings } from './live';
import type { SettingView } from './views';

/** A page waits no longer than this for the engine. */
const ANSWER_LIMIT_MS = 3_000;

export type SettingsReaderDeps = {
	db: Db;
	broker: Pick<EngineBroker, 'target'>;
	secrets: Pick<ServiceSecrets, 'root'>;
	live: LiveSettings;
	engineById: (id: string) => EngineDefinition;
	log: Logger;
};

/** The settings of services: what is asked for and what is in force. */
export class SettingsReader {
	readonly #deps: SettingsReaderDeps;

	constructor(deps: SettingsReaderDeps) {
		this.#deps = deps;
	}

	/** In the engine's order. Throws NOT_FOUND, NOT_SUPPORTED. */
	async read(serviceId: string): Promise<SettingView[]> {
		const service = getService(this.#deps.db, serviceId);
		const configurable = configurableOf(this.#deps.engineById(service.engine), service.version);
		const actual = await this.#actual(service);
		const profile = configurable.profile(service);
		return configurable
			.settings(service.version)
			.map((spec) => this.#view(service, spec, { profile, actual }));
	}

	#view(
		service: ServiceRow,
		spec: SettingSpec,
		{ profile, actual }: { profile: SettingValues; actual: SettingValues },
	): SettingView {
		const { key } = spec;
		const wanted = service.settings[key] ?? profile[key];
		const value = actual[key];
		const isKnown = wanted !== undefined && value !== undefined && service.desiredState === 'running';
		const isPending =
			isKnown && wanted !== value && !this.#deps.live.isRounded(service.id, key, { wanted, actual: value });
		return {
			spec,
			profileValue: profile[key] ?? null,
			declaredValue: service.settings[key] ?? null,
			actualValue: value ?? null,
			isPending,
		};
	}

	/** Nothing while it does not answer. */
	async #actual(service: ServiceRow): Promise<SettingValues> {
		const { broker, secrets, engineById, log } = this.#deps;
		const ask = async () => {
			const target = await broker.target(service, secrets.root(service.id));
			return (await engineById(service.engine).configurable?.read(target)) ?? {};
		};
		try {
			return (await inTime(ask(), ANSWER_LIMIT_MS)) ?? {};
		} catch (error) {
			log.debug('settings not read', { service: service.id, error });
			return {};
		}
	}
}
