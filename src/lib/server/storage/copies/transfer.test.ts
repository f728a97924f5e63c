import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { settingsOutside } from '../../engines/s3-family/copy/settings';
import { AppError } from '../../errors';
import { startMemoryCopy, type MemoryCopy } from '../../testing/memory-copy';
import { copyBucket } from './copier';

vi.mock('node:timers/promises', () => ({ setTimeout: () => Promise.resolve() }));
const [earlier, later] = [new Date('2026-01-01T00:00:00Z'), new Date('2026-02-01T00:00:00Z')];
const MIB = 1024 * 1024;
const big = Buffer.alloc(11 * MIB, 'b');
const inParts = { etag: `"${'e'.repeat(32)}-2"`, changedAt: later };

let copy: MemoryCopy;
beforeEach(async () => (copy = await startMemoryCopy()));
afterEach(() => copy.remove());

it('brings tags over, and asks for them only where there are some', async () => {
	copy.source.put('plain', 'plain');
	copy.source.put('tagged', 'tagged', { tags: 'a=1&b+c=d%26e' });
	copy.source.put('big', big, { ...inParts, tags: 'size=big' });
	await copyBucket(copy.work);
	const tags = ['plain', 'tagged', 'big'].map((key) => copy.target.objects.get(key)?.tags);
	expect(tags).toEqual([undefined, 'a=1&b+c=d%26e', 'size=big']);
	expect([copy.source.tagsAsked, copy.row().leftBehind]).toEqual([2, {}]);
});

it('counts objects whose tags the target does not keep, or does not take, or that may not be read', async () => {
	const tags = 'a=%C3%A9';
	copy.source.put('tagged', 'tagged', { tags });
	copy.work.can = { ...copy.work.can, tags: false };
	await copyBucket(copy.work);
	expect([copy.target.text('tagged'), copy.source.tagsAsked]).toEqual(['tagged', 0]);
	expect(copy.row().leftBehind).toEqual({ tags: 1 });

	copy.work.can = { ...copy.work.can, tags: true };
	copy.target.takesTags = (asked) => asked !== tags;
	copy.source.put('tagged too', 'tagged too', { tags });
	copy.source.put('u', big, { ...inParts, tags });
	await copyBucket(copy.work);
	expect(copy.target.text('tagged too')).toBe('tagged too');
	expect(copy.target.objects.get('u')?.bytes.equals(big)).toBe(true);
	expect(copy.row().leftBehind).toEqual({ tags: 3 });

	copy.source.refuses = ({ url }) => url?.includes('tagging') === true;
	copy.source.put('v', 'v', { tags: 'a=1' });
	await copyBucket(copy.work);
	expect([copy.target.text('v'), copy.row().leftBehind, copy.found()]).toEqual(['v', { tags: 4 }, []]);
});

it('leaves what an app wrote there since the list was read', async () => {
	copy.source.put('a', 'from the source', { changedAt: later });
	copy.target.put('a', 'old', { changedAt: earlier });
	copy.target.listing = () => {
		setTimeout(() => copy.target.put('a', 'of an app'));
		return 'whole';
	};
	await copyBucket(copy.work);
	expect(copy.target.text('a')).toBe('of an app');
	expect(copy.found()).toEqual([['a', 'different', 'newer']]);
});

it.each(['whole', 'in parts'])(
	'leaves what an app wrote there while the object was under way %s',
	async (how) => {
		const bytes = how === 'whole' ? Buffer.from('from the source') : big;
		copy.source.put('a', bytes, how === 'whole' ? { changedAt: later } : inParts);
		copy.source.refuses = ({ method, url }) => {
			if (method === 'GET' && url?.startsWith('/bucket/a') === true) copy.target.put('a', 'of an app');
			return false;
		};
		await copyBucket(copy.work);
		expect(copy.target.text('a')).toBe('of an app');
		expect(copy.found()).toEqual([['a', 'different', 'newer']]);
		expect(copy.target.uploads.size).toBe(0);
	},
);

