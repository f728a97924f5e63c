import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { isKeyId, isKeySecret } from '$lib/shared/storage-names';
import { isOwnKey, newKey } from './key-material';
import { OwnKeys } from './own-keys';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function house() {
	const made: string[] = [];
	let sweeps = 0;
	const keys = new OwnKeys({
		endpoint: 'http://127.0.0.1:1',
		region: 'us-east-1',
		make: ({ bucket, level }) => Promise.resolve(void made.push(`${bucket} ${level}`)),
		sweep: () => Promise.resolve(void (sweeps += 1)),
	});
	return { keys, made, sweeps: () => sweeps };
}

const request = { bucket: 'abc', level: 'read' as const, lifetimeMs: 60_000 };

it('shares one key between calls that ask for the same, as long as it lasts for each', async () => {
	const { keys, made } = house();
	const [first, second] = await Promise.all([keys.access(request), keys.access(request)]);
	expect(second).toBe(first);
	vi.advanceTimersByTime(59_000);
	expect(await keys.access(request)).toBe(first);
	vi.advanceTimersByTime(2_000);
	expect(await keys.access(request)).not.toBe(first);
	expect(made).toEqual(['abc read', 'abc read']);
});

it('makes another for another bucket, level or time, and after the bucket was removed', async () => {
	const { keys, made } = house();
	await keys.access(request);
	await keys.access({ ...request, level: 'write' });
	await keys.access({ ...request, bucket: 'abcd' });
	await keys.access({ ...request, lifetimeMs: 1_000 });
	expect(made).toHaveLength(4);
	keys.forget('abc');
	await keys.access({ ...request, bucket: 'abcd' });
	expect(made).toHaveLength(4);
	await keys.access(request);
	expect(made).toHaveLength(5);
});

it('sweeps before it makes one, once an hour', async () => {
	const { keys, sweeps } = house();
	await keys.access(request);
	await keys.access({ ...request, bucket: 'b' });
	expect(sweeps()).toBe(1);
	vi.advanceTimersByTime(3_600_000);
	await keys.access(request);
	expect(sweeps()).toBe(2);
});

it('makes ids and secrets that every engine takes, never its own kind for an app', () => {
	for (let count = 0; count < 1_000; count += 1) {
		const { id, secret } = newKey();
		expect(isKeyId(id) && isKeySecret(secret.reveal()) && !isOwnKey(id)).toBe(true);
		expect(id).toMatch(/^[A-Z][A-Z0-9]{19}$/);
	}
	expect(isOwnKey(newKey({ isOwn: true }).id)).toBe(true);
});
