import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AppError } from '../../errors';
import { startMemoryCopy, type MemoryCopy } from '../../testing/memory-copy';
import type { MemoryS3 } from '../../testing/memory-s3';
import type { TestApp } from '../../testing/test-app';
import { compareBucket } from './comparer';
import { compareWell, copyBucket, type BucketWork } from './copier';

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

it('leaves an object of the target that is newer than the source’s as it is, and says so', async () => {
	source.put('newer there', 'old', { changedAt: earlier });
	target.put('newer there', 'what an app wrote', { changedAt: later });
	source.put('newer here', 'what came since', { changedAt: later });
	target.put('newer here', 'old', { changedAt: earlier });
	source.put('not there', 'new', { changedAt: earlier });
	await copyBucket(work);
	expect(target.text('newer there')).toBe('what an app wrote');
	expect([target.text('newer here'), target.text('not there')]).toEqual(['what came since', 'new']);
	expect(work.tally.row).toMatchObject({ seen: 3, copied: 2, different: 1 });
	expect(found()).toEqual([['newer there', 'different', 'newer']]);
	await compareBucket(house.app.db, work, later);
	expect(found()).toEqual([['newer there', 'different', 'newer']]);
	expect(work.tally.row).toMatchObject({ different: 1, missing: 0 });
});

const MIB = 1024 * 1024;
const [former, present] = [Buffer.alloc(11 * MIB, 'a'), Buffer.alloc(11 * MIB, 'b')];
const inParts = { etag: `"${'e'.repeat(32)}-2"`, changedAt: later };

it('goes on with an upload in parts of the same object', async () => {
	source.put('big', present, inParts);
	target.uploads.set('begun', new Map([[1, present.subarray(0, 6 * MIB)]]));
	work.tally.keepUpload('big', { id: 'begun', etag: inParts.etag, partBytes: 6 * MIB });
	await copyBucket(work);
	expect(target.objects.get('big')?.bytes.equals(present)).toBe(true);
	expect([target.uploads.size, target.began]).toEqual([0, 0]);
	expect(work.tally.row).toMatchObject({ copied: 1, uploads: {} });
});

it('mixes no parts of an object with those of the one that was there before', async () => {
	source.put('big', present, inParts);
	target.uploads.set('begun', new Map([[1, former.subarray(0, 6 * MIB)]]));
	work.tally.keepUpload('big', { id: 'begun', etag: `"${'d'.repeat(32)}-2"`, partBytes: 6 * MIB });
	await copyBucket(work);
	expect(target.objects.get('big')?.bytes.equals(present)).toBe(true);
	expect([target.uploads.size, target.began, target.written]).toEqual([0, 1, ['big']]);
	expect(work.tally.row).toMatchObject({ copied: 1, uploads: {} });
});

it('frees the parts of an object that it gives up', async () => {
	source.put('big', present, inParts);
	source.refuses = (request) => request.method === 'GET' && request.headers.range !== undefined;
	await copyBucket(work);
	expect(found()).toEqual([['big', 'refused', 'source:AccessDenied']]);
	expect([target.uploads.size, target.began]).toEqual([0, 1]);
	expect(work.tally.row.uploads).toEqual({});
});

it('ends with what a denied object means, where that is known, and goes past it where it is not', async () => {
	source.put('a', 'a', { changedAt: later });
	target.refuses = (request) => request.method === 'PUT';
	await copyBucket(work);
	expect(found()).toEqual([['a', 'refused', 'target:AccessDenied']]);
	source.put('b', 'b', { changedAt: later });
	work.writeFailure = (error) => Promise.resolve(new AppError('STORAGE_QUOTA_EXCEEDED', { cause: error }));
	await expect(copyBucket(work)).rejects.toMatchObject({ code: 'STORAGE_QUOTA_EXCEEDED' });
});

