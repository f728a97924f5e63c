import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeTransaction } from '../../db/client';
import { Secret } from '../../secret';
import { getService, type ServiceRow } from '../../services/repository';
import { seedCopy } from '../../testing/seeded-copy';
import { TestApp, testCaller } from '../../testing/test-app';
import { cellAddress } from '../../vault';
import { theInternet } from './address';
import { findCopy, listCopyBuckets, saveProgress, updateCopy, type BucketRow } from './repository';

let house: TestApp;
let service: ServiceRow;
let bucket: BucketRow;
let source: Server;
let asked: number;

const stored = () => listCopyBuckets(house.app.db, bucket.copyId)[0];

beforeEach(async () => {
	house = new TestApp({ network: { ...theInternet, problem: () => null } });
	asked = 0;
	source = createServer((_request, response) => {
		asked += 1;
		response.setHeader('content-type', 'application/xml').end('<Nothing></Nothing>');
	});
	await new Promise<void>((resolve) => source.listen(0, '127.0.0.1', resolve));
	bucket = seedCopy(house.app.db);
	service = getService(house.app.db, findCopy(house.app.db, bucket.copyId)?.serviceId ?? '');
	pause();
});
afterEach(async () => {
	source.closeAllConnections();
	source.close();
	await house.remove();
});

/** Makes the copy a paused one from the server outside. */
function pause(): void {
	const { db, vault } = house.app;
	const endpoint = `http://127.0.0.1:${(source.address() as AddressInfo).port}`;
	const secret = new Secret('x'.repeat(40));
	writeTransaction(db, (tx) =>
		updateCopy(tx, bucket.copyId, {
			...{ state: 'paused', endpoint, region: 'us-east-1', accessKeyId: 'AKIAEXAMPLE' },
			secretCell: vault.encrypt(cellAddress.storageCopySecret(bucket.copyId), secret),
		}),
	);
}

it('looks at nothing again that is copied, and keeps what was counted of it', async () => {
	const counts = { sourceObjects: 7, sourceBytes: 70, targetObjects: 7, targetBytes: 70 };
	saveProgress(house.app.db, { ...bucket, ...counts, isCopied: true, isCompared: true }, []);
	Object.assign(house.app.broker, {
		storageAdmin: () =>
			Promise.resolve({ bucketId: () => Promise.resolve('1'), findBucket: () => Promise.resolve({}) }),
	});
	const { storageCopies, runner } = house.app;
	await house.succeeded(storageCopies.resume(runner, service, { copyId: bucket.copyId, caller: testCaller }));
	expect(stored()).toMatchObject(counts);
	expect(asked).toBe(0);
});
