import { describe, expect, it } from 'vitest';
import { MIB } from '$lib/shared/units';
import { Secret } from '../../secret';
import { containerSpec } from './container';

describe('the container of FerretDB', () => {
	const spec = containerSpec({ memoryBytes: 512 * MIB, bootstrapPassword: new Secret('boot') });

	it('gives PostgreSQL a quarter of the memory and lets it quote nothing in its log', () => {
		expect(spec.command).toEqual([
			'ferretdb',
			...['-c', 'shared_buffers=128MB'],
			...['-c', 'log_error_verbosity=terse'],
			...['-c', 'log_min_error_statement=panic'],
		]);
	});

	it('has the throw-away password in its environment only, and no volume without a name', () => {
		expect(spec.env).toEqual({ MONGO_INITDB_ROOT_USERNAME: 'root', MONGO_INITDB_ROOT_PASSWORD: 'boot' });
		expect([spec.volumePath, ...Object.keys(spec.tmpfs)]).toEqual(['/data/db', '/data/configdb', '/tmp']);
	});
});
