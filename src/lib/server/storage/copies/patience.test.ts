import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildApp, type App } from '../../app';
import { loadEnv } from '../../env';
import { AppError, isAppError } from '../../errors';
import { createLogger, Redactor } from '../../log';
import { findReadyService, type ServiceRow } from '../../services/repository';
import { seedProject } from '../../testing/surface-seed';
import { theInternet, type OutsideNetwork } from './address';
import { StorageCopies } from './copies';

/** What a source that is slow may keep busy. */
const answersAfterMs = 60;
let dataDir: string;
let app: App;
let service: ServiceRow;
let source: Server;
let asked: number;
const network: OutsideNetwork = { ...theInternet, problem: () => null };

beforeEach(async () => {
	dataDir = mkdtempSync(join(tmpdir(), 'sh0-patience-'));
	app = buildApp(
		{ ...loadEnv({}), dataDir, dockerSocket: join(dataDir, 'none.sock') },
		{ log: createLogger({ level: 'error', redactor: new Redactor(), write: () => {} }), network },
	);
	const found = findReadyService(app.db, seedProject(app.db).serviceId);
	if (found === null) throw new Error('no service');
	service = found;
	Object.assign(app.broker, {
		storageAdmin: () => Promise.resolve({ bucketId: () => Promise.reject(new AppError('BUCKET_NOT_FOUND')) }),
	});
	asked = 0;
	source = createServer((_request, response) => {
		asked += 1;
		const list = '<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>';
		setTimeout(() => response.setHeader('content-type', 'application/xml').end(list), answersAfterMs);
	});
	await new Promise<void>((resolve) => source.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
	source.closeAllConnections();
	source.close();
	await app.stop();
	rmSync(dataDir, { recursive: true });
});

const wanted = () => ({
	source: {
		...{ kind: 'outside' as const, endpoint: `http://127.0.0.1:${(source.address() as AddressInfo).port}` },
		...{ region: 'us-east-1', accessKeyId: 'AKIAEXAMPLE', isPathStyle: true, isInOwnNetwork: false },
	},
	secret: 'x'.repeat(40),
});

const create = (copies: StorageCopies, hasLeft: () => boolean) =>
	copies.create(app.runner, service, {
		...wanted(),
		...{ carriesKeys: false, caller: { actor: 'test', auditIntentSeq: null } },
		buckets: Array.from({ length: 50 }, (_, index) => ({
			...{ source: `bucket-${index}`, target: null, isIntoExisting: false },
		})),
		hasLeft,
	});

const failureOf = (attempt: Promise<unknown>) =>
	attempt.then(
		() => null,
		(error: unknown) => (isAppError(error) ? error.code : error),
	);

it('two looks at sources at once for one server, and no third', async () => {
	const check = () => failureOf(app.storageCopies.check(service, wanted()));
	const three = await Promise.all([check(), check(), check()]);
	expect(three.filter((code) => code === 'THROTTLED')).toHaveLength(1);
	expect(await check()).not.toBe('THROTTLED');
});

it('a plan of many buckets at a slow source ends at its deadline', async () => {
	const copies = new StorageCopies({ ...app, network }, { planLimitMs: 5 * answersAfterMs });
	expect(await failureOf(create(copies, () => false))).toBe('COPY_SOURCE_UNREACHABLE');
	expect(asked).toBeLessThan(10);
	expect(app.storageCopies.list(service)).toEqual([]);
});

it('a plan ends when nobody waits for it, and nothing begins', async () => {
	expect(await failureOf(create(app.storageCopies, () => asked >= 3))).toBe('OPERATION_INTERRUPTED');
	expect(asked).toBe(3);
	expect(app.storageCopies.list(service)).toEqual([]);
});