/** Lets each object, or part of one, take three minutes as it goes by. */
function slowDown(): void {
	vi.useFakeTimers({ toFake: ['Date'] });
	vi.spyOn(work.tally, 'moved').mockImplementation(() => vi.setSystemTime(Date.now() + 3 * 60_000));
}
/** Tells of each writing which it is, from 1. */
function hangUpAt(isCut: (written: number) => boolean): () => number {
	let written = 0;
	target.hangsUp = ({ method }) => method === 'PUT' && isCut((written += 1));
	return () => written;
}

it('goes on after a hiccup, and after another, however long an object takes', async () => {
	source.put('a', 'slow', { changedAt: later });
	slowDown();
	const written = hangUpAt((n) => n <= 2);
	await copyBucket(work);
	expect([written(), target.text('a')]).toEqual([3, 'slow']);
});

it('goes past an object at which a server hangs up again and again, while it answers otherwise', async () => {
	source.put('a', 'slow', { changedAt: later });
	source.put('b', 'well', { changedAt: later });
	slowDown();
	target.hangsUp = ({ method, url }) => method === 'PUT' && url?.startsWith('/bucket/a') === true;
	await copyBucket(work);
	expect(found()).toEqual([['a', 'refused', 'target:unreachable']]);
	expect(target.text('b')).toBe('well');
	expect(copy.waits).toContain('target');
	expect(copy.waits.at(-1)).toBeNull();
});

it('ends when a server hangs up at whatever it is asked', async () => {
	source.put('a', 'slow', { changedAt: later });
	slowDown();
	let [written, isGone] = [0, false];
	target.hangsUp = ({ method }) => {
		if (method === 'PUT') isGone = (written += 1) === 4;
		return method === 'PUT' || isGone;
	};
	await expect(copyBucket(work)).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
	expect([written, found(), copy.waits.at(-1)]).toEqual([4, [], 'target']);
});

it('begins to count anew with each part that the target keeps', async () => {
	source.put('big', present, inParts);
	slowDown();
	const written = hangUpAt((n) => n !== 4 && n <= 6);
	await copyBucket(work);
	expect([written(), target.objects.get('big')?.bytes.equals(present)]).toEqual([7, true]);
});

it('replaces nothing with bytes that are not those of the checksum', async () => {
	source.put('a', 'spoiled', { changedAt: later, etag: `"${'a'.repeat(32)}"` });
	target.put('a', 'whole', { changedAt: earlier });
	await copyBucket(work);
	expect(target.text('a')).toBe('whole');
	expect(found()).toEqual([['a', 'refused', 'source:BadDigest']]);
}, 30_000);

it('goes past a key after which the target cannot list', async () => {
	for (let n = 0; n < 999; n += 1)
		for (const side of [source, target]) side.put(`a/${String(n).padStart(3, '0')}`, 'a');
	source.put('b/../odd', 'b', { changedAt: earlier });
	source.put('c', 'c', { changedAt: earlier });
	await copyBucket(work);
	await compareBucket(house.app.db, work, later);
	expect(found()).toEqual([['b/../odd', 'refused', 'key:segments']]);
	expect(work.tally.row).toMatchObject({
		seen: 1_001,
		same: 999,
		copied: 1,
		missing: 0,
		different: 0,
		refused: 1,
	});
	expect(target.text('c')).toBe('c');
}, 60_000);

it('takes no list of keys that are longer than S3 has them', async () => {
	source.put('a', 'a');
	source.put('é'.repeat(512), 'as long as may be');
	source.put('é'.repeat(513), 'longer');
	await expect(copyBucket(work)).rejects.toMatchObject({
		...{ code: 'COPY_SOURCE_REFUSED', details: { code: 'KeyTooLong' } },
	});
	expect([work.tally.row.cursor, found()]).toEqual([null, []]);
	source.objects.delete('é'.repeat(513));
	source.put('b', 'b', { etag: `"${'x'.repeat(5_000)}"` });
	await expect(copyBucket(work)).rejects.toMatchObject({ details: { code: 'ETagTooLong' } });
});

