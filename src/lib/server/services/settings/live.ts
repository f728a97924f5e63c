import { setTimeout as sleep } from 'node:timers/promises';
import type { SettingValue, SettingValues } from '$lib/shared/settings';
import type { Db } from '../../db/client';
import type { Configurable, EngineDefinition, EngineTarget } from '../../engines/engine';
import { AppError } from '../../errors';
import type { Logger } from '../../log';
import type { EngineBroker } from '../broker';
import { KeyedLock } from '../keyed-lock';
import { getService } from '../repository';
import type { ServiceSecrets } from '../secrets';
import { liveSettings, wantedSettings } from '../settings-of';
import type { SettingChanges } from './change';

export type LiveSettingsDeps = {
	db: Db;
	broker: Pick<EngineBroker, 'locate'>;
	secrets: Pick<ServiceSecrets, 'root'>;
	engineById: (id: string) => EngineDefinition;
	log: Logger;
};

/** An engine that reloads its settings answers with the new ones after a moment. */
const READ_BACK_MS = 3_000;
/** What is near by then is what the engine made of the number. */
const ROUNDED_MS = 500;
const READ_BACK_PAUSE_MS = 50;

type Applied = { startedAtMs: number; wanted: SettingValues; actual: SettingValues };

/** Sets those settings that need no restart in running engines: after each start, and when they change. */
export class LiveSettings {
	readonly #deps: LiveSettingsDeps;
	readonly #lock = new KeyedLock();
	readonly #applied = new Map<string, Applied>();

	constructor(deps: LiveSettingsDeps) {
		this.#deps = deps;
	}

	/** True unless the present start of the service's container has been given its settings. */
	isDue(engineId: string, serviceId: string, startedAt: Date | null): boolean {
		if (!this.#deps.engineById(engineId).configurable) return false;
		return this.#applied.get(serviceId)?.startedAtMs !== (startedAt?.getTime() ?? 0);
	}

	/**
	 * Sets what differs from what the service's row asks for, takes `resets` back to the engine's own defaults, and reads all back.
	 * Fine for an engine without settings. Throws SETTING_REFUSED with the `key`, SERVICE_NOT_RUNNING, ENGINE_UNREACHABLE.
	 */
	apply(serviceId: string, resets: string[] = []): Promise<void> {
		// One after the other, each with what the row says then: whoever comes last sets the newest values.
		return this.#lock.run(serviceId, () => this.#apply(serviceId, resets));
	}

	/** As `apply`, for those who can go on without. False when it failed. */
	async tryToApply(serviceId: string): Promise<boolean> {
		try {
			await this.apply(serviceId);
			return true;
		} catch (error) {
			this.#deps.log.warn('settings not applied', { service: serviceId, error });
			return false;
		}
	}

	/** True when the engine made `actual` of `wanted` when it was last set: many round to what they can do. */
	isRounded(
		serviceId: string,
		key: string,
		{ wanted, actual }: { wanted: SettingValue; actual: SettingValue },
	) {
		const applied = this.#applied.get(serviceId);
		return applied?.wanted[key] === wanted && applied.actual[key] === actual;
	}

	keepOnly(ids: ReadonlySet<string>): void {
		for (const id of this.#applied.keys()) if (!ids.has(id)) this.#applied.delete(id);
	}

	async #apply(serviceId: string, resets: string[]): Promise<void> {
		const { db, broker, engineById, secrets } = this.#deps;
		const service = getService(db, serviceId);
		const engine = engineById(service.engine);
		const { configurable } = engine;
		if (!configurable) return;
		const { target, startedAtMs } = await broker.locate(service, secrets.root(serviceId));
		const wanted = liveSettings(engine, service);
		const before = await configurable.read(target);
		const differing = Object.entries(wanted).filter(([key, value]) => before[key] !== value);
		const changes: SettingChanges = {
			...Object.fromEntries(resets.flatMap((key) => (key in wanted ? [] : [[key, null]]))),
			...Object.fromEntries(differing),
		};
		const isChanged = Object.keys(changes).length > 0;
		if (isChanged) await configurable.apply(target, changes);
		const actual = isChanged ? await readBack(configurable, target, { changes, before }) : before;
		this.#applied.set(serviceId, { startedAtMs, wanted: wantedSettings(engine, service), actual });
	}
}

type Changed = { changes: SettingChanges; before: SettingValues };

/** Throws SETTING_REFUSED when a value has not come to be in force. */
async function readBack(
	configurable: Configurable,
	target: EngineTarget,
	{ changes, before }: Changed,
): Promise<SettingValues> {
	const beganMs = Date.now();
	for (;;) {
		const actual = await configurable.read(target);
		const waitedMs = Date.now() - beganMs;
		const isOpen = ([key, wanted]: [string, SettingValue | null]) =>
			wanted !== null && !hasTaken(wanted, { actual: actual[key], before: before[key], waitedMs });
		const open = Object.entries(changes).find(isOpen);
		if (!open) return actual;
		if (waitedMs > READ_BACK_MS) throw new AppError('SETTING_REFUSED', { details: { key: open[0] } });
		await sleep(READ_BACK_PAUSE_MS);
	}
}

type Seen = { actual: SettingValue | undefined; before: SettingValue | undefined; waitedMs: number };

/** Engines round numbers, and write texts in a form of their own: what counts is that it is another value than before. */
function hasTaken(wanted: SettingValue, { actual, before, waitedMs }: Seen): boolean {
	if (actual === undefined || actual === wanted || actual !== before) return true;
	if (typeof actual !== 'number' || typeof wanted !== 'number') return false;
	return waitedMs > ROUNDED_MS && isNear(actual, wanted);
}

const isNear = (a: number, b: number) => a > 0 && b > 0 && a <= 2 * b && b <= 2 * a;
