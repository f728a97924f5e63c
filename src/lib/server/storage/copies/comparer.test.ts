import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startMemoryCopy, type MemoryCopy } from '../../testing/memory-copy';
import type { MemoryS3 } from '../../testing/memory-s3';
import type { TestApp } from '../../testing/test-app';
import { compareBucket } from './comparer';
import { copyBucket, type BucketWork } from './copier';
import { Tally } from './tally';

const [earlier, later] = [new Date('2026-01-01T00:00:00Z'), new Date('2026-02-01T00:00:00Z')];
vi.mock('node:timers/promises', () => ({ setTimeout: () => Promise.resolve() }));

let copy: MemoryCopy;
let house: TestApp;
let source: MemoryS3;
let target: MemoryS3;
let work: BucketWork;

const found = () => copy.found();

beforeEach(async () => {
	copy = await startMemoryCopy();
	({ house, source, target, work } = copy);
});
afterEach(async () => {
	vi.useRealTimers();
	await copy.remove();
});

function stored() {
	const { isCompared, different } = copy.row();
	return { isCompared, different };
}

it('finds a newer object of the target whose checksum is of another kind still different when it compares', async () => {
	source.put('a', 'one', { changedAt: earlier, etag: `"${'a'.repeat(32)}-1"` });
	target.put('a', 'two', { changedAt: later });
	await copyBucket(work);
	await compareBucket(house.app.db, work, later);
	expect(found()).toEqual([['a', 'different', 'newer']]);
	expect(target.text('a')).toBe('two');
});

it('still finds it different when the comparison was taken up again', async () => {
	source.put('a', 'one', { changedAt: earlier, etag: `"${'a'.repeat(32)}-1"` });
	target.put('a', 'two', { changedAt: later });
	await copyBucket(work);
	const end = new AbortController();
	target.listing = () => {
		if (end.signal.aborted) return 'whole';
		end.abort(new Error('paused'));
		return 'silent';
	};
	await expect(compareBucket(house.app.db, { ...work, signal: end.signal }, later)).rejects.toThrow('paused');
	expect([stored(), found()]).toEqual([{ isCompared: false, different: 1 }, [['a', 'different', 'newer']]]);
	const anew = new Tally(house.app.db, copy.row());
	await compareBucket(house.app.db, { ...work, tally: anew }, later);
	expect([stored(), found()]).toEqual([{ isCompared: true, different: 1 }, [['a', 'different', 'newer']]]);
});

/** So many objects that a list has two pages. */
function fillBoth(): void {
	for (let n = 0; n < 1_001; n += 1)
		for (const side of [source, target]) side.put(String(n).padStart(4, '0'), 'a', { changedAt: earlier });
}
const areAllSame = { sourceObjects: 1_001, targetObjects: 1_001, missing: 0, different: 0, isCompared: true };

it('waits for a side that is away for a moment, however long it has compared', async () => {
	fillBoth();
	vi.useFakeTimers({ toFake: ['Date'] });
	let lists = 0;
	source.listing = () => {
		lists += 1;
		if (lists === 1) vi.setSystemTime(Date.now() + 3 * 60_000);
		return lists === 2 ? 'cut' : 'whole';
	};
	await compareBucket(house.app.db, work, later);
	expect([lists, work.tally.row]).toEqual([3, expect.objectContaining(areAllSame)]);
});

it('opens both sides anew when their keys end while it compares', async () => {
	fillBoth();
	const { open } = work;
	let opened = 0;
	work.open = async () => {
		opened += 1;
		const sides = await open();
		return { ...sides, source: { ...sides.source, endsAtMs: opened === 1 ? 0 : Infinity } };
	};
	await compareBucket(house.app.db, work, later);
	expect([opened, work.tally.row]).toEqual([2, expect.objectContaining(areAllSame)]);
});

