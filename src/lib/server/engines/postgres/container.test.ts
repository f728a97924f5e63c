import { describe, expect, it } from 'vitest';
import { GIB, memoryPresetsBytes, MIB } from '$lib/shared/units';
import { Secret } from '../../secret';
import { containerSpec } from './container';
import { memoryProfile } from './memory';
import { postgres } from './definition';

const bootstrapPassword = new Secret('throw-away');

describe('memoryProfile', () => {
	it('gives a quarter to shared buffers and never more connections than can sort at once', () => {
		expect(memoryProfile(256 * MIB)).toEqual({
			sharedBuffersMib: 64,
			effectiveCacheSizeMib: 192,
			maintenanceWorkMemMib: 16,
			workMemMib: 2,
			maxConnections: 32,
			shmMib: 128,
		});
		expect(memoryProfile(64 * GIB)).toMatchObject({ maxConnections: 200, maintenanceWorkMemMib: 2048 });
	});

	it.each(memoryPresetsBytes)('keeps all connections within %d bytes', (memoryBytes) => {
		const profile = memoryProfile(memoryBytes);
		const sortingMib = profile.maxConnections * profile.workMemMib;
		expect((profile.sharedBuffersMib + sortingMib) * MIB).toBeLessThanOrEqual(memoryBytes);
	});
});

describe('containerSpec', () => {
	it('mounts the volume where the version keeps its data', () => {
		const pathOf = (version: string) =>
			containerSpec({ version, memoryBytes: GIB, bootstrapPassword, settings: {} }).volumePath;
		expect(['14', '15', '16', '17'].map(pathOf)).toEqual(Array(4).fill('/var/lib/postgresql/data'));
		expect(pathOf('18')).toBe('/var/lib/postgresql');
	});

	it('has the bootstrap password nowhere but in its variable', () => {
		const spec = containerSpec({ version: '18', memoryBytes: GIB, bootstrapPassword, settings: {} });
		expect(spec.env.POSTGRES_PASSWORD).toBe('throw-away');
		expect(JSON.stringify({ ...spec, env: {} })).not.toContain('throw-away');
	});
});

describe('definition', () => {
	it('offers 14 to 18 by official tag, one of them by default', () => {
		expect(postgres.versions.map((one) => one.image)).toEqual(
			['18', '17', '16', '15', '14'].map((version) => `postgres:${version}`),
		);
		expect(postgres.versions.filter((one) => one.isDefault).map((one) => one.version)).toEqual(['18']);
	});
});
