import { z } from 'zod';
import {
	settingProblem,
	settingValueSchema,
	type SettingValue,
	type SettingValues,
} from '$lib/shared/settings';
import { AppError } from '../../errors';
import type { EngineTarget } from '../engine';
import { withRoot, type Command, type Run } from '../mongo-family/connections';
import { ADMIN_DATABASE } from '../mongo-family/names';
import { serverCode, toEngineError } from '../mongo-family/errors';
import { double, plainNumber } from '../mongo-family/numbers';
import { numeric, replyAs } from '../mongo-family/replies';
import { findSetting, mongoSettings, type MongoSetting } from './settings';

const optionsSchema = z.object({
	parsed: z.object({
		net: z.object({ maxIncomingConnections: numeric.optional() }).optional(),
		storage: z
			.object({
				wiredTiger: z
					.object({ engineConfig: z.object({ cacheSizeGB: numeric.optional() }).optional() })
					.optional(),
			})
			.optional(),
	}),
});
const profilerSchema = z.object({ slowms: numeric, sampleRate: numeric });

function known(values: Record<string, SettingValue | undefined>): SettingValues {
	return Object.fromEntries(
		Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
	);
}

/** The values of all settings that need no restart. */
async function readLive(run: Run): Promise<SettingValues> {
	const names = mongoSettings.filter((one) => one.way === 'parameter').map((one) => one.spec.key);
	const asked = Object.fromEntries(names.map((name) => [name, 1]));
	const parameters = await run(ADMIN_DATABASE, { getParameter: 1, ...asked });
	const profiler = replyAs(profilerSchema, await run(ADMIN_DATABASE, { profile: -1 }));
	return {
		slowOpThresholdMs: profiler.slowms,
		slowOpSampleRate: profiler.sampleRate,
		...known(Object.fromEntries(names.map((name) => [name, valueOf(parameters[name])]))),
	};
}

/** Undefined for what this version does not have. */
function valueOf(answered: unknown): SettingValue | undefined {
	return settingValueSchema.safeParse(plainNumber(answered)).data;
}

async function readAll(run: Run): Promise<SettingValues> {
	const { parsed } = replyAs(optionsSchema, await run(ADMIN_DATABASE, { getCmdLineOpts: 1 }));
	return {
		...known({
			cacheSizeGB: parsed.storage?.wiredTiger?.engineConfig?.cacheSizeGB,
			maxIncomingConnections: parsed.net?.maxIncomingConnections,
		}),
		...(await readLive(run)),
	};
}

/** Level 0: nothing is recorded in the database, slow operations are only logged. */
function profilerCommand(key: string, value: SettingValue): Command {
	if (key === 'slowOpThresholdMs') return { profile: 0, slowms: value };
	return { profile: 0, sampleRate: double(Number(value)) };
}

function commandFor({ spec, way }: MongoSetting, value: SettingValue): Command {
	return way === 'profiler' ? profilerCommand(spec.key, value) : { setParameter: 1, [spec.key]: value };
}

type Change = { setting: MongoSetting; value: SettingValue };

/** Throws SETTING_REFUSED for a key that cannot be set in the running server, or a value outside its range. */
function changesOf(values: Record<string, SettingValue | null>): Change[] {
	return Object.entries(values).map(([key, given]) => {
		const setting = findSetting(key);
		const value = given ?? setting?.defaultValue ?? null;
		const isPossible =
			setting !== undefined &&
			setting.way !== 'argument' &&
			value !== null &&
			settingProblem(setting.spec, value) === null;
		if (!isPossible) throw new AppError('SETTING_REFUSED', { details: { key } });
		return { setting, value };
	});
}

function refusalOf(key: string, error: unknown): AppError {
	const cause = toEngineError(error);
	return serverCode(error) === null ? cause : new AppError('SETTING_REFUSED', { cause, details: { key } });
}

/** Each by a command of its own, as the server takes them; what came before a refused one is set back. */
async function applyAll(run: Run, changes: Change[]): Promise<void> {
	const before = await readLive(run);
	const done: MongoSetting[] = [];
	for (const { setting, value } of changes) {
		try {
			await run(ADMIN_DATABASE, commandFor(setting, value));
			done.push(setting);
		} catch (error) {
			for (const earlier of done.reverse()) {
				const former = before[earlier.spec.key];
				if (former !== undefined) await run(ADMIN_DATABASE, commandFor(earlier, former));
			}
			throw refusalOf(setting.spec.key, error);
		}
	}
}

/** The values in force now. Throws ENGINE_UNREACHABLE. */
export async function read(target: EngineTarget): Promise<SettingValues> {
	try {
		return await withRoot(target, ({ run }) => readAll(run));
	} catch (error) {
		throw toEngineError(error);
	}
}

/** Sets what needs no restart, all or nothing. Throws SETTING_REFUSED, ENGINE_UNREACHABLE. */
export async function apply(
	target: EngineTarget,
	values: Record<string, SettingValue | null>,
): Promise<void> {
	const changes = changesOf(values);
	if (changes.length === 0) return;
	try {
		await withRoot(target, ({ run }) => applyAll(run, changes));
	} catch (error) {
		throw toEngineError(error);
	}
}
