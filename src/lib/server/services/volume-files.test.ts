import { describe, expect, it } from 'vitest';
import type { ContainerStatus } from '../docker';
import { engineById } from '../engines';
import { Secret } from '../secret';
import { filesBeforeStart } from './volume-files';

const minio = engineById('minio');
const valkey = engineById('valkey');
const all = ['created', 'exited', 'dead', 'running', 'restarting', 'paused', 'removing'] as const;
const password = new Secret('a-password-of-the-first-start');
const service = { memoryBytes: 268_435_456, initializedAt: null as Date | null };
const valkeyService = { ...service, version: valkey.versions[0]?.version ?? '' };
const minioService = { ...service, version: minio.versions[0]?.version ?? '' };

const taking = (hasFiles: (status: ContainerStatus) => boolean) => all.filter(hasFiles);

describe('the files that lie in a volume before a start', () => {
	it('are given to a database before its very first start alone', () => {
		const before = (status: ContainerStatus) => filesBeforeStart(valkey, valkeyService, { password, status });
		expect(taking((status) => before(status).length > 0)).toEqual(['created']);
		const set = { ...valkeyService, initializedAt: new Date() };
		expect(filesBeforeStart(valkey, set, { password, status: 'created' })).toEqual([]);
		expect(filesBeforeStart(valkey, valkeyService, { password: null, status: 'created' })).toEqual([]);
	});

	it('are given to a storage server before each start, and never while it runs', () => {
		const before = (status: ContainerStatus) => filesBeforeStart(minio, minioService, { password, status });
		expect(taking((status) => before(status).length > 0)).toEqual(['created', 'exited', 'dead']);
	});

	it('hold the bootstrap password only as long as the service was never set up', () => {
		const textOf = (initializedAt: Date | null) =>
			JSON.stringify(
				filesBeforeStart(minio, { ...minioService, initializedAt }, { password, status: 'exited' }),
			);
		expect(textOf(null)).toContain(password.reveal());
		expect(textOf(new Date())).not.toContain(password.reveal());
	});
});
