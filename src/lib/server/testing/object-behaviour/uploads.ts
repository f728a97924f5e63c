import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { MIB } from '$lib/shared/units';
import { codeIn } from '../objects-panel';
import { codeOf } from '../storage-behaviour';
import { asApp, stream, type ObjectHouse } from './house';

/** Uploads in one piece and in parts. */
export function uploadBehaviour(house: ObjectHouse): void {
	const { newBucket, place, keysOf, newest, traits } = house;

	describe('uploads', () => {
		it('need their length, and leave nothing when they are cut off', async () => {
			const bucket = await newBucket();
			const headers = { ...house.panel.cookie(), 'transfer-encoding': 'chunked' };
			const chunked = await house.panel.send(house.panel.path(bucket, 'c'), {
				method: 'PUT',
				headers,
				body: Buffer.from('x'),
			});
			expect(chunked.status).toBeGreaterThanOrEqual(400);
			const { hostname, port } = new URL(house.panel.url);
			const socket = connect(Number(port), hostname);
			const lines = Object.entries({
				...house.panel.cookie(),
				...{ host: `${hostname}:${port}`, 'content-length': String(8 * MIB) },
			}).map(([name, value]) => `${name}: ${value}`);
			socket.write([`PUT ${house.panel.path(bucket, 'cut')} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
			socket.write(randomBytes(4 * MIB));
			await expect.poll(newest).toMatchObject({ phase: 'intent', targetName: 'cut' });
			// It has begun: some of it shall be at the engine too.
			await new Promise((resolve) => setTimeout(resolve, 300));
			socket.destroy();
			await expect
				.poll(newest)
				.toMatchObject({ action: 'objects.write', outcome: 'failed', errorCode: 'OPERATION_INTERRUPTED' });
			expect(await keysOf(bucket)).toEqual([]);
		});

		it('in parts go on after a break, and are whole or nothing', async () => {
			const bucket = await newBucket();
			const key = `big/../file 'x'`.replace('/..', traits.takesAnyKey ? '/..' : '');
			const parts = [randomBytes(5 * MIB), randomBytes(5 * MIB), randomBytes(1_000)];
			const whole = Buffer.concat(parts);
			const api = house.panel.caller().objects;
			const { uploadId } = await api.createUpload({ ...place(bucket, key), contentType: 'video/mp4' });
			const upload = { ...place(bucket, key), uploadId };
			const put = (index: number) =>
				house.panel.put(
					bucket,
					key,
					parts[index] ?? Buffer.alloc(0),
					{},
					{ uploadId, partNumber: index + 1 },
				);
			expect((await put(2)).status).toBe(200);
			expect((await put(0)).status).toBe(200);
			const all = { ...upload, parts: 3, sizeBytes: whole.length };
			expect(await codeOf(asApp(api.completeUpload(all)))).toBe('UPLOAD_INCOMPLETE');
			await house.server.crash();
			expect(await api.listParts(upload)).toEqual({
				parts: [
					{ number: 1, sizeBytes: 5 * MIB },
					{ number: 3, sizeBytes: 1_000 },
				],
			});
			expect((await put(1)).status).toBe(200);
			expect(await codeOf(asApp(api.completeUpload({ ...all, sizeBytes: 5 })))).toBe('UPLOAD_INCOMPLETE');
			await api.completeUpload(all);
			const got = await house.panel.get(bucket, key);
			expect((await house.panel.caller().objects.head(place(bucket, key))).contentType).toBe('video/mp4');
			expect(got.body.equals(whole)).toBe(true);
			expect(newest()).toMatchObject({ action: 'objects.completeUpload', targetName: key });
			expect(await codeOf(asApp(api.listParts(upload)))).toBe('UPLOAD_NOT_FOUND');
		});

		it('that are cancelled are gone, and can be cancelled again', async () => {
			const bucket = await newBucket();
			const api = house.panel.caller().objects;
			const { uploadId } = await api.createUpload(place(bucket, 'x'));
			const upload = { ...place(bucket, 'x'), uploadId };
			await house.panel.put(bucket, 'x', randomBytes(1_000), {}, { uploadId, partNumber: 1 });
			await api.abortUpload(upload);
			await api.abortUpload(upload);
			expect(await codeOf(asApp(api.listParts(upload)))).toBe('UPLOAD_NOT_FOUND');
			const late = await house.panel.put(bucket, 'x', randomBytes(1_000), {}, { uploadId, partNumber: 2 });
			expect(codeIn(late)).toBe('UPLOAD_NOT_FOUND');
			expect(await keysOf(bucket)).toEqual([]);
		});

		it.runIf(traits.usage === 'atOnce')(
			'say that the bucket is full, in one piece and in parts',
			async () => {
				const bucket = await newBucket();
				await house.server.admin().setQuota({ bucket, quota: { maxBytes: 100_000, maxObjects: null } });
				expect(codeIn(await house.panel.put(bucket, 'a', randomBytes(200_000)))).toBe(
					'STORAGE_QUOTA_EXCEEDED',
				);
				const api = house.panel.caller().objects;
				const { uploadId } = await api.createUpload(place(bucket, 'b'));
				await house.panel.put(bucket, 'b', randomBytes(200_000), {}, { uploadId, partNumber: 1 });
				const whole = { ...place(bucket, 'b'), uploadId, parts: 1, sizeBytes: 200_000 };
				expect(await codeOf(asApp(api.completeUpload(whole)))).toBe('STORAGE_QUOTA_EXCEEDED');
				expect(await keysOf(bucket)).toEqual([]);
			},
		);

		it('fail with a sentence while the engine is away, and go on afterwards', async () => {
			const bucket = await newBucket();
			const api = house.panel.caller().objects;
			const { uploadId } = await api.createUpload(place(bucket, 'x'));
			const body = stream(512 * MIB);
			const sending = house.panel.send(house.panel.path(bucket, 'x', { uploadId, partNumber: 1 }), {
				...{ method: 'PUT', headers: house.panel.cookie(), body, length: 512 * MIB },
			});
			const ended = sending.then(
				(answer) => codeIn(answer),
				() => 'cut off',
			);
			await new Promise((resolve) => setTimeout(resolve, 300));
			await house.server.crash();
			expect(['ENGINE_UNREACHABLE', 'cut off']).toContain(await ended);
			expect(await keysOf(bucket)).toEqual([]);
			const part = randomBytes(1_000);
			expect((await house.panel.put(bucket, 'x', part, {}, { uploadId, partNumber: 1 })).status).toBe(200);
			await api.completeUpload({ ...place(bucket, 'x'), uploadId, parts: 1, sizeBytes: 1_000 });
			expect((await house.panel.get(bucket, 'x')).body.equals(part)).toBe(true);
		});
	});
}
