import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { garage } from '../../engines/garage/definition';
import { seaweedfs } from '../../engines/seaweedfs/definition';
import {
	bucketOf,
	bytesOf,
	head,
	MIB,
	put,
	putMany,
	putParts,
	useTwoServers,
} from '../../testing/copy-behaviour/house';
import { copyLetters } from '../../testing/copy-behaviour/objects';
import { outcome } from '../../testing/storage-app';

describe('copies with SeaweedFS', () => {
	const house = useTwoServers({ source: garage, target: seaweedfs });

	it('bring every object out of it, and say that the target keeps no tags', async () => {
		const two = house.back;
		const from = await bucketOf(two.source);
		await putMany(from, 30);
		await putParts(from, 'big.bin', 20 * MIB);
		await put(from, 'whole.bin', randomBytes(20 * MIB));
		await put(from, 'empty', '');
		await putParts(from, 'nothing in parts', 0);
		await put(from, 'tagged', 'tagged', { Tagging: 'a=b' });
		const { copyId } = await two.copy(from.bucket);
		const bucket = await two.succeeded(copyId);
		expect(bucket).toMatchObject({ seen: 35, copied: 35, missing: 0, different: 0, refused: 0 });
		const to = await bucketOf(two.target, from.bucket);
		for (const key of ['big.bin', 'whole.bin', 'empty', 'nothing in parts', 'small/00000.txt'])
			expect([key, await bytesOf(to, key)]).toEqual([key, await bytesOf(from, key)]);
		expect((await head(to, 'big.bin')).ETag).toBe((await head(from, 'big.bin')).ETag);
		const { leftBehind } = await two.report(copyId);
		expect(leftBehind).toContainEqual({ bucket: from.bucket, what: 'tags', count: 1 });
	});

	it('bring headers into it with letters of every kind', () => copyLetters(house.two));

	it('says that it is full when the server denies it for that', async () => {
		const from = await bucketOf(house.two.source);
		await put(from, 'one', 'bytes of one');
		const to = await bucketOf(house.two.target);
		await put(to, 'filler', randomBytes(200_000));
		const quota = { maxBytes: 100_000, maxObjects: null };
		await house.two.target.admin().setQuota({ bucket: to.bucket, quota });
		const denied = () => outcome(put(to, 'x', 'x'));
		await expect.poll(denied, { timeout: 180_000, interval: 2_000 }).toBe('AccessDenied');
		const { copyId } = await house.two.copy(from.bucket, to.bucket, true);
		const { operationId } = await house.two.get(copyId);
		const operation = await house.two.app.runner.wait(operationId ?? '');
		expect([operation.status, operation.errorCode]).toEqual(['failed', 'STORAGE_QUOTA_EXCEEDED']);
	});
});
