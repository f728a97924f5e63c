import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeTransaction } from '../../db/client';
import { newId } from '../../ids';
import { seedCopy } from '../../testing/seeded-copy';
import { TestApp } from '../../testing/test-app';
import {
	findCopy,
	insertCopy,
	listCopies,
	listCopyBuckets,
	listFindings,
	MAX_COPIES,
	MAX_FINDINGS,
	type BucketRow,
} from './repository';
import { Tally, type Result } from './tally';

const copied: Result = { kind: 'copied', sizeBytes: 10, lost: { hasTags: true, isLocked: false } };
const same: Result = { kind: 'same' };
let house: TestApp;
let copyId: string;
let tally: Tally;

const stored = (): BucketRow => {
	const [row] = listCopyBuckets(house.app.db, copyId);
	if (row === undefined) throw new Error('no bucket');
	return row;
};

beforeEach(() => {
	house = new TestApp();
	const row = seedCopy(house.app.db);
	copyId = row.copyId;
	tally = new Tally(house.app.db, row);
});
afterEach(() => house.remove());

it('stores a cursor up to which all is done, however objects end', () => {
	tally.beginPage(['a', 'b', 'c', 'd']);
	tally.end(1, copied);
	tally.end(3, copied);
	tally.save();
	expect(stored()).toMatchObject({ cursor: null, seen: 0, copied: 0 });
	tally.end(0, same);
	tally.save();
	expect(stored()).toMatchObject({ cursor: 'b', seen: 2, copied: 1, same: 1, copiedBytes: 10 });
	tally.end(2, same);
	tally.save();
	expect(stored()).toMatchObject({ cursor: 'd', seen: 4, copied: 2, same: 2, leftBehind: { tags: 2 } });
});

it('counts every finding, and keeps the first thousand', () => {
	const keys = Array.from({ length: MAX_FINDINGS + 50 }, (_, index) => `key ${index}`);
	tally.beginPage(keys);
	for (const index of keys.keys())
		tally.end(index, { kind: 'finding', finding: 'refused', reason: 'key:long' });
	tally.save();
	expect(stored().refused).toBe(MAX_FINDINGS + 50);
	expect(listFindings(house.app.db, copyId)).toHaveLength(MAX_FINDINGS);
});

it('remembers uploads in parts until they are over', () => {
	const upload = { id: 'two', etag: '"e"' };
	tally.keepUpload('a', { id: 'one', etag: '"e"' });
	tally.keepUpload('b', upload);
	tally.keepUpload('a', null);
	expect(stored().uploads).toEqual({ b: upload });
	expect([tally.upload('b'), tally.upload('a'), tally.upload('constructor')]).toEqual([upload, null, null]);
});

it('keeps the newest twenty copies of a service, and those that are not over', () => {
	const { db } = house.app;
	const serviceId = findCopy(db, copyId)?.serviceId ?? '';
	const made = Array.from({ length: MAX_COPIES + 5 }, (_, index) => {
		const id = newId('storageCopy');
		const [state, createdAt] = [
			index === 1 ? ('paused' as const) : ('done' as const),
			new Date(Date.now() + 60_000 * (1 + index)),
		];
		writeTransaction(db, (tx) =>
			insertCopy(tx, { id, serviceId, sourceName: 'old', state, createdAt }, [{ source: 'a', target: 'b' }]),
		);
		return id;
	});
	const kept = listCopies(db, serviceId).map(({ id }) => id);
	expect(kept).toEqual([...made.slice(5).reverse(), made[1], copyId]);
	expect(listCopyBuckets(db, made[0] ?? '')).toEqual([]);
});
