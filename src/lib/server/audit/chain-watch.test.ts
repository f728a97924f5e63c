import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ChainWatch } from './chain-watch';
import { chainStart, type ChainPoint, type ChainReport } from './verify';

let checks: ChainPoint[];
let length: number;
let valid: boolean;
let watch: ChainWatch;
beforeEach(() => {
	vi.useFakeTimers();
	checks = [];
	length = 10;
	valid = true;
	watch = new ChainWatch(({ from }): Promise<ChainReport> => {
		checks.push(from);
		const last = { seq: length, hash: `hash-${length}` };
		return Promise.resolve({ valid, entries: length, brokenAtSeq: valid ? null : 3, last });
	});
});
afterEach(() => vi.useRealTimers());

it('checks once for calls at the same time, and not again for 5 s', async () => {
	const summaries = await Promise.all([watch.summary(), watch.summary()]);
	expect(summaries.map(({ entries }) => entries)).toEqual([10, 10]);
	vi.advanceTimersByTime(4000);
	await watch.summary();
	expect(checks).toEqual([chainStart]);
});

it('then checks new entries only, and the whole record every 10 minutes', async () => {
	await watch.summary();
	length = 12;
	vi.advanceTimersByTime(6000);
	expect(await watch.summary()).toMatchObject({ valid: true, entries: 12 });
	vi.advanceTimersByTime(10 * 60_000);
	await watch.summary();
	expect(checks).toEqual([chainStart, { seq: 10, hash: 'hash-10' }, chainStart]);
});

it('checks everything again after it found a fault', async () => {
	valid = false;
	expect((await watch.summary()).valid).toBe(false);
	vi.advanceTimersByTime(6000);
	await watch.summary();
	expect(checks).toEqual([chainStart, chainStart]);
});