it('keeps an earlier upload in mind until its parts are freed', async () => {
	copy.source.put('big', big, inParts);
	copy.target.uploads.set('former', new Map([[1, big.subarray(0, 6 * MIB)]]));
	copy.work.tally.keepUpload('big', { id: 'former', etag: `"${'d'.repeat(32)}-2"`, partBytes: 6 * MIB });
	let cuts = 0;
	copy.target.hangsUp = ({ method }) => method === 'DELETE' && (cuts += 1) <= 2;
	await copyBucket(copy.work);
	expect([cuts, copy.target.uploads.size, copy.work.tally.row.uploads]).toEqual([3, 0, {}]);
	expect(copy.target.objects.get('big')?.bytes.equals(big)).toBe(true);
});

it('frees an earlier upload of which the parts cannot be listed', async () => {
	copy.source.put('big', big, inParts);
	copy.target.uploads.set('former', new Map([[1, big.subarray(0, 6 * MIB)]]));
	copy.work.tally.keepUpload('big', { id: 'former', etag: inParts.etag, partBytes: 6 * MIB });
	copy.target.refuses = ({ method, url }) => method === 'GET' && url?.includes('uploadId') === true;
	await copyBucket(copy.work);
	expect([copy.target.uploads.size, copy.work.tally.row.uploads]).toEqual([0, {}]);
	expect(copy.work.tally.row.copied).toBe(1);
});

it('mixes no parts of one size with those of another', async () => {
	copy.source.put('big', big, inParts);
	copy.target.uploads.set('former', new Map([[1, big.subarray(0, 8 * MIB)]]));
	copy.work.tally.keepUpload('big', { id: 'former', etag: inParts.etag, partBytes: 8 * MIB });
	await copyBucket(copy.work);
	expect(copy.target.objects.get('big')?.bytes.equals(big)).toBe(true);
	expect([copy.target.began, copy.work.tally.row.copied]).toEqual([0, 1]);
});

it('copies an object of nothing that was uploaded in parts as a whole', async () => {
	copy.source.put('empty', '', { etag: `"${'e'.repeat(32)}-1"`, changedAt: later });
	await copyBucket(copy.work);
	expect([copy.target.text('empty'), copy.target.began]).toEqual(['', 0]);
	expect(copy.work.tally.row).toMatchObject({ copied: 1, refused: 0 });
});

it('leaves nothing behind that is not what was sent', async () => {
	copy.source.put('big', big, inParts);
	let reads = 0;
	copy.source.refuses = ({ method, url, headers }) => {
		if (method !== 'GET' || url?.startsWith('/bucket/big') !== true) return false;
		const isPart = headers.range !== undefined;
		if (!isPart) reads += 1;
		copy.source.put('big', isPart ? big : Buffer.alloc(11 * MIB, 'a'), inParts);
		return false;
	};
	await copyBucket(copy.work);
	expect(copy.found()).toEqual([['big', 'refused', 'target:BadDigest']]);
	expect([reads > 0, copy.target.objects.size]).toEqual([true, 0]);
});

it('ends with a full disk of the panel as with what it is', async () => {
	copy.source.put('a', 'a');
	vi.spyOn(copy.work.tally, 'moved').mockImplementation(() => {
		throw new AppError('DISK_FULL');
	});
	await expect(copyBucket(copy.work)).rejects.toMatchObject({ code: 'DISK_FULL' });
});

it('takes a checksum with quotes for the same as one without', async () => {
	copy.source.put('a', 'a', { etag: '0cc175b9c0f1b6a831c399e269772661' });
	copy.source.quotes = true;
	await copyBucket(copy.work);
	expect([copy.target.text('a'), copy.found()]).toEqual(['a', []]);
});

it('notes that tags may not be read, of which nothing else would tell', async () => {
	const { source, close } = await copy.work
		.open()
		.then(({ source: from }) => ({ ...from, source: from.side }));
	copy.source.put('a', 'a', { tags: 'a=1' });
	expect((await settingsOutside(source, copy.work.signal)).unread).toBeUndefined();
	copy.source.refuses = ({ url }) => url?.includes('tagging') === true;
	expect((await settingsOutside(source, copy.work.signal)).unread).toBe(1);
	close();
});
