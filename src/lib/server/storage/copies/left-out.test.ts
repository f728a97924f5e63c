import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startMemoryCopy, type MemoryCopy } from '../../testing/memory-copy';
import { copyBucket } from './copier';

vi.mock('node:timers/promises', () => ({ setTimeout: () => Promise.resolve() }));
const changedAt = new Date('2026-01-01T00:00:00Z');

let copy: MemoryCopy;
beforeEach(async () => (copy = await startMemoryCopy()));
afterEach(() => copy.remove());

const numbered = (folder: string, count: number) =>
	Array.from({ length: count }, (_, n) => `${folder}/${String(n).padStart(4, '0')}`);
function put(...keys: string[]): void {
	for (const key of keys) copy.source.put(key, key, { changedAt });
}
/** Whether an object itself is asked for, and not a list. */
function isOf(request: IncomingMessage, folder: string): boolean {
	return request.url?.startsWith(`/bucket/${folder}`) === true;
}
/** They are at the target already. */
function putBoth(...keys: string[]): void {
	put(...keys);
	for (const key of keys) copy.target.put(key, key, { changedAt });
}
/** Lets time go by while it waits, up to where patience ends. */
async function ended(): Promise<unknown> {
	vi.useFakeTimers({ toFake: ['Date'] });
	copy.work.waitFor = () => vi.setSystemTime(Date.now() + 5_000);
	return copyBucket(copy.work)
		.catch((error: unknown) => error)
		.finally(() => vi.useRealTimers());
}
const lost = { code: 'COPY_SOURCE_LOGIN', details: { code: 'AccessDenied' } };

it('goes past objects that are shut, however many, while others are not', async () => {
	put('a/open', ...numbered('b', 150), 'c/open');
	copy.source.refuses = (request) => isOf(request, 'b/');
	await copyBucket(copy.work);
	expect(copy.work.tally.row).toMatchObject({ seen: 152, copied: 2, refused: 150 });
});

it('goes past a folder that is shut although nothing before it went well', async () => {
	put(...numbered('a', 150), 'b/open');
	copy.source.refuses = (request) => isOf(request, 'a/');
	await copyBucket(copy.work);
	expect(copy.work.tally.row).toMatchObject({ seen: 151, copied: 1, refused: 150 });
});

it('ends when a login that could read cannot any more', async () => {
	put(...numbered('a', 40));
	let reads = 0;
	copy.source.refuses = (request) => isOf(request, 'a/') && (reads += 1) > 20;
	vi.useFakeTimers({ toFake: ['Date'] });
	copy.work.waitFor = () => vi.setSystemTime(Date.now() + 5_000);
	await expect(copyBucket(copy.work)).rejects.toMatchObject(lost);
	vi.useRealTimers();
	expect(copy.work.tally.row.refused).toBe(0);
});

it.each([10, 1_500])(
	'ends when a login may list %i objects and read none of them',
	async (count) => {
		put(...numbered('a', count));
		copy.source.refuses = (request) => isOf(request, 'a/');
		vi.useFakeTimers({ toFake: ['Date'] });
		copy.work.waitFor = () => vi.setSystemTime(Date.now() + 5_000);
		await expect(copyBucket(copy.work)).rejects.toMatchObject(lost);
		vi.useRealTimers();
		expect(copy.work.tally.row.refused).toBeLessThanOrEqual(400);
	},
	60_000,
);

it('reports a few objects that are shut in a bucket where there is nothing else', async () => {
	put('a/one', 'a/two');
	copy.source.refuses = (request) => isOf(request, 'a/');
	await copyBucket(copy.work);
	expect(copy.found()).toEqual([
		['a/one', 'refused', 'source:AccessDenied'],
		['a/two', 'refused', 'source:AccessDenied'],
	]);
});

it('ends when the target denies whatever is written', async () => {
	put(...numbered('a', 150));
	copy.target.refuses = ({ method }) => method === 'PUT';
	vi.useFakeTimers({ toFake: ['Date'] });
	copy.work.waitFor = () => vi.setSystemTime(Date.now() + 5_000);
	await expect(copyBucket(copy.work)).rejects.toMatchObject({
		...{ code: 'ENGINE_UNREACHABLE', details: { reason: 'login' } },
	});
	vi.useRealTimers();
	expect(copy.work.tally.row.refused).toBeLessThan(150);
});

