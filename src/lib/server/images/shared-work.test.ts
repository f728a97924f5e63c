import { describe, expect, it } from 'vitest';
import { SharedWork } from './shared-work';

function controlled() {
	let resolve: (value: string) => void = () => {};
	let reject: (error: Error) => void = () => {};
	const promise = new Promise<string>((onValue, onError) => {
		resolve = onValue;
		reject = onError;
	});
	let runs = 0;
	let signal: AbortSignal | undefined;
	let report: (progress: number) => void = () => {};
	return {
		resolve,
		reject,
		runs: () => runs,
		signal: () => signal,
		report: (progress: number) => report(progress),
		async work(options: { onProgress: (progress: number) => void; signal: AbortSignal }): Promise<string> {
			runs += 1;
			signal = options.signal;
			report = options.onProgress;
			return promise;
		},
	};
}

describe('SharedWork', () => {
	it('runs once for callers of one key and tells all of them', async () => {
		const shared = new SharedWork<string, number>();
		const job = controlled();
		const seen: number[][] = [[], []];
		const results = seen.map((list) => shared.run('a', { onProgress: (n) => list.push(n) }, job.work));
		await Promise.resolve();
		job.report(1);
		job.resolve('done');
		expect(await Promise.all(results)).toEqual(['done', 'done']);
		expect(job.runs()).toBe(1);
		expect(seen).toEqual([[1], [1]]);
	});

	it('shows a late caller where the work stands', async () => {
		const shared = new SharedWork<string, number>();
		const job = controlled();
		const first = shared.run('a', {}, job.work);
		await Promise.resolve();
		job.report(7);
		const seen: number[] = [];
		const second = shared.run('a', { onProgress: (n) => seen.push(n) }, job.work);
		expect(seen).toEqual([7]);
		job.resolve('done');
		await Promise.all([first, second]);
	});

	it('goes on while one caller still waits, and stops with the last', async () => {
		const shared = new SharedWork<string, number>();
		const job = controlled();
		const one = new AbortController();
		const two = new AbortController();
		const first = shared.run('a', { signal: one.signal }, job.work);
		const second = shared.run('a', { signal: two.signal }, job.work);
		one.abort(new Error('first left'));
		await expect(first).rejects.toThrow('first left');
		expect(job.signal()?.aborted).toBe(false);
		two.abort(new Error('second left'));
		await expect(second).rejects.toThrow('second left');
		expect(job.signal()?.aborted).toBe(true);
	});

	it('starts anew after a failure', async () => {
		const shared = new SharedWork<string, number>();
		const bad = controlled();
		const first = shared.run('a', {}, bad.work);
		bad.reject(new Error('cut'));
		await expect(first).rejects.toThrow('cut');
		const good = controlled();
		good.resolve('done');
		expect(await shared.run('a', {}, good.work)).toBe('done');
	});
});
