import { describe, expect, it } from 'vitest';
import { settingProblem } from '$lib/shared/settings';
import { GIB, memoryPresetsBytes, MIB } from '$lib/shared/units';
import { Secret } from '../../secret';
import { startSettings } from '../../services/settings-of';
import type { DatabaseEngineDefinition } from '../engine';
import { mariadb } from '../mariadb/definition';
import { mysql } from '../mysql/definition';

const bootstrapPassword = new Secret('throw-away');

function parts(engine: DatabaseEngineDefinition, version: string, memoryBytes: number) {
	if (!engine.configurable) throw new Error('it has settings');
	const declared = { version, memoryBytes, settings: {} };
	return {
		profile: engine.configurable.profile({ version, memoryBytes }),
		specs: engine.configurable.settings(version),
		spec: engine.lifecycle.containerSpec({
			version,
			memoryBytes,
			bootstrapPassword,
			settings: startSettings(engine, declared),
		}),
	};
}

describe.each([mysql, mariadb])('$label', (engine) => {
	const [{ version } = { version: '' }] = engine.versions;
	const sizes = memoryPresetsBytes.filter((bytes) => bytes >= engine.lifecycle.minMemoryBytes);

	it.each(sizes)('keeps pool and connections within %d bytes', (memoryBytes) => {
		const { profile, specs, spec } = parts(engine, version, memoryBytes);
		const pool = Number(profile.innodb_buffer_pool_size);
		expect(pool / memoryBytes).toBeLessThanOrEqual(0.65);
		expect(pool + Number(profile.max_connections) * MIB).toBeLessThanOrEqual(memoryBytes);
		for (const [key, value] of Object.entries(profile)) {
			const known = specs.find((one) => one.key === key);
			expect([key, known && settingProblem(known, value)]).toEqual([key, null]);
		}
		expect(spec.command).toContain(`--innodb-buffer-pool-size=${pool}`);
		expect(spec.pidsLimit).toBeGreaterThan(2_000);
	});

	it('has the bootstrap password nowhere but in its variable', () => {
		const { spec } = parts(engine, version, GIB);
		expect(Object.values(spec.env)).toContain('throw-away');
		expect(JSON.stringify({ ...spec, env: {} })).not.toContain('throw-away');
	});

	it('refuses the modes under which quoting by drivers can be injected', () => {
		const mode = parts(engine, version, GIB).specs.find(({ key }) => key === 'sql_mode');
		if (mode?.type !== 'choice') throw new Error('a choice');
		for (const value of ['ANSI_QUOTES', 'NO_BACKSLASH_ESCAPES', 'ANSI', `${mode.choices[0]},ANSI_QUOTES`]) {
			expect(settingProblem(mode, value)).toBe('choice');
		}
		expect(mode.choices.join()).not.toMatch(/ANSI|BACKSLASH|ORACLE|MSSQL/);
	});

	it('offers its versions by official tag, one of them by default', () => {
		expect(engine.versions.map((one) => one.image)).toEqual(
			engine.versions.map((one) => `${engine.id}:${one.version}`),
		);
		expect(engine.versions.filter((one) => one.isDefault)).toEqual([engine.versions[0]]);
	});
});

describe('performance_schema', () => {
	it('is off where it would take most of the memory, unless it is asked for', () => {
		expect(parts(mysql, '9', 512 * MIB).spec.command).toContain('--performance-schema=OFF');
		expect(parts(mysql, '9', GIB).spec.command).toContain('--performance-schema=ON');
		const settings = { performance_schema: true };
		const asked = mysql.lifecycle.containerSpec({
			version: '9',
			memoryBytes: 512 * MIB,
			bootstrapPassword,
			settings,
		});
		expect(asked.command).toContain('--performance-schema=ON');
	});

	it('is the reason why such a server has no slow statements', () => {
		const reasonAt = (memoryBytes: number, settings = {}) =>
			mysql.databaseAdmin?.capabilities('9', startSettings(mysql, { version: '9', memoryBytes, settings }))
				.slowQueries;
		expect(reasonAt(512 * MIB)).toBe('statementsOff');
		expect(reasonAt(512 * MIB, { performance_schema: true })).toBeNull();
		expect(reasonAt(GIB)).toBeNull();
		expect(reasonAt(GIB, { performance_schema: false })).toBe('statementsOff');
		expect(mysql.databaseAdmin?.capabilities('9').slowQueries).toBeNull();
	});
});
