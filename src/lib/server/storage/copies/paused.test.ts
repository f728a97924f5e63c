import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeTransaction } from '../../db/client';
import { AppError } from '../../errors';
import { newId } from '../../ids';
import { createLogger, Redactor } from '../../log';
import { Secret } from '../../secret';
import { getService, type ServiceRow } from '../../services/repository';
import { seedCopy } from '../../testing/seeded-copy';
import { TestApp, testCaller } from '../../testing/test-app';
import { cellAddress } from '../../vault';
import { theInternet, type OutsideNetwork } from './address';
import { StorageCopies } from './copies';
import {
	findCopy,
	insertCopy,
	listCopyBuckets,
	saveProgress,
	updateCopy,
	type BucketRow,
} from './repository';

const network: OutsideNetwork = { ...theInternet, problem: () => null };
let house: TestApp;
let service: ServiceRow;
let bucket: BucketRow;
let source: Server;
let asked: number;

const stored = () => listCopyBuckets(house.app.db, bucket.copyId)[0];

beforeEach(async () => {
	house = new TestApp({ network });
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

it('can be cancelled while its server does not run, which leaves unfinished uploads there and says so', async () => {
	const { db, runner } = house.app;
	saveProgress(db, { ...bucket, uploads: { big: { id: 'begun', etag: '"e"' } } }, []);
	Object.assign(house.app.broker, {
		storageAdmin: () => Promise.reject(new AppError('SERVICE_NOT_RUNNING')),
	});
	const lines: string[] = [];
	const log = createLogger({ level: 'warn', redactor: new Redactor(), write: (line) => lines.push(line) });
	const copies = new StorageCopies({ ...house.app, network, log });
	const { copyId } = bucket;
	await copies.stop(service, copyId, 'cancel');
	expect(copies.get(service, copyId)).toMatchObject({
		state: 'cancelled',
		endedAt: expect.any(Date) as Date,
	});
	expect(findCopy(db, copyId)?.secretCell).toBeNull();
	expect(lines).toEqual([expect.stringMatching(`unfinished uploads left.*${copyId}`)]);
	expect(() => copies.resume(runner, service, { copyId, caller: testCaller })).toThrow('COPY_STATE');
});

it('stays in the list, however many came after it', () => {
	const { db, storageCopies } = house.app;
	const ids = Array.from({ length: 60 }, () => newId('storageCopy'));
	for (const id of ids) {
		const copy = { id, serviceId: service.id, sourceName: 'old', state: 'paused' as const };
		const createdAt = new Date(Date.now() + 60_000);
		writeTransaction(db, (tx) => insertCopy(tx, { ...copy, createdAt }, [{ source: 'a', target: 'b' }]));
	}
	const listed = storageCopies.list(service).map(({ id }) => id);
	expect(new Set(listed)).toEqual(new Set([bucket.copyId, ...ids]));
});
