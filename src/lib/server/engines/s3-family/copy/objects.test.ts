import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MemoryS3 } from '../../../testing/memory-s3';
import { CALL_LIMIT_MS, type Side } from './client';
import { listAfter } from './objects';

let server: MemoryS3;
let side: Side;
beforeEach(async () => {
	server = new MemoryS3('source');
	side = await server.start();
	server.put('a', 'a');
});
afterEach(() => {
	vi.useRealTimers();
	server.stop();
});

const never = new AbortController().signal;

it('gives up a list that breaks off', async () => {
	server.listing = () => 'cut';
	await expect(listAfter(side, null, never)).rejects.toMatchObject({ kind: 'away', role: 'source' });
});

it('gives up a list that stands still, once a document has had its time', async () => {
	server.listing = () => 'silent';
	vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
	const clock = setInterval(() => vi.advanceTimersByTime(CALL_LIMIT_MS / 20), 20);
	const listing = listAfter(side, null, never).finally(() => clearInterval(clock));
	await expect(listing).rejects.toMatchObject({ kind: 'away', role: 'source' });
});

it('waits for a list that stands still no longer than it is wanted', async () => {
	const end = new AbortController();
	server.listing = () => {
		setTimeout(() => end.abort(new Error('paused')), 50);
		return 'silent';
	};
	await expect(listAfter(side, null, end.signal)).rejects.toThrow('paused');
});

it('takes a name that cannot be read for a fault of the server', async () => {
	server.encoded = () => '%E0%A4%A';
	const fault = { kind: 'refused', role: 'source', code: 'KeyEncoding' };
	await expect(listAfter(side, null, never)).rejects.toMatchObject(fault);
});