it('gives up an object in parts whose bytes are never those of its checksum', async () => {
	source.put('big', present, inParts);
	const end = new AbortController();
	work = { ...work, signal: end.signal };
	let reads = 0;
	source.refuses = ({ method, url, headers }) => {
		if (method !== 'GET' || url?.includes('list-type') === true) return false;
		const isPart = headers.range !== undefined;
		if (!isPart) reads += 1;
		if (reads > 12) end.abort(new Error('it goes on for ever'));
		source.put('big', isPart ? present : former, inParts);
		return false;
	};
	await copyBucket(work);
	expect(found()).toEqual([['big', 'refused', 'target:BadDigest']]);
}, 60_000);

it('gives up an object of which one part never comes, and whose upload cannot be gone on with', async () => {
	vi.useFakeTimers({ toFake: ['Date'] });
	vi.spyOn(work.tally, 'moved').mockImplementation(() => vi.setSystemTime(Date.now() + 3_000));
	source.put('big', present, { etag: `"${'e'.repeat(32)}-2"`, changedAt: later });
	const end = new AbortController();
	work = { ...work, signal: end.signal };
	target.refuses = ({ method, url }) => method === 'GET' && url?.includes('uploadId') === true;
	let cuts = 0;
	target.hangsUp = ({ method, url }) => {
		if (method !== 'PUT' || url?.includes('partNumber=2') !== true) return false;
		cuts += 1;
		if (cuts > 60) end.abort(new Error('it goes on for ever'));
		return true;
	};
	await copyBucket(work);
	expect(found()).toEqual([['big', 'refused', 'target:unreachable']]);
	expect([target.uploads.size, work.tally.row.uploads]).toEqual([0, {}]);
}, 60_000);

it('ends with a certificate that is over, and writes no object off for it', async () => {
	for (let n = 0; n < 30; n += 1) source.put(`a/${n}`, 'a', { changedAt: later });
	let reads = 0;
	const { s3 } = (await work.open()).source.side;
	s3.middlewareStack.add(
		(next, { commandName }) =>
			async (args) => {
				if (commandName === 'GetObjectCommand' && (reads += 1) > 5)
					throw Object.assign(new Error('certificate has expired'), { code: 'CERT_HAS_EXPIRED' });
				return next(args);
			},
		{ step: 'build' },
	);
	await expect(copyBucket(work)).rejects.toMatchObject({
		...{ code: 'COPY_SOURCE_REFUSED', details: { code: 'CERT_HAS_EXPIRED' } },
	});
	expect([work.tally.row.copied, target.objects.size, found()]).toEqual([5, 5, []]);
});

it('says of no server that answers that it does not', async () => {
	source.put('a', 'a', { changedAt: later });
	let written = 0;
	target.refusalName = 'BadDigest';
	target.refuses = ({ method }) => method === 'PUT' && (written += 1) <= 2;
	await copyBucket(work);
	expect([work.tally.row.copied, written]).toEqual([1, 3]);
	expect(copy.waits.filter((role) => role !== null)).toEqual([]);
});

it('reads one side no further when the other fails', async () => {
	const bytes = Buffer.alloc(64 * MIB);
	const { source: from, target: to } = await work.open();
	const there = { key: 'a', sizeBytes: bytes.length, etag: '"e"', changedAt: earlier };
	target.put('a', bytes, { etag: there.etag });
	source.refuses = () => true;
	let told = (_body: Readable): void => undefined;
	const opened = new Promise<Readable>((resolve) => (told = resolve));
	from.side.s3.middlewareStack.add((next) => (args) => opened.then(() => next(args)), { step: 'initialize' });
	to.side.s3.middlewareStack.add(
		(next) => async (args) => {
			const answer = await next(args);
			if ('Body' in answer.output && answer.output.Body instanceof Readable) told(answer.output.Body);
			return answer;
		},
		{ step: 'initialize' },
	);
	const entry = { ...there, etag: `"${'b'.repeat(32)}-1"` };
	const compared = compareWell({ source: from.side, target: to.side }, entry, there, work.signal);
	await expect(compared).rejects.toMatchObject({ code: 'AccessDenied' });
	const body = await opened;
	await expect.poll(() => body.closed).toBe(true);
	expect(body.readableEnded).toBe(false);
});
