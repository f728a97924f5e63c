import { describe, expect, it } from 'vitest';
import { linkPath, readLinkPath } from '$lib/shared/storage-links';
import type { StorageEngineDefinition } from '../../engines/storage';
import type { ObjectHouse } from './house';

/** Links that open without a login. */
export function linkBehaviour(house: ObjectHouse): void {
	const { newBucket, place } = house;

	describe('links for the public', () => {
		it('open one object until they end, for whoever has them, by their signature alone', async () => {
			const bucket = await newBucket();
			await house.panel.put(bucket, 'a.html', Buffer.from('hello'), { 'content-type': 'text/html' });
			await house.panel.put(bucket, 'b', Buffer.from('other'));
			const { path, expiresAt } = await house.panel.caller().objects.signedUrl({
				...{ ...place(bucket, 'a.html'), expiresInSeconds: 900 },
			});
			expect(expiresAt.getTime() - Date.now()).toBeGreaterThan(890_000);
			expect(path).not.toContain('127.0.0.1');
			const got = await house.panel.send(path, {
				headers: { cookie: 'sh0_session=x', origin: 'https://a.example' },
			});
			expect([got.status, got.body.toString()]).toEqual([200, 'hello']);
			expect(got.headers).toMatchObject({
				'x-content-type-options': 'nosniff',
				'content-security-policy': expect.stringContaining('sandbox'),
				'referrer-policy': 'no-referrer',
				'cache-control': 'private, no-store',
			});
			expect(got.headers['set-cookie']).toBeUndefined();
			const head = await house.panel.send(path, { method: 'HEAD' });
			expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '5', 0]);
			const range = await house.panel.send(path, { headers: { range: 'bytes=1-2' } });
			expect([range.status, range.body.toString()]).toEqual([206, 'el']);

			const gone = await house.panel.send(linkPath(place(bucket, 'not there')));
			const read = readLinkPath(
				new URL(path, house.panel.url).pathname,
				new URL(path, house.panel.url).searchParams,
			);
			const signature = read?.signature ?? [];
			const aged = signature.map(([name, value]): [string, string] =>
				name === 'X-Amz-Date' ? [name, '20200101T000000Z'] : [name, value],
			);
			const others: [string, string][] = [
				['without its signature', path.split('?')[0] ?? ''],
				['for another object', linkPath(place(bucket, 'b'), signature)],
				['for another bucket', linkPath(place(await newBucket(), 'a.html'), signature)],
				['from another time', linkPath(place(bucket, 'a.html'), aged)],
				['with more to ask', `${path}&uploads=`],
				['of a list', `/s3/${house.panel.serviceId}/${bucket}/?list-type=2&${path.split('?')[1]}`],
				['of no server', path.replace(house.panel.serviceId, 'svc_aaaaaaaaaaaaaaaaaaaa')],
				['of no bucket', path.replace(bucket, 'not-there')],
				['of a bucket that is a host', path.replace(bucket, '127.0.0.1:80')],
				['of internals', `/s3/${house.panel.serviceId}/minio/admin/v3/info?${path.split('?')[1]}`],
			];
			for (const [what, link] of others) {
				const answer = await house.panel.send(link);
				expect([what, answer.status, answer.body.toString()]).toEqual([what, 404, gone.body.toString()]);
			}
			const put = await house.panel.send(path, { method: 'PUT', body: Buffer.from('x') });
			expect(put.status).toBe(404);
			expect((await house.panel.get(bucket, 'a.html')).body.toString()).toBe('hello');
			const asked = await house.panel.send(path, { headers: { host: 'evil.example' } });
			expect(asked.status).toBe(421);
		});

		it('open every object of a public bucket, and none once it is closed', async () => {
			const bucket = await newBucket();
			const key = 'img/é one.png';
			await house.panel.put(bucket, key, Buffer.from('png'), { 'content-type': 'image/png' });
			const link = linkPath(place(bucket, key));
			const closed = await house.panel.send(link);
			expect(closed.status).toBe(404);
			await house.server.admin().setPublicAccess({ bucket, access: publicRead(house.definition) });
			await expect.poll(async () => (await house.panel.send(link)).status, { timeout: 30_000 }).toBe(200);
			const open = await house.panel.send(`${link}?v=3`);
			expect([open.body.toString(), open.headers['content-type']]).toEqual(['png', 'image/png']);
			expect(open.headers['cross-origin-resource-policy']).toBe('cross-origin');
			expect((await house.panel.send(linkPath(place(bucket, 'none')))).body).toEqual(closed.body);
			for (const query of ['?list-type=2', '?policy', '?uploads', '?versions'])
				expect((await house.panel.send(`/s3/${house.panel.serviceId}/${bucket}/${query}`)).status).toBe(404);
			await house.panel.put(bucket, 'index.html', Buffer.from('hello'), { 'content-type': 'text/html' });
			const start = await house.panel.send(`/s3/${house.panel.serviceId}/${bucket}/`);
			const isSite = publicRead(house.definition).kind === 'website';
			expect([start.status, start.body.toString() === 'hello']).toEqual(isSite ? [200, true] : [404, false]);
			const unslashed = await house.panel.send(`/s3/${house.panel.serviceId}/${bucket}`);
			expect(unslashed.status).toBe(isSite ? 302 : 404);
			await house.server.admin().setPublicAccess({ bucket, access: { kind: 'none' } });
			await expect.poll(async () => (await house.panel.send(link)).status, { timeout: 30_000 }).toBe(404);
		});

		it('go on when the server has another port', async () => {
			const bucket = await newBucket();
			await house.panel.put(bucket, 'a', Buffer.from('hello'));
			const { path } = await house.panel.caller().objects.signedUrl({
				...{ ...place(bucket, 'a'), expiresInSeconds: 604_800 },
			});
			const before = house.server.endpoint();
			await house.server.restart();
			expect(house.server.endpoint()).not.toBe(before);
			await expect.poll(async () => (await house.panel.send(path)).status, { timeout: 30_000 }).toBe(200);
		});
	});
}

/** Garage's public buckets are websites. */
function publicRead({ storageAdmin, versions }: StorageEngineDefinition) {
	const { website } = storageAdmin.capabilities(versions[0]?.version ?? '');
	return website === null
		? ({ kind: 'website', indexDocument: 'index.html', errorDocument: null } as const)
		: ({ kind: 'read' } as const);
}