it('takes a HEAD of the target that is denied without a word for one object', async () => {
	put('a', 'b');
	copy.target.refuses = ({ method, url }) => method === 'HEAD' && url === '/bucket/a';
	await copyBucket(copy.work);
	expect(copy.found()).toEqual([['a', 'refused', 'target:Http403']]);
	expect(copy.target.text('b')).toBe('b');
});

it('opens both sides anew when a key ends while its objects are under way', async () => {
	put(...numbered('a', 8));
	let reads = 0;
	let hasEnded = false;
	copy.source.refuses = (request) => {
		if (!isOf(request, 'a/')) return false;
		hasEnded ||= (reads += 1) === 5;
		return hasEnded;
	};
	const { open } = copy.work;
	let opened = 0;
	copy.work.open = async () => {
		opened += 1;
		hasEnded = false;
		const sides = await open();
		return { ...sides, source: { ...sides.source, endsAtMs: opened === 1 ? 0 : Infinity } };
	};
	await copyBucket(copy.work);
	expect(copy.found()).toEqual([]);
	expect([copy.target.objects.size, opened, copy.waits]).toEqual([8, 2, []]);
});

it.each(['source', 'target'] as const)(
	'goes past what is shut at the %s once more when all else is there already',
	async (role) => {
		putBoth(...numbered('a', 30));
		put(...numbered('b', 10));
		copy[role].refuses = (request) => isOf(request, 'b/') && (role === 'source' || request.method === 'PUT');
		expect(await ended()).toBeUndefined();
		expect(copy.work.tally.row).toMatchObject({ seen: 40, same: 30, refused: 10 });
	},
);

it.each(['source', 'target'] as const)(
	'goes past what is shut at the %s among as much that is there already',
	async (role) => {
		const keys = Array.from({ length: 300 }, (_, n) => `n${String(n).padStart(3, '0')}`);
		put(...keys);
		putBoth(...keys.filter((_, n) => n % 2 === 0));
		copy[role].refuses = ({ url = '', method }) =>
			/^\/bucket\/n\d\d[13579](?:\?|$)/.test(url) && (role === 'source' || method === 'PUT');
		expect(await ended()).toBeUndefined();
		expect(copy.work.tally.row).toMatchObject({ seen: 300, same: 150, refused: 150 });
	},
	60_000,
);

it.each([
	['of which there are many', 'b/0020', 129],
	['of which a few are left', 'b/0139', 10],
])('goes past a folder that is shut, %s, when it was paused in it', async (_which, cursor, left) => {
	putBoth(...numbered('a', 5));
	put(...numbered('b', 150));
	copy.work.tally.row.cursor = cursor;
	copy.source.refuses = (request) => isOf(request, 'b/');
	expect(await ended()).toBeUndefined();
	expect(copy.work.tally.row).toMatchObject({ seen: left, refused: left });
});

it('asks first for what is not known to be shut when it was paused', async () => {
	put(...numbered('a', 20));
	putBoth('b/open');
	put(...numbered('c', 150));
	const { tally } = copy.work;
	const shut = numbered('a', 20);
	tally.beginPage(shut);
	for (const index of shut.keys())
		tally.end(index, { kind: 'finding', finding: 'refused', reason: 'source:AccessDenied' });
	tally.row.cursor = 'c/0010';
	copy.source.refuses = (request) => isOf(request, 'a/') || isOf(request, 'c/');
	expect(await ended()).toBeUndefined();
	expect(tally.row.refused).toBe(20 + 139);
});

it.each([10, 150])('ends when a login can read nothing any more, with %i objects to go', async (count) => {
	putBoth(...numbered('a', 30));
	put(...numbered('b', count));
	copy.source.refuses = ({ url }) => url?.includes('list-type') === false;
	expect(await ended()).toMatchObject(lost);
});
