import { setTimeout as delay } from 'node:timers/promises';
import type { SettingSpec, SettingValue, SettingValues } from '$lib/shared/settings';
import { settingProblem } from '$lib/shared/settings';
import { AppError } from '../../errors';
import type { Configurable, EngineTarget } from '../engine';
import { Connection } from './connection';
import { maxMemoryBytes } from './container';
import { refusalText, toEngineError } from './errors';
import { asMap, asText, parseInfo } from './replies';
import { EVENTS, eventsInOrder, settings } from './settings';

/** How long a snapshot or a rewritten log of a full server may take. */
const writeLimitMs = 10 * 60_000;
const pollMs = 50;

/** The server's own, for those that somebody takes back; the log of changes is on, as in a new server of ours. */
const defaults: SettingValues = {
	maxmemory: 0,
	'maxmemory-policy': 'noeviction',
	appendonly: true,
	appendfsync: 'everysec',
	save: '3600 1 300 100 60 10000',
	maxclients: 10_000,
	timeout: 0,
	'tcp-keepalive': 300,
	'slowlog-log-slower-than': 10_000,
	[EVENTS]: '',
};

function written(value: SettingValue): string {
	return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
}

/** A value as the server tells it, in the setting's type. */
function parsed(spec: SettingSpec, text: string): SettingValue {
	if (spec.type === 'boolean') return text === 'yes';
	if (spec.key === EVENTS) return eventsInOrder(text);
	return spec.type === 'number' ? Number(text) : text;
}

async function readAll(connection: Connection): Promise<SettingValues> {
	const keys = settings.map(({ key }) => key);
	const found = asMap(await connection.call('CONFIG', 'GET', ...keys));
	return Object.fromEntries(
		settings.flatMap((spec) => {
			const text = found.get(spec.key);
			return text === undefined ? [] : [[spec.key, parsed(spec, asText(text))]];
		}),
	);
}

async function persistence(connection: Connection): Promise<Map<string, string>> {
	return parseInfo(asText(await connection.call('INFO', 'persistence')));
}

/** Waits for what the server writes in the background. Throws SETTING_REFUSED when it fails. */
async function waitUntilWritten(connection: Connection, kind: 'aof_rewrite' | 'rdb_bgsave'): Promise<void> {
	const deadline = Date.now() + writeLimitMs;
	for (;;) {
		const info = await persistence(connection);
		const isBusy =
			info.get(`${kind}_in_progress`) === '1' ||
			(kind === 'aof_rewrite' && info.get('aof_rewrite_scheduled') === '1');
		if (!isBusy) {
			const status = info.get(
				kind === 'aof_rewrite' ? 'aof_last_bgrewrite_status' : 'rdb_last_bgsave_status',
			);
			if (status === 'ok') return;
			throw new AppError('SETTING_REFUSED', {
				details: { key: 'appendonly' },
				message: `${kind}: ${status ?? ''}`,
			});
		}
		if (Date.now() > deadline)
			throw new AppError('SETTING_REFUSED', {
				details: { key: 'appendonly' },
				message: `${kind} takes too long`,
			});
		await delay(pollMs);
	}
}

/**
 * The log of changes, turned on or off in the running server: one that is started with it turned on reads the log only, and without
 * one comes up empty. So the log is whole before the configuration file speaks of it, and a snapshot is whole before it is let go.
 */
async function setAppendOnly(connection: Connection, isOn: boolean): Promise<void> {
	if (!isOn && (await persistence(connection)).get('aof_enabled') === '1') {
		await connection.call('BGSAVE', 'SCHEDULE');
		await waitUntilWritten(connection, 'rdb_bgsave');
	}
	await connection.call('CONFIG', 'SET', 'appendonly', written(isOn));
	if (isOn) await waitUntilWritten(connection, 'aof_rewrite');
}

async function withConnection<T>(
	target: EngineTarget,
	use: (connection: Connection) => Promise<T>,
): Promise<T> {
	let connection: Connection | null = null;
	try {
		connection = await Connection.open(target);
		return await use(connection);
	} catch (error) {
		throw toEngineError(error);
	} finally {
		connection?.close();
	}
}

/** The values to set, by key, checked against the list of what can be changed at all. Throws SETTING_INVALID. */
function wantedValues(values: Record<string, SettingValue | null>): [string, SettingValue][] {
	return Object.entries(values).map(([key, value]) => {
		const spec = settings.find((candidate) => candidate.key === key && !candidate.needsRestart);
		const wanted = value ?? defaults[key];
		if (!spec || wanted === undefined || (value !== null && settingProblem(spec, value) !== null))
			throw new AppError('SETTING_INVALID', { details: { key } });
		return [key, wanted];
	});
}

/** The server names the setting: "CONFIG SET failed (possibly related to argument 'maxclients') - ..." */
function refusedKey(error: unknown, keys: string[]): string {
	const named = /argument '([^']*)'/.exec(refusalText(error) ?? '')?.[1];
	return keys.find((key) => key === named) ?? keys[0] ?? '';
}

type Values = [string, SettingValue][];

/** All but the log of changes go together, or not at all. Throws SETTING_REFUSED. */
async function setAll(connection: Connection, values: Values): Promise<void> {
	const together = values.filter(([key]) => key !== 'appendonly');
	const appendOnly = values.find(([key]) => key === 'appendonly');
	try {
		const args = together.flatMap(([key, value]) => [key, written(value)]);
		if (args.length > 0) await connection.call('CONFIG', 'SET', ...args);
		if (appendOnly) await setAppendOnly(connection, appendOnly[1] === true);
		await connection.call('CONFIG', 'REWRITE');
	} catch (error) {
		const fault = toEngineError(error);
		if (fault.code !== 'ENGINE_REFUSED') throw fault;
		const key = refusedKey(
			error,
			values.map(([name]) => name),
		);
		throw new AppError('SETTING_REFUSED', { cause: fault, details: { key } });
	}
}

async function apply(connection: Connection, wanted: Values): Promise<void> {
	const before = await readAll(connection);
	const changes = wanted.filter(([key, value]) => before[key] !== value);
	if (changes.length === 0) return;
	try {
		await setAll(connection, changes);
	} catch (error) {
		const former = changes.flatMap(([key]): Values => {
			const value = before[key];
			return value === undefined ? [] : [[key, value]];
		});
		if (connection.isOpen) await setAll(connection, former).catch(() => undefined);
		throw error;
	}
}

export const redisConfigurable: Configurable = {
	settings: () => settings,
	profile: ({ memoryBytes }) => ({ maxmemory: maxMemoryBytes(memoryBytes) }),
	read: (target) => withConnection(target, readAll),
	async apply(target, values) {
		const wanted = wantedValues(values);
		await withConnection(target, (connection) => apply(connection, wanted));
	},
};
