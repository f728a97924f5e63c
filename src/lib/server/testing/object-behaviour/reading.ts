import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { MIB } from '$lib/shared/units';
import { codeIn } from '../objects-panel';
import { codeOf } from '../storage-behaviour';
import { seedProject } from '../surface-seed';
import { asApp, type ObjectHouse } from './house';

/** Lists, downloads and who may have them. */
export function readingBehaviour(house: ObjectHouse): void {
	const { newBucket, keysOf, newest } = house;

	describe('lists', () => {
		it('go on from page to page, by prefix and by the beginning of a name', async () => {
			const bucket = await newBucket();
			for (let index = 0; index < 25; index += 1)
				await house.panel.put(bucket, `folder/${String(index).padStart(2, '0')}`, Buffer.from('x'));
			await house.panel.put(bucket, 'folder/deeper/one', Buffer.from('x'));
			await house.panel.put(bucket, 'other', Buffer.from('x'));
			const { serviceId } = house.panel;
			const base = { serviceId, bucket };
			expect(await house.panel.caller().objects.list(base)).toMatchObject({
				prefixes: ['folder/'],
				objects: [{ key: 'other', sizeBytes: 1, changedAt: expect.any(Date) }],
				nextCursor: null,
			});
			const seen: string[] = [];
			let cursor: string | undefined;
			do {
				const page = await house.panel
					.caller()
					.objects.list({ ...base, prefix: 'folder/', limit: 10, cursor });
				expect(page.objects.length + page.prefixes.length).toBeLessThanOrEqual(10);
				seen.push(...page.objects.map(({ key }) => key), ...page.prefixes);
				cursor = page.nextCursor ?? undefined;
			} while (cursor !== undefined);
			expect(seen).toHaveLength(26);
			expect(new Set(seen).size).toBe(26);
			const searched = await house.panel.caller().objects.list({ ...base, prefix: 'folder/', search: '1' });
			expect(searched.objects).toHaveLength(10);
			const { key } = await house.panel
				.caller()
				.objects.createFolder({ ...base, prefix: 'folder/', name: 'new' });
			expect(key).toBe('folder/new/');
			expect(await keysOf(bucket, 'folder/')).toContain('folder/new/');
			expect(await keysOf(bucket, 'folder/new/')).toEqual([]);
		});

		it.each([1, 2, 1_000])('show folders beside what begins as they do, %i at a time', async (limit) => {
			const bucket = await newBucket();
			const folders = ['in/sub/', 'in/sub-1/', 'in/sub 2/', 'in/su/', 'in/ü " @ < > & ? + ≠/'];
			const files = ['in/sub.txt', 'in/subx', 'in/su.d', 'in/ü " @.txt'];
			for (const key of [...folders.map((folder) => `${folder}deep/x`), ...files])
				await house.panel.put(bucket, key, Buffer.from('x'));
			const seen: string[] = [];
			let cursor: string | undefined;
			do {
				const page = await house.panel
					.caller()
					.objects.list({ serviceId: house.panel.serviceId, bucket, prefix: 'in/', limit, cursor });
				seen.push(...page.prefixes, ...page.objects.map(({ key }) => key));
				cursor = page.nextCursor ?? undefined;
			} while (cursor !== undefined);
			expect(seen.sort()).toEqual([...folders, ...files].sort());
		});

		it('go on from where a page ended alone', async () => {
			const bucket = await newBucket();
			const { serviceId } = house.panel;
			const list = (cursor: string) =>
				codeOf(asApp(house.panel.caller().objects.list({ serviceId, bucket, cursor })));
			expect(await list('nonsense')).toBe('BAD_INPUT');
			// SeaweedFS's own are names, and it goes on after any.
			expect(await list('after:+')).toBe(house.definition.id === 'seaweedfs' ? null : 'BAD_INPUT');
		});

		it('name no bucket that is not there', async () => {
			const { serviceId } = house.panel;
			for (const bucket of ['not-there', '../x', 'UPPER'])
				expect(await codeOf(asApp(house.panel.caller().objects.list({ serviceId, bucket })))).toBe(
					'BUCKET_NOT_FOUND',
				);
		});
	});

	describe('downloads', () => {
		it('are saved under their name, never run, and in parts when asked for one', async () => {
			const bucket = await newBucket();
			const body = randomBytes(300_000);
			const key = `a/é "q";\n.html`;
			await house.panel.put(bucket, key, body, { 'content-type': 'text/html' });
			const whole = await house.panel.get(bucket, key);
			expect(whole.body.equals(body)).toBe(true);
			expect(whole.headers).toMatchObject({
				'content-type': 'application/octet-stream',
				'content-length': '300000',
				'content-disposition': `attachment; filename="_ _q___.html"; filename*=UTF-8''%C3%A9%20%22q%22%3B%0A.html`,
				'content-security-policy': expect.stringContaining('sandbox'),
				'x-content-type-options': 'nosniff',
				'cache-control': 'private, no-store',
			});
			const part = await house.panel.get(bucket, key, { range: 'bytes=100-199' });
			expect(part.status).toBe(206);
			expect(part.headers['content-range']).toBe('bytes 100-199/300000');
			expect(part.body.equals(body.subarray(100, 200))).toBe(true);
			expect((await house.panel.get(bucket, key, { range: 'bytes=300000-' })).status).toBe(416);
			const etag = whole.headers.etag ?? '';
			expect((await house.panel.get(bucket, key, { 'if-none-match': etag })).status).toBe(304);
			const head = await house.panel.send(house.panel.path(bucket, key), {
				method: 'HEAD',
				headers: house.panel.cookie(),
			});
			expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '300000', 0]);
			expect(codeIn(await house.panel.get(bucket, 'not there'))).toBe('OBJECT_NOT_FOUND');
		});

		it('show images and the beginning of a text, and nothing that could run', async () => {
			const bucket = await newBucket();
			await house.panel.put(bucket, 'p.png', Buffer.from('png'), { 'content-type': 'text/html' });
			const image = await house.panel.get(bucket, 'p.png', {}, { as: 'image' });
			expect(image.headers).toMatchObject({
				'content-type': 'image/png',
				'content-disposition': 'inline',
				'x-content-type-options': 'nosniff',
				'content-security-policy': expect.stringContaining('sandbox'),
			});
			for (const key of ['p.svg', 'p.html', 'p']) {
				await house.panel.put(bucket, key, Buffer.from('<script>'), { 'content-type': 'image/png' });
				expect(codeIn(await house.panel.get(bucket, key, {}, { as: 'image' }))).toBe('PREVIEW_NOT_POSSIBLE');
			}
			await house.panel.put(bucket, 'long.html', Buffer.alloc(300_000, 'a'), { 'content-type': 'text/html' });
			const text = await house.panel.get(bucket, 'long.html', {}, { as: 'text' });
			expect([text.status, text.body.length]).toEqual([200, 256 * 1024]);
			expect(text.headers['content-type']).toBe('text/plain; charset=utf-8');
			await house.panel.put(bucket, 'empty', Buffer.alloc(0));
			const empty = await house.panel.get(bucket, 'empty', {}, { as: 'text' });
			expect([empty.status, empty.body.length]).toEqual([200, 0]);
		});
	});

	describe('who may', () => {
		it('is judged as for procedures, and says nothing of foreign servers', async () => {
			const bucket = await newBucket();
			await house.panel.put(bucket, 'a', Buffer.from('x'));
			const path = house.panel.path(bucket, 'a');
			const stranger = seedProject(house.panel.app.db);
			const foreign = { ...house.panel.cookie(), cookie: house.panel.cookie().cookie?.split('=')[0] ?? '' };
			const cases: [string, string | null, Record<string, string>, string][] = [
				['nobody', 'NOT_SIGNED_IN', {}, path],
				['a viewer', 'FORBIDDEN', house.panel.cookie('viewer'), path],
				['an operator', 'FORBIDDEN', house.panel.cookie('operator'), path],
				['an admin', null, house.panel.cookie('admin'), path],
				['a token that may read', 'TOKEN_SCOPE_MISSING', house.panel.bearer(['read']), path],
				['a token that may see secrets', null, house.panel.bearer(['secrets']), path],
				[
					'an owner of another project',
					'NOT_FOUND',
					{ cookie: `${foreign.cookie}=${stranger.people.owner.sessionToken}` },
					path,
				],
				[
					'a server that is not',
					'NOT_FOUND',
					house.panel.cookie(),
					path.replace(house.panel.serviceId, 'svc_x'),
				],
				['another site', 'FORBIDDEN', { ...house.panel.cookie(), origin: 'https://evil.example' }, path],
				[
					'a page of another site',
					'FORBIDDEN',
					{ ...house.panel.cookie(), 'sec-fetch-site': 'cross-site' },
					path,
				],
			];
			for (const [who, code, headers, target] of cases)
				expect([who, codeIn(await house.panel.send(target, { headers }))]).toEqual([who, code]);
			const host = await house.panel.send(path, {
				headers: { ...house.panel.cookie(), host: 'evil.example' },
			});
			expect(host.status).toBe(421);
		});

		it('ends with the session, in the middle of what it reads', async () => {
			const bucket = await newBucket();
			await house.panel.put(bucket, 'big', randomBytes(32 * MIB));
			const { hostname, port } = new URL(house.panel.url);
			const { cookie = '' } = house.panel.cookie('admin');
			const socket = connect(Number(port), hostname);
			const ended = new Promise((resolve) => socket.once('close', resolve));
			const begun = new Promise((resolve) => socket.once('data', resolve));
			socket.on('error', () => {});
			socket.write(
				`GET ${house.panel.path(bucket, 'big')} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncookie: ${cookie}\r\n\r\n`,
			);
			await begun;
			socket.pause();
			await house.panel.caller('admin').auth.logout();
			socket.resume();
			await ended;
			expect(socket.bytesRead).toBeLessThan(32 * MIB);
		});

		it('writes only from our own pages or with a token that manages, and is on record', async () => {
			const bucket = await newBucket();
			const attempt = async (headers: Record<string, string>) =>
				codeIn(
					await house.panel.send(house.panel.path(bucket, 'w'), {
						method: 'PUT',
						headers,
						body: Buffer.from('x'),
					}),
				);
			const { cookie = '', origin = '' } = house.panel.cookie();
			expect(await attempt({ cookie })).toBe('FORBIDDEN');
			expect(await attempt({ cookie, origin: 'null' })).toBe('FORBIDDEN');
			expect(await attempt({ cookie, origin: `${origin}/` })).toBe('FORBIDDEN');
			expect(await attempt(house.panel.bearer(['secrets']))).toBe('TOKEN_SCOPE_MISSING');
			expect(await attempt(house.panel.cookie('viewer'))).toBe('FORBIDDEN');
			expect(newest()).toMatchObject({ action: 'objects.write', outcome: 'denied', targetName: 'w' });
			expect(await keysOf(bucket)).toEqual([]);
			expect(await attempt(house.panel.bearer(['manage']))).toBeNull();
			expect(newest()).toMatchObject({
				...{ action: 'objects.write', outcome: 'succeeded', targetName: 'w' },
				detail: JSON.stringify({ bucket }),
			});
			const viewer = house.panel.caller('viewer').objects;
			const { serviceId } = house.panel;
			expect(await codeOf(asApp(viewer.list({ serviceId, bucket })))).toBe('FORBIDDEN');
			expect(await codeOf(asApp(viewer.remove({ serviceId, bucket, keys: ['w'] })))).toBe('FORBIDDEN');
		});
	});
}