it('asks the target for several objects at once when it compares', async () => {
	for (let n = 0; n < 1_000; n += 1) target.put(`a/${n}`, 'only there');
	const keys = Array.from({ length: 12 }, (_, n) => `b/${String(n).padStart(2, '0')}`);
	for (const key of keys) source.put(key, 'b', { changedAt: earlier });
	const { s3 } = (await work.open()).target.side;
	let [now, most] = [0, 0];
	s3.middlewareStack.add(
		(next, { commandName }) =>
			async (args) => {
				if (commandName !== 'HeadObjectCommand') return next(args);
				most = Math.max(most, (now += 1));
				return next(args).finally(() => (now -= 1));
			},
		{ step: 'initialize' },
	);
	await compareBucket(house.app.db, work, later);
	expect(found()).toEqual(keys.map((key) => [key, 'missing', 'bytes']));
	expect([most, work.tally.row.missing]).toEqual([4, 12]);
});

/** More than is kept on record is newer at the target, with checksums of another kind. */
function fillWithNewer(): void {
	for (let n = 0; n < 1_001; n += 1) {
		const key = `n${String(n).padStart(4, '0')}`;
		source.put(key, 'one', { changedAt: earlier, etag: `"${'a'.repeat(32)}-1"` });
		target.put(key, 'two', { changedAt: later });
	}
}

it('compares the bytes where more was left as it is than is on record', async () => {
	fillWithNewer();
	await copyBucket(work);
	expect([work.tally.row.different, found().length]).toEqual([1_001, 1_000]);
	await compareBucket(house.app.db, work, later);
	expect([work.tally.row.different, found().length]).toEqual([1_001, 1_000]);
}, 60_000);

/** So many objects that are the same, of which only the bytes can tell it, before those of which not all are on record. */
async function copyAlike(count: number): Promise<void> {
	fillWithNewer();
	for (let n = 0; n < count; n += 1) {
		const key = `a${String(n).padStart(2, '0')}`;
		source.put(key, 'same', { changedAt: earlier, etag: `"${'b'.repeat(32)}-1"` });
		target.put(key, 'same', { changedAt: earlier });
	}
	await copyBucket(work);
	expect(work.tally.row).toMatchObject({ same: count, different: 1_001 });
}
const isRead = ({ method, url }: IncomingMessage): boolean =>
	method === 'GET' && url?.includes('list-type') === false;

it('finds nothing different since a key ended while the bytes were read', async () => {
	await copyAlike(50);
	vi.useFakeTimers({ toFake: ['Date'] });
	let [reads, opened, hasEnded] = [0, 0, false];
	source.refuses = (request) => {
		if (!isRead(request)) return hasEnded;
		reads += 1;
		if (opened === 1 && reads === 6) {
			vi.setSystemTime(Date.now() + 60_000);
			hasEnded = true;
		}
		return hasEnded;
	};
	const { open } = work;
	work.open = async () => {
		opened += 1;
		hasEnded = false;
		const sides = await open();
		return { ...sides, source: { ...sides.source, endsAtMs: Date.now() + 30_000 } };
	};
	await compareBucket(house.app.db, work, later);
	expect([opened, work.tally.row.different]).toEqual([2, 1_001]);
}, 60_000);

it('reads no bytes of a page any more once a key is about to end, and goes on there with another', async () => {
	await copyAlike(50);
	vi.useFakeTimers({ toFake: ['Date'] });
	const reads = [0];
	source.refuses = (request) => {
		const opened = reads.length - 1;
		if (isRead(request) && (reads[opened] = (reads[opened] ?? 0) + 1) === 6 && opened === 1)
			vi.setSystemTime(Date.now() + 60_000);
		return false;
	};
	const { open } = work;
	work.open = async () => {
		reads.push(0);
		const sides = await open();
		return { ...sides, source: { ...sides.source, endsAtMs: Date.now() + 30_000 } };
	};
	await compareBucket(house.app.db, work, later);
	expect(work.tally.row).toMatchObject({ different: 1_001, sourceObjects: 1_051, targetObjects: 1_051 });
	const [, first = NaN, second = NaN] = reads;
	expect(first).toBeLessThan(10);
	// Each is read once: one of those that are newer is not on record.
	expect([reads.length - 1, first + second]).toEqual([2, 51]);
}, 60_000);

it('compares nothing any more when the source is gone', async () => {
	await copyAlike(5);
	source.refusalName = 'NoSuchBucket';
	source.refuses = isRead;
	await expect(compareBucket(house.app.db, work, later)).rejects.toMatchObject({
		...{ code: 'COPY_SOURCE_REFUSED', details: { code: 'NoSuchBucket' } },
	});
}, 60_000);
