import { describe, expect, it } from 'vitest';
import { settingProblem, type SettingValues } from '$lib/shared/settings';
import { GIB, memoryPresetsBytes, MIB } from '$lib/shared/units';
import { m } from '$lib/i18n/generated/messages';
import { Secret } from '../../secret';
import { containerSpec } from './container';
import { fromServer, profileValues, settingsOf, toServer } from './settings';

const versions = ['14', '15', '16', '17', '18'];

function argumentsWith(settings: SettingValues, memoryBytes = 256 * MIB): string[] {
	const bootstrapPassword = new Secret('throw-away');
	return containerSpec({ version: '18', memoryBytes, bootstrapPassword, settings }).command;
}

describe('settings', () => {
	it('are those that the version has', () => {
		const keysOf = (version: string) => settingsOf(version).map((spec) => spec.key);
		for (const version of versions) expect(keysOf(version).length).toBeGreaterThanOrEqual(12);
		expect(keysOf('16')).not.toContain('transaction_timeout');
		expect(keysOf('17')).toContain('transaction_timeout');
	});

	it('each have a sentence', () => {
		const texts = new Map(Object.entries(m));
		for (const { key } of settingsOf('18')) expect(texts.has(`setting_${key}`), key).toBe(true);
	});

	it.each(memoryPresetsBytes)('of %d bytes of memory are within their own ranges', (memoryBytes) => {
		const values = Object.entries(profileValues({ memoryBytes }));
		expect(values).toHaveLength(5);
		for (const [key, value] of values) {
			const spec = settingsOf('18').find((one) => one.key === key);
			expect([key, spec ? settingProblem(spec, value) : 'unknown']).toEqual([key, null]);
		}
	});

	it('never have the log hold nearly every statement', () => {
		const [spec] = settingsOf('18').filter(({ key }) => key === 'log_min_duration_statement');
		expect([0, 1, 99, 100, -1].map((value) => spec && settingProblem(spec, value))).toEqual([
			...['range', 'range', 'range', null, null],
		]);
	});

	it('survive the way to the server and back', () => {
		for (const spec of settingsOf('18')) {
			if (spec.type !== 'number') continue;
			expect(toServer(spec, spec.max)).toMatch(spec.unit === 'bytes' ? /^\d+kB$/ : /^[\d.]+$/);
			if (spec.offValue !== null) {
				expect(fromServer(spec, toServer(spec, spec.offValue), 'kB')).toBe(spec.offValue);
			}
		}
		const [buffers] = settingsOf('18').filter((spec) => spec.key === 'shared_buffers');
		expect(buffers && fromServer(buffers, '16384', '8kB')).toBe(128 * MIB);
	});
});

describe('arguments', () => {
	it('hold what needs a restart and nothing else', () => {
		expect(argumentsWith({})).toEqual([
			'postgres',
			'-c',
			'max_connections=32',
			'-c',
			'shared_buffers=65536kB',
		]);
		expect(argumentsWith({ work_mem: MIB, wal_level: 'logical' })).toContain('wal_level=logical');
		expect(argumentsWith({ work_mem: MIB }).join(' ')).not.toContain('work_mem');
	});

	it('never ask for more buffers than half of the memory', () => {
		expect(argumentsWith({ shared_buffers: 64 * GIB })).toContain('shared_buffers=131072kB');
		expect(argumentsWith({ shared_buffers: GIB }, 8 * GIB)).toContain('shared_buffers=1048576kB');
	});

	it('leave room for the processes of all connections', () => {
		const bootstrapPassword = new Secret('throw-away');
		const settings = { max_connections: 2_000 };
		const spec = containerSpec({ version: '18', memoryBytes: 256 * MIB, bootstrapPassword, settings });
		expect(spec.pidsLimit).toBe(2_100);
	});
});
