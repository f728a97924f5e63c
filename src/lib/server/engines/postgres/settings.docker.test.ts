import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SettingValues } from '$lib/shared/settings';
import { MIB } from '$lib/shared/units';
import { startEngineServer, type EngineServer } from '../../testing/engine-server';
import { testedVersions } from '../../testing/postgres-server';
import { Secret } from '../../secret';
import { postgresConfigurable } from './configurable';
import { containerSpec } from './container';
import { withRoot } from './connections';
import { postgres } from './definition';
import { settingsOf } from './settings';

const memoryBytes = 256 * MIB;

describe.each(testedVersions)('settings of PostgreSQL %s', (version) => {
	let server: EngineServer;

	beforeAll(async () => {
		server = await startEngineServer(postgres, version, { memoryBytes });
	});
	afterAll(async () => {
		await server?.remove();
	});

	const read = () => postgresConfigurable.read(server.target);
	const apply = (values: Parameters<typeof postgresConfigurable.apply>[1]) =>
		postgresConfigurable.apply(server.target, values);

	/** A reload takes a moment. */
	async function expectInForce(values: SettingValues): Promise<void> {
		await expect.poll(read).toMatchObject(values);
	}

	it('begin as the arguments and the server have them', async () => {
		const values = await read();
		expect(Object.keys(values).sort()).toEqual(
			settingsOf(version)
				.map((spec) => spec.key)
				.sort(),
		);
		expect(values).toMatchObject({
			...{ max_connections: 32, shared_buffers: 64 * MIB, work_mem: 4 * MIB, wal_level: 'replica' },
			...{ statement_timeout: 0, log_min_duration_statement: -1, random_page_cost: 4 },
		});
	});

	it('are changed while it runs, outlast a restart, and go back', async () => {
		const wanted = {
			...{ work_mem: 8 * MIB, maintenance_work_mem: 32 * MIB, effective_cache_size: 192 * MIB },
			...{ max_wal_size: 512 * MIB, random_page_cost: 1.1, statement_timeout: 90_000 },
			...{ idle_session_timeout: 600_000, log_min_duration_statement: 250 },
		};
		await apply(wanted);
		await expectInForce(wanted);
		await server.restart();
		expect(await read()).toMatchObject(wanted);
		await apply({ work_mem: null, log_min_duration_statement: null, statement_timeout: null });
		await expectInForce({ work_mem: 4 * MIB, log_min_duration_statement: -1, statement_timeout: 0 });
		expect(await read()).toMatchObject({ random_page_cost: 1.1, idle_session_timeout: 600_000 });
	});

	it('do not bother the sessions of sh0', async () => {
		await apply({ statement_timeout: 100, idle_session_timeout: 100 });
		await expectInForce({ statement_timeout: 100 });
		expect(await withRoot(server.target, (query) => query('SELECT pg_sleep(0.3)'))).toHaveLength(1);
		await apply({ statement_timeout: null, idle_session_timeout: null });
		await expectInForce({ statement_timeout: 0, idle_session_timeout: 0 });
	});

	it('are taken all or none', async () => {
		await apply({ work_mem: 8 * MIB });
		await expectInForce({ work_mem: 8 * MIB });
		const both = apply({ work_mem: 16 * MIB, random_page_cost: -5 });
		await expect(both).rejects.toMatchObject({
			code: 'SETTING_REFUSED',
			details: { key: 'random_page_cost' },
		});
		const [row] = await withRoot(server.target, (query) =>
			query(`SELECT setting FROM pg_file_settings WHERE name = 'work_mem'`),
		);
		expect(row).toEqual({ setting: '8192kB' });
	});

	it.each(['shared_preload_libraries', 'max_connections', 'log_statement', 'a.b', `x'; --`])(
		'do not include %s',
		async (key) => {
			await expect(apply({ [key]: '1' })).rejects.toMatchObject({
				code: 'SETTING_REFUSED',
				details: { key },
			});
		},
	);

	it.each(['max', 'min'] as const)('all let it start at the %s of their range', async (end) => {
		const extremes = Object.fromEntries(
			settingsOf(version).map((spec) => [
				spec.key,
				spec.type === 'number' ? spec[end] : spec.type === 'choice' ? (spec.choices.at(-1) ?? '') : '',
			]),
		);
		const bootstrapPassword = new Secret('unused');
		const extreme = containerSpec({ version, memoryBytes, bootstrapPassword, settings: extremes });
		const live = settingsOf(version).filter((spec) => !spec.needsRestart);
		const other = await startEngineServer(postgres, version, {
			memoryBytes,
			tweak: (spec) => ({ ...spec, command: extreme.command, pidsLimit: extreme.pidsLimit }),
		});
		try {
			const values = Object.fromEntries(live.map(({ key }) => [key, extremes[key] ?? null]));
			await postgresConfigurable.apply(other.target, values);
			await other.restart();
			const bounded = { ...extremes, shared_buffers: end === 'max' ? memoryBytes / 2 : 16 * MIB };
			expect(await postgresConfigurable.read(other.target)).toEqual(bounded);
			await other.admin.createDatabase({ name: 'works', owner: null });
		} finally {
			await other.remove();
		}
	});
});
