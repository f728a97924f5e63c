import { DeleteObjectCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { listCopyBuckets } from '../../storage/copies/repository';
import { refusalOf } from '../refusal';
import { outcome } from '../storage-app';
import { bucketOf, bytesOf, head, MIB, put, putMany, putParts, type CopyHouse } from './house';

/** How a copy goes on after what befalls it, and ends when it is to. */
export function goingOnBehaviour(house: CopyHouse): void {
	it('goes on after the panel was ended in the middle, and copies nothing twice', async () => {
		const from = await bucketOf(house.two.source);
		await putMany(from, 600);
		const { copyId } = await house.two.copy(from.bucket);
		await house.two.seen(copyId, 50);
		await house.two.restart();
		const bucket = await house.two.succeeded(copyId);
		expect(bucket).toMatchObject({ seen: 600, missing: 0, different: 0, refused: 0, targetObjects: 600 });
		expect(bucket.copied + bucket.same).toBe(600);
		// Those that were under way are found to be there already.
		expect(bucket.same).toBeLessThanOrEqual(8);
	});

	it('goes on with the parts of a large object', async () => {
		const from = await bucketOf(house.two.source);
		await putParts(from, 'big.bin', 120 * MIB);
		const { copyId } = await house.two.copy(from.bucket);
		const uploads = () => Object.keys(listCopyBuckets(house.two.app.db, copyId)[0]?.uploads ?? {}).length;
		await expect.poll(uploads, { timeout: 30_000, interval: 5 }).toBe(1);
		await house.two.restart();
		const bucket = await house.two.succeeded(copyId);
		expect(bucket).toMatchObject({ seen: 1, copied: 1, missing: 0, different: 0 });
		const to = await bucketOf(house.two.target, from.bucket);
		expect((await head(to, 'big.bin')).ETag).toBe((await head(from, 'big.bin')).ETag);
		expect(await bytesOf(to, 'big.bin')).toBe(await bytesOf(from, 'big.bin'));
	});

	it('goes on after the target was killed in the middle', async () => {
		const from = await bucketOf(house.two.source);
		await putMany(from, 600);
		const { copyId } = await house.two.copy(from.bucket);
		await house.two.seen(copyId, 50);
		const crash = house.two.target.crash();
		const waitsFor = async () => (await house.two.get(copyId)).waitsFor;
		await expect.poll(waitsFor, { timeout: 30_000, interval: 50 }).toBe('server');
		await crash;
		const bucket = await house.two.succeeded(copyId);
		expect(bucket).toMatchObject({ seen: 600, missing: 0, different: 0, refused: 0, targetObjects: 600 });
	});

	it('reports what changed in the source meanwhile, and brings it over the next time', async () => {
		const from = await bucketOf(house.two.source);
		await putMany(from, 900);
		await put(from, 'z-changes', 'before');
		await put(from, 'z-goes', 'before');
		const { copyId } = await house.two.copy(from.bucket);
		await house.two.seen(copyId, 20);
		await put(from, 'z-changes', 'after!');
		await from.s3.send(new DeleteObjectCommand({ Bucket: from.bucket, Key: 'z-goes' }));
		const bucket = await house.two.succeeded(copyId);
		const { findings } = await house.two.report(copyId);
		expect(findings.map(({ key, reason }) => [key, reason])).toEqual([['z-changes', 'changed']]);
		expect(bucket.missing + bucket.different).toBe(1);
		const again = await house.two.copy(from.bucket, null, true);
		expect(await house.two.succeeded(again.copyId)).toMatchObject({ copied: 1, missing: 0, different: 0 });
	});

	it('pauses, goes on, and ends when asked to; what was copied stays', async () => {
		const from = await bucketOf(house.two.source);
		await putMany(from, 800);
		const { copyId } = await house.two.copy(from.bucket);
		const on = { serviceId: house.two.targetId, copyId };
		await house.two.seen(copyId, 20);
		await house.two.api.pause(on);
		const paused = await house.two.ended(copyId, 'paused');
		expect(paused.seen).toBeLessThan(800);
		expect(await refusalOf(house.two.api.pause(on))).toMatchObject({ code: 'COPY_STATE' });
		await house.two.api.resume(on);
		await house.two.seen(copyId, paused.seen + 20);
		await house.two.api.cancel(on);
		const cancelled = await house.two.ended(copyId, 'cancelled');
		expect(await refusalOf(house.two.api.resume(on))).toMatchObject({ code: 'COPY_STATE' });
		expect(cancelled.seen).toBeLessThan(800);
		const to = await bucketOf(house.two.target, from.bucket);
		expect(await outcome(head(to, 'small/00000.txt'))).toBe('ok');
		const uploads = await to.s3.send(new ListMultipartUploadsCommand({ Bucket: to.bucket }));
		expect(uploads.Uploads ?? []).toEqual([]);
	});
}
