import { escapeIdentifier, escapeLiteral } from 'pg';
import { z } from 'zod';
import type { SettingSpec, SettingValue, SettingValues } from '$lib/shared/settings';
import { AppError } from '../../errors';
import type { Configurable, EngineTarget } from '../engine';
import { withLogin, withRoot, type Query } from './connections';
import { toEngineError } from './errors';
import { ROOT_DATABASE } from './names';
import { rowsAs } from './rows';
import { fromServer, profileValues, settingsOf, toServer } from './settings';

const settingRow = z.object({ key: z.string(), setting: z.string(), unit: z.string().nullable() });
const readSql = `SELECT name AS key, setting, unit FROM pg_catalog.pg_settings WHERE name = ANY ($1::text[])`;

/** Not as our other sessions, which give some of these settings values of their own. */
async function read(target: EngineTarget): Promise<SettingValues> {
	const specs = settingsOf(target.version);
	const keys = specs.map((spec) => spec.key);
	try {
		const found = await withLogin({ ...target, database: ROOT_DATABASE }, (query) => query(readSql, [keys]));
		const values = rowsAs(settingRow, found).flatMap(({ key, setting, unit }) => {
			const spec = specs.find((candidate) => candidate.key === key);
			return spec ? [[key, fromServer(spec, setting, unit)] as const] : [];
		});
		return Object.fromEntries(values);
	} catch (error) {
		throw toEngineError(error);
	}
}

type Change = { key: string; /** Null: back to the server's own default. */ text: string | null };

function alterSql({ key, text }: Change): string {
	const name = escapeIdentifier(key);
	return text === null ? `ALTER SYSTEM RESET ${name}` : `ALTER SYSTEM SET ${name} = ${escapeLiteral(text)}`;
}

const fileRow = z.object({ key: z.string(), text: z.string() });
/** What earlier changes wrote. */
const fileSql = `
SELECT name AS key, setting AS text FROM pg_file_settings
WHERE sourcefile LIKE '%/postgresql.auto.conf' AND name = ANY ($1::text[])`;
/** One that the server would not take at the next reload or start. */
const faultySql = `SELECT name AS key FROM pg_file_settings WHERE error IS NOT NULL AND name = ANY ($1::text[]) LIMIT 1`;

/** Writes all changes, or leaves the file as it was. Throws SETTING_REFUSED. */
async function write(query: Query, changes: Change[]): Promise<void> {
	const keys = changes.map((change) => change.key);
	const before = rowsAs(fileRow, await query(fileSql, [keys]));
	let key = '';
	try {
		for (const change of changes) {
			key = change.key;
			await query(alterSql(change));
		}
		const [faulty] = rowsAs(z.object({ key: z.string() }), await query(faultySql, [keys]));
		if (faulty) throw new AppError('SETTING_REFUSED', { details: faulty });
	} catch (error) {
		for (const done of keys) {
			const text = before.find((row) => row.key === done)?.text ?? null;
			await query(alterSql({ key: done, text })).catch(() => undefined);
		}
		const fault = toEngineError(error);
		throw fault.code === 'ENGINE_REFUSED'
			? new AppError('SETTING_REFUSED', { cause: fault, details: { key } })
			: fault;
	}
}

function changeOf(spec: SettingSpec, value: SettingValue | null): Change {
	return { key: spec.key, text: value === null ? null : toServer(spec, value) };
}

async function apply(target: EngineTarget, values: Record<string, SettingValue | null>): Promise<void> {
	const live = settingsOf(target.version).filter((spec) => !spec.needsRestart);
	const changes = Object.entries(values).map(([key, value]) => {
		const spec = live.find((candidate) => candidate.key === key);
		if (!spec) throw new AppError('SETTING_REFUSED', { details: { key } });
		return changeOf(spec, value);
	});
	try {
		await withRoot(target, async (query) => {
			await write(query, changes);
			await query('SELECT pg_reload_conf()');
		});
	} catch (error) {
		throw toEngineError(error);
	}
}

/** Settings that need a restart are arguments of the container; the others are written by the server itself and reloaded. */
export const postgresConfigurable: Configurable = {
	settings: settingsOf,
	profile: profileValues,
	read,
	apply,
};
