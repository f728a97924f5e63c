import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { desc } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isWellFormed } from '$lib/shared/database-names';
import { linkPath, readLinkPath } from '$lib/shared/storage-links';
import { objectKeyProblem } from '$lib/shared/storage-names';
import { auditLog } from '../db/schema';
import type { StorageEngineDefinition } from '../engines/storage';
import { findOperation } from '../operations/repository';
import { seedProject } from './surface-seed';
import { hostileStrings } from './hostile-strings';
import { versionsHere } from './images-here';
import { codeIn, ObjectsPanel } from './objects-panel';
import { codeOf, freshName } from './storage-behaviour';
import { startStorageServer, type StorageServer } from './storage-server';

const MIB = 1024 * 1024;

const oddKeys = [
	'../up.txt',
	'a/../b',
	'..',
	'a//b',
	'//',
	'/lead',
	'./dot',
	'line\nbreak\r\ttab',
	`quotes ' " \` \\`,
	' blanks at the ends ',
	'é 日本語 😀/Ünï',
	'%2e%2e%2f+%20 + &=?#;',
	'<b>&amp;]]></b>',
	'control\u0001\u001f',
	`${`${'x'.repeat(249)}/`.repeat(3)}${'x'.repeat(250)}`,
];

/** Bytes one after another without ever being all there. */
function stream(sizeBytes: number): Readable {
	const piece = randomBytes(256 * 1024);
	let left = sizeBytes;
	return new Readable({
		read() {
			if (left <= 0) return void this.push(null);
			const next = left >= piece.length ? piece : piece.subarray(0, left);
			left -= next.length;
			this.push(next);
		},
	});
}

/** What the object browser and its links promise, on a real server of this engine. */
export function objectBehaviour(definition: StorageEngineDefinition): void {
	let server: StorageServer;
	let panel: ObjectsPanel;
	let isHere = false;
	const traits = definition.storageAdmin.traits(definition.versions[0]?.version ?? '');
	beforeAll(async () => {
		const versions = definition.versions.map(({ version }) => version);
		isHere = (await versionsHere(definition.id, versions)).length > 0;
		if (!isHere) return;
		server = await startStorageServer(definition, { memoryBytes: 1024 * MIB });
		panel = new ObjectsPanel(definition, server);
		await panel.start();
	});
	beforeEach((context) => context.skip(!isHere, `the image of ${definition.label} is not on this machine`));
	afterAll(async () => {
		await panel?.stop();
		await server?.remove();
	});

	async function newBucket(): Promise<string> {
		const bucket = freshName();
		await server.admin().createBucket(bucket);
		return bucket;
	}
	const place = (bucket: string, key: string) => ({ serviceId: panel.serviceId, bucket, key });
	const keysOf = async (bucket: string, prefix = ''): Promise<string[]> => {
		const { objects, prefixes } = await panel.caller().objects.list({
			...{ serviceId: panel.serviceId, bucket, prefix, limit: 1_000 },
		});
		return [...prefixes, ...objects.map(({ key }) => key)];
	};
	const newest = () => panel.app.db.select().from(auditLog).orderBy(desc(auditLog.seq)).get();

	describe('odd keys', () => {
		const takes = (key: string) => objectKeyProblem(key, traits) === null;

		it('are uploaded, read and removed exactly as they are, or refused', async () => {
			const bucket = await newBucket();
			const texts = hostileStrings
				.map(({ value }) => value)
				.filter((value) => value !== '' && isWellFormed(value));
			const kept: string[] = [];
			for (const key of new Set([...oddKeys, ...texts])) {
				const body = Buffer.from(`content of ${key}`);
				const put = await panel.put(bucket, key, body);
				if (!takes(key)) {
					expect([codeIn(put), key]).toEqual([expect.stringMatching(/OBJECT_KEY_INVALID|BAD_INPUT/), key]);
					continue;
				}
				if (put.status !== 200) {
					expect([codeIn(put), key]).toEqual(['OBJECT_KEY_INVALID', key]);
					continue;
				}
				kept.push(key);
				const got = await panel.get(bucket, key);
				expect([got.status, got.body.toString(), key]).toEqual([200, body.toString(), key]);
				expect((await panel.caller().objects.head(place(bucket, key))).sizeBytes).toBe(body.length);
			}
			// One that holds a zero byte is refused by some although it could be named.
			expect(kept.length).toBeGreaterThan(traits.takesAnyKey ? 300 : 250);
			const { serviceId } = panel;
			await panel.caller().objects.remove({ serviceId, bucket, keys: kept.slice(0, 3) });
			expect((await panel.get(bucket, kept[0] ?? '')).status).toBe(404);
			await panel.caller().objects.remove({ serviceId, bucket, keys: kept.slice(3) });
			expect(await keysOf(bucket)).toEqual([]);
		}, 300_000);

		it('that begin with a slash are no other object, and not the bucket', async () => {
			const bucket = await newBucket();
			await panel.put(bucket, 'lead', Buffer.from('kept'));
			for (const key of ['/lead', '//lead', '/', '//']) {
				expect(codeIn(await panel.put(bucket, key, Buffer.from('x')))).toBe('OBJECT_KEY_INVALID');
				expect(codeIn(await panel.get(bucket, key))).toBe('OBJECT_NOT_FOUND');
				expect((await panel.send(linkPath(place(bucket, key)))).status).toBe(404);
			}
			const { serviceId } = panel;
			await panel.caller().objects.remove({ serviceId, bucket, keys: ['/lead', '/'] });
			expect((await panel.get(bucket, 'lead')).body.toString()).toBe('kept');
		});

		it('that the engine would take for others are not removed as those', async () => {
			const bucket = await newBucket();
			const { serviceId } = panel;
			for (const key of ['a/b', 'a/c/d', 'lead']) await panel.put(bucket, key, Buffer.from('kept'));
			const keys = ['a//b', 'a/./b', 'a/c/../b', '/lead', '//'].filter((key) => !takes(key));
			await panel.caller().objects.remove({ serviceId, bucket, keys });
			const { operationId } = await panel.caller().objects.removeAll({
				...{ serviceId, bucket, prefixes: ['other/'], keys },
			});
			await expect
				.poll(() => findOperation(panel.app.db, operationId)?.row.status, { timeout: 20_000 })
				.toBe('succeeded');
			for (const prefix of ['a//', 'a/./', '/', '//'].filter((prefix) => !takes(prefix))) {
				const removal = panel.caller().objects.removeAll({ serviceId, bucket, prefixes: [prefix] });
				expect([prefix, await codeOf(asApp(removal))]).toEqual([prefix, 'OBJECT_KEY_INVALID']);
			}
			expect(await keysOf(bucket, 'a/')).toEqual(['a/c/', 'a/b']);
			expect(await keysOf(bucket, 'a/c/')).toEqual(['a/c/d']);
			expect((await panel.get(bucket, 'lead')).body.toString()).toBe('kept');
			for (const prefix of ['a//', 'a/./', 'a/c/../', '/', '//'])
				expect(await keysOf(bucket, prefix)).toEqual([]);
		});

		it('hold line breaks, as many as the engine’s traits allow', async () => {
			const bucket = await newBucket();
			const broken = (count: number) => `folder/a${'\nb'.repeat(count)}`;
			const most = traits.maxKeyLineBreaks ?? 50;
			for (let count = 1; count <= most; count += 1) {
				const key = broken(count);
				expect([count, codeIn(await panel.put(bucket, key, Buffer.from('x')))]).toEqual([count, null]);
				expect((await panel.get(bucket, key)).body.toString()).toBe('x');
			}
			if (traits.maxKeyLineBreaks !== null)
				expect(codeIn(await panel.put(bucket, broken(most + 1), Buffer.from('x')))).toBe(
					'OBJECT_KEY_INVALID',
				);
			const { serviceId } = panel;
			await panel.caller().objects.remove({ serviceId, bucket, keys: [broken(1), broken(most)] });
			expect(await keysOf(bucket, 'folder/')).toHaveLength(most - 2);
		});

		it('are listed level by level, each exactly', async () => {
			const bucket = await newBucket();
			const keys = oddKeys.filter(takes);
			for (const key of keys) await panel.put(bucket, key, Buffer.from('x'));
			const found: string[] = [];
			const walk = async (prefix: string): Promise<void> => {
				for (const entry of await keysOf(bucket, prefix)) {
					if (keys.includes(entry)) found.push(entry);
					else await walk(entry);
				}
			};
			await walk('');
			expect(found.sort()).toEqual([...keys].sort());
		});

		it('are in a link, signed, that opens exactly this object', async () => {
			const bucket = await newBucket();
			for (const key of oddKeys.filter(takes)) {
				await panel.put(bucket, key, Buffer.from(key));
				const { path } = await panel.caller().objects.signedUrl({
					...{ ...place(bucket, key), expiresInSeconds: 900 },
				});
				// As a browser's address bar has it.
				const { pathname, search } = new URL(path, panel.url);
				const got = await panel.send(`${pathname}${search}`);
				expect([got.status, got.body.toString()]).toEqual([200, key]);
			}
		});
	});

	describe('lists', () => {
		it('go on from page to page, by prefix and by the beginning of a name', async () => {
			const bucket = await newBucket();
			for (let index = 0; index < 25; index += 1)
				await panel.put(bucket, `folder/${String(index).padStart(2, '0')}`, Buffer.from('x'));
			await panel.put(bucket, 'folder/deeper/one', Buffer.from('x'));
			await panel.put(bucket, 'other', Buffer.from('x'));
			const { serviceId } = panel;
			const base = { serviceId, bucket };
			expect(await panel.caller().objects.list(base)).toMatchObject({
				prefixes: ['folder/'],
				objects: [{ key: 'other', sizeBytes: 1, changedAt: expect.any(Date) }],
				nextCursor: null,
			});
			const seen: string[] = [];
			let cursor: string | undefined;
			do {
				const page = await panel.caller().objects.list({ ...base, prefix: 'folder/', limit: 10, cursor });
				expect(page.objects.length + page.prefixes.length).toBeLessThanOrEqual(10);
				seen.push(...page.objects.map(({ key }) => key), ...page.prefixes);
				cursor = page.nextCursor ?? undefined;
			} while (cursor !== undefined);
			expect(seen).toHaveLength(26);
			expect(new Set(seen).size).toBe(26);
			const searched = await panel.caller().objects.list({ ...base, prefix: 'folder/', search: '1' });
			expect(searched.objects).toHaveLength(10);
			const { key } = await panel.caller().objects.createFolder({ ...base, prefix: 'folder/', name: 'new' });
			expect(key).toBe('folder/new/');
			expect(await keysOf(bucket, 'folder/')).toContain('folder/new/');
			expect(await keysOf(bucket, 'folder/new/')).toEqual([]);
		});

		it.each([1, 2, 1_000])('show folders beside what begins as they do, %i at a time', async (limit) => {
			const bucket = await newBucket();
			const folders = ['in/sub/', 'in/sub-1/', 'in/sub 2/', 'in/su/', 'in/ü " @ < > & ? + ≠/'];
			const files = ['in/sub.txt', 'in/subx', 'in/su.d', 'in/ü " @.txt'];
			for (const key of [...folders.map((folder) => `${folder}deep/x`), ...files])
				await panel.put(bucket, key, Buffer.from('x'));
			const seen: string[] = [];
			let cursor: string | undefined;
			do {
				const page = await panel
					.caller()
					.objects.list({ serviceId: panel.serviceId, bucket, prefix: 'in/', limit, cursor });
				seen.push(...page.prefixes, ...page.objects.map(({ key }) => key));
				cursor = page.nextCursor ?? undefined;
			} while (cursor !== undefined);
			expect(seen.sort()).toEqual([...folders, ...files].sort());
		});

		it('name no bucket that is not there', async () => {
			const { serviceId } = panel;
			for (const bucket of ['not-there', '../x', 'UPPER'])
				expect(await codeOf(asApp(panel.caller().objects.list({ serviceId, bucket })))).toBe(
					'BUCKET_NOT_FOUND',
				);
		});
	});

	describe('downloads', () => {
		it('are saved under their name, never run, and in parts when asked for one', async () => {
			const bucket = await newBucket();
			const body = randomBytes(300_000);
			const key = `a/é "q";\n.html`;
			await panel.put(bucket, key, body, { 'content-type': 'text/html' });
			const whole = await panel.get(bucket, key);
			expect(whole.body.equals(body)).toBe(true);
			expect(whole.headers).toMatchObject({
				'content-type': 'application/octet-stream',
				'content-length': '300000',
				'content-disposition': `attachment; filename="_ _q___.html"; filename*=UTF-8''%C3%A9%20%22q%22%3B%0A.html`,
				'content-security-policy': expect.stringContaining('sandbox'),
				'x-content-type-options': 'nosniff',
				'cache-control': 'private, no-store',
			});
			const part = await panel.get(bucket, key, { range: 'bytes=100-199' });
			expect(part.status).toBe(206);
			expect(part.headers['content-range']).toBe('bytes 100-199/300000');
			expect(part.body.equals(body.subarray(100, 200))).toBe(true);
			expect((await panel.get(bucket, key, { range: 'bytes=300000-' })).status).toBe(416);
			const etag = whole.headers.etag ?? '';
			expect((await panel.get(bucket, key, { 'if-none-match': etag })).status).toBe(304);
			const head = await panel.send(panel.path(bucket, key), { method: 'HEAD', headers: panel.cookie() });
			expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '300000', 0]);
			expect(codeIn(await panel.get(bucket, 'not there'))).toBe('OBJECT_NOT_FOUND');
		});

		it('show images and the beginning of a text, and nothing that could run', async () => {
			const bucket = await newBucket();
			await panel.put(bucket, 'p.png', Buffer.from('png'), { 'content-type': 'text/html' });
			const image = await panel.get(bucket, 'p.png', {}, { as: 'image' });
			expect(image.headers).toMatchObject({
				'content-type': 'image/png',
				'content-disposition': 'inline',
				'x-content-type-options': 'nosniff',
				'content-security-policy': expect.stringContaining('sandbox'),
			});
			for (const key of ['p.svg', 'p.html', 'p']) {
				await panel.put(bucket, key, Buffer.from('<script>'), { 'content-type': 'image/png' });
				expect(codeIn(await panel.get(bucket, key, {}, { as: 'image' }))).toBe('PREVIEW_NOT_POSSIBLE');
			}
			await panel.put(bucket, 'long.html', Buffer.alloc(300_000, 'a'), { 'content-type': 'text/html' });
			const text = await panel.get(bucket, 'long.html', {}, { as: 'text' });
			expect([text.status, text.body.length]).toEqual([200, 256 * 1024]);
			expect(text.headers['content-type']).toBe('text/plain; charset=utf-8');
			await panel.put(bucket, 'empty', Buffer.alloc(0));
			const empty = await panel.get(bucket, 'empty', {}, { as: 'text' });
			expect([empty.status, empty.body.length]).toEqual([200, 0]);
		});
	});

	describe('who may', () => {
		it('is judged as for procedures, and says nothing of foreign servers', async () => {
			const bucket = await newBucket();
			await panel.put(bucket, 'a', Buffer.from('x'));
			const path = panel.path(bucket, 'a');
			const stranger = seedProject(panel.app.db);
			const foreign = { ...panel.cookie(), cookie: panel.cookie().cookie?.split('=')[0] ?? '' };
			const cases: [string, string | null, Record<string, string>, string][] = [
				['nobody', 'NOT_SIGNED_IN', {}, path],
				['a viewer', 'FORBIDDEN', panel.cookie('viewer'), path],
				['an operator', 'FORBIDDEN', panel.cookie('operator'), path],
				['an admin', null, panel.cookie('admin'), path],
				['a token that may read', 'TOKEN_SCOPE_MISSING', panel.bearer(['read']), path],
				['a token that may see secrets', null, panel.bearer(['secrets']), path],
				[
					'an owner of another project',
					'NOT_FOUND',
					{ cookie: `${foreign.cookie}=${stranger.people.owner.sessionToken}` },
					path,
				],
				['a server that is not', 'NOT_FOUND', panel.cookie(), path.replace(panel.serviceId, 'svc_x')],
				['another site', 'FORBIDDEN', { ...panel.cookie(), origin: 'https://evil.example' }, path],
				['a page of another site', 'FORBIDDEN', { ...panel.cookie(), 'sec-fetch-site': 'cross-site' }, path],
			];
			for (const [who, code, headers, target] of cases)
				expect([who, codeIn(await panel.send(target, { headers }))]).toEqual([who, code]);
			const host = await panel.send(path, { headers: { ...panel.cookie(), host: 'evil.example' } });
			expect(host.status).toBe(421);
		});

		it('ends with the session, in the middle of what it reads', async () => {
			const bucket = await newBucket();
			await panel.put(bucket, 'big', randomBytes(32 * MIB));
			const { hostname, port } = new URL(panel.url);
			const { cookie = '' } = panel.cookie('admin');
			const socket = connect(Number(port), hostname);
			const ended = new Promise((resolve) => socket.once('close', resolve));
			const begun = new Promise((resolve) => socket.once('data', resolve));
			socket.on('error', () => {});
			socket.write(
				`GET ${panel.path(bucket, 'big')} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncookie: ${cookie}\r\n\r\n`,
			);
			await begun;
			socket.pause();
			await panel.caller('admin').auth.logout();
			socket.resume();
			await ended;
			expect(socket.bytesRead).toBeLessThan(32 * MIB);
		});

		it('writes only from our own pages or with a token that manages, and is on record', async () => {
			const bucket = await newBucket();
			const attempt = async (headers: Record<string, string>) =>
				codeIn(await panel.send(panel.path(bucket, 'w'), { method: 'PUT', headers, body: Buffer.from('x') }));
			const { cookie = '', origin = '' } = panel.cookie();
			expect(await attempt({ cookie })).toBe('FORBIDDEN');
			expect(await attempt({ cookie, origin: 'null' })).toBe('FORBIDDEN');
			expect(await attempt({ cookie, origin: `${origin}/` })).toBe('FORBIDDEN');
			expect(await attempt(panel.bearer(['secrets']))).toBe('TOKEN_SCOPE_MISSING');
			expect(await attempt(panel.cookie('viewer'))).toBe('FORBIDDEN');
			expect(newest()).toMatchObject({ action: 'objects.write', outcome: 'denied', targetName: 'w' });
			expect(await keysOf(bucket)).toEqual([]);
			expect(await attempt(panel.bearer(['manage']))).toBeNull();
			expect(newest()).toMatchObject({
				...{ action: 'objects.write', outcome: 'succeeded', targetName: 'w' },
				detail: JSON.stringify({ bucket }),
			});
			const viewer = panel.caller('viewer').objects;
			const { serviceId } = panel;
			expect(await codeOf(asApp(viewer.list({ serviceId, bucket })))).toBe('FORBIDDEN');
			expect(await codeOf(asApp(viewer.remove({ serviceId, bucket, keys: ['w'] })))).toBe('FORBIDDEN');
		});
	});

	describe('uploads', () => {
		it('need their length, and leave nothing when they are cut off', async () => {
			const bucket = await newBucket();
			const headers = { ...panel.cookie(), 'transfer-encoding': 'chunked' };
			const chunked = await panel.send(panel.path(bucket, 'c'), {
				method: 'PUT',
				headers,
				body: Buffer.from('x'),
			});
			expect(chunked.status).toBeGreaterThanOrEqual(400);
			const { hostname, port } = new URL(panel.url);
			const socket = connect(Number(port), hostname);
			const lines = Object.entries({
				...panel.cookie(),
				...{ host: `${hostname}:${port}`, 'content-length': String(8 * MIB) },
			}).map(([name, value]) => `${name}: ${value}`);
			socket.write([`PUT ${panel.path(bucket, 'cut')} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
			socket.write(randomBytes(4 * MIB));
			await new Promise((resolve) => setTimeout(resolve, 500));
			socket.destroy();
			await expect
				.poll(() => newest(), { timeout: 10_000 })
				.toMatchObject({ action: 'objects.write', outcome: 'failed', errorCode: 'OPERATION_INTERRUPTED' });
			expect(await keysOf(bucket)).toEqual([]);
		});

		it('in parts go on after a break, and are whole or nothing', async () => {
			const bucket = await newBucket();
			const key = `big/../file 'x'`.replace('/..', traits.takesAnyKey ? '/..' : '');
			const parts = [randomBytes(5 * MIB), randomBytes(5 * MIB), randomBytes(1_000)];
			const whole = Buffer.concat(parts);
			const api = panel.caller().objects;
			const { uploadId } = await api.createUpload({ ...place(bucket, key), contentType: 'video/mp4' });
			const upload = { ...place(bucket, key), uploadId };
			const put = (index: number) =>
				panel.put(bucket, key, parts[index] ?? Buffer.alloc(0), {}, { uploadId, partNumber: index + 1 });
			expect((await put(2)).status).toBe(200);
			expect((await put(0)).status).toBe(200);
			const all = { ...upload, parts: 3, sizeBytes: whole.length };
			expect(await codeOf(asApp(api.completeUpload(all)))).toBe('UPLOAD_INCOMPLETE');
			await server.crash();
			expect(await api.listParts(upload)).toEqual({
				parts: [
					{ number: 1, sizeBytes: 5 * MIB },
					{ number: 3, sizeBytes: 1_000 },
				],
			});
			expect((await put(1)).status).toBe(200);
			expect(await codeOf(asApp(api.completeUpload({ ...all, sizeBytes: 5 })))).toBe('UPLOAD_INCOMPLETE');
			await api.completeUpload(all);
			const got = await panel.get(bucket, key);
			expect((await panel.caller().objects.head(place(bucket, key))).contentType).toBe('video/mp4');
			expect(got.body.equals(whole)).toBe(true);
			expect(newest()).toMatchObject({ action: 'objects.completeUpload', targetName: key });
			expect(await codeOf(asApp(api.listParts(upload)))).toBe('UPLOAD_NOT_FOUND');
		});

		it('that are cancelled are gone, and can be cancelled again', async () => {
			const bucket = await newBucket();
			const api = panel.caller().objects;
			const { uploadId } = await api.createUpload(place(bucket, 'x'));
			const upload = { ...place(bucket, 'x'), uploadId };
			await panel.put(bucket, 'x', randomBytes(1_000), {}, { uploadId, partNumber: 1 });
			await api.abortUpload(upload);
			await api.abortUpload(upload);
			expect(await codeOf(asApp(api.listParts(upload)))).toBe('UPLOAD_NOT_FOUND');
			const late = await panel.put(bucket, 'x', randomBytes(1_000), {}, { uploadId, partNumber: 2 });
			expect(codeIn(late)).toBe('UPLOAD_NOT_FOUND');
			expect(await keysOf(bucket)).toEqual([]);
		});

		it.runIf(traits.usage === 'atOnce')(
			'say that the bucket is full, in one piece and in parts',
			async () => {
				const bucket = await newBucket();
				await server.admin().setQuota({ bucket, quota: { maxBytes: 100_000, maxObjects: null } });
				expect(codeIn(await panel.put(bucket, 'a', randomBytes(200_000)))).toBe('STORAGE_QUOTA_EXCEEDED');
				const api = panel.caller().objects;
				const { uploadId } = await api.createUpload(place(bucket, 'b'));
				await panel.put(bucket, 'b', randomBytes(200_000), {}, { uploadId, partNumber: 1 });
				const whole = { ...place(bucket, 'b'), uploadId, parts: 1, sizeBytes: 200_000 };
				expect(await codeOf(asApp(api.completeUpload(whole)))).toBe('STORAGE_QUOTA_EXCEEDED');
				expect(await keysOf(bucket)).toEqual([]);
			},
		);

		it.runIf(traits.deniesWhenFull)(
			'say that the bucket is full once the engine denies them, and that of nothing else',
			async () => {
				const bucket = await newBucket();
				await server.admin().setQuota({ bucket, quota: { maxBytes: 100_000, maxObjects: null } });
				const api = panel.caller().objects;
				const { uploadId } = await api.createUpload(place(bucket, 'b'));
				const put = async (key: string) => codeIn(await panel.put(bucket, key, randomBytes(200_000)));
				expect(await put('a')).toBeNull();
				await expect.poll(() => put('c'), { timeout: 180_000, interval: 2_000 }).not.toBeNull();
				expect(await put('c')).toBe('STORAGE_QUOTA_EXCEEDED');
				const part = await panel.put(bucket, 'b', randomBytes(1_000), {}, { uploadId, partNumber: 1 });
				expect(codeIn(part)).toBe('STORAGE_QUOTA_EXCEEDED');
				const { serviceId } = panel;
				const folder = api.createFolder({ serviceId, bucket, prefix: '', name: 'f' });
				expect(await codeOf(asApp(folder))).toBe('STORAGE_QUOTA_EXCEEDED');
				await server.admin().setQuota({ bucket, quota: { maxBytes: 100_000_000, maxObjects: null } });
				// It is shut for some moments more.
				expect(await put('c')).not.toBe('STORAGE_QUOTA_EXCEEDED');
				expect((await panel.get(bucket, 'a')).status).toBe(200);
			},
			240_000,
		);

		it('fail with a sentence while the engine is away, and go on afterwards', async () => {
			const bucket = await newBucket();
			const api = panel.caller().objects;
			const { uploadId } = await api.createUpload(place(bucket, 'x'));
			const body = stream(512 * MIB);
			const sending = panel.send(panel.path(bucket, 'x', { uploadId, partNumber: 1 }), {
				...{ method: 'PUT', headers: panel.cookie(), body, length: 512 * MIB },
			});
			const ended = sending.then(
				(answer) => codeIn(answer),
				() => 'cut off',
			);
			await new Promise((resolve) => setTimeout(resolve, 300));
			await server.crash();
			expect(['ENGINE_UNREACHABLE', 'cut off']).toContain(await ended);
			expect(await keysOf(bucket)).toEqual([]);
			const part = randomBytes(1_000);
			expect((await panel.put(bucket, 'x', part, {}, { uploadId, partNumber: 1 })).status).toBe(200);
			await api.completeUpload({ ...place(bucket, 'x'), uploadId, parts: 1, sizeBytes: 1_000 });
			expect((await panel.get(bucket, 'x')).body.equals(part)).toBe(true);
		});
	});

	describe('many objects', () => {
		it('are removed with their folders by durable work, and their neighbours stay', async () => {
			const bucket = await newBucket();
			const keys = ['a/1', 'a/2', 'a/b/3', 'ab', 'c/1', 'd'];
			for (const key of keys) await panel.put(bucket, key, Buffer.from('x'));
			const { serviceId } = panel;
			const { operationId } = await panel.caller().objects.removeAll({
				...{ serviceId, bucket, prefixes: ['a/'], keys: ['d'] },
			});
			await expect
				.poll(() => findOperation(panel.app.db, operationId)?.row.status, { timeout: 20_000 })
				.toBe('succeeded');
			expect(await keysOf(bucket)).toEqual(['c/', 'ab']);
		});

		it('take the folders with them that they were the last in, and no others', async () => {
			const bucket = await newBucket();
			const { serviceId } = panel;
			const api = panel.caller().objects;
			for (const key of ['a/b/c/1', 'a/b/2', 'd/1', 'd/2', 'e/f/1'])
				await panel.put(bucket, key, Buffer.from('x'));
			await api.createFolder({ serviceId, bucket, prefix: 'e/', name: 'made' });
			await api.remove({ serviceId, bucket, keys: ['a/b/c/1', 'd/1', 'e/f/1'] });
			expect(await keysOf(bucket)).toEqual(['a/', 'd/', 'e/']);
			expect(await keysOf(bucket, 'a/b/')).toEqual(['a/b/2']);
			expect(await keysOf(bucket, 'e/')).toEqual(['e/made/']);
			await api.remove({ serviceId, bucket, keys: ['a/b/2', 'd/2'] });
			expect(await keysOf(bucket)).toEqual(['e/']);
		});
	});

	describe('links for the public', () => {
		it('open one object until they end, for whoever has them, by their signature alone', async () => {
			const bucket = await newBucket();
			await panel.put(bucket, 'a.html', Buffer.from('hello'), { 'content-type': 'text/html' });
			await panel.put(bucket, 'b', Buffer.from('other'));
			const { path, expiresAt } = await panel.caller().objects.signedUrl({
				...{ ...place(bucket, 'a.html'), expiresInSeconds: 900 },
			});
			expect(expiresAt.getTime() - Date.now()).toBeGreaterThan(890_000);
			expect(path).not.toContain('127.0.0.1');
			const got = await panel.send(path, {
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
			const head = await panel.send(path, { method: 'HEAD' });
			expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '5', 0]);
			const range = await panel.send(path, { headers: { range: 'bytes=1-2' } });
			expect([range.status, range.body.toString()]).toEqual([206, 'el']);

			const gone = await panel.send(linkPath(place(bucket, 'not there')));
			const read = readLinkPath(new URL(path, panel.url).pathname, new URL(path, panel.url).searchParams);
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
				['of a list', `/s3/${panel.serviceId}/${bucket}/?list-type=2&${path.split('?')[1]}`],
				['of no server', path.replace(panel.serviceId, 'svc_aaaaaaaaaaaaaaaaaaaa')],
				['of no bucket', path.replace(bucket, 'not-there')],
				['of a bucket that is a host', path.replace(bucket, '127.0.0.1:80')],
				['of internals', `/s3/${panel.serviceId}/minio/admin/v3/info?${path.split('?')[1]}`],
			];
			for (const [what, link] of others) {
				const answer = await panel.send(link);
				expect([what, answer.status, answer.body.toString()]).toEqual([what, 404, gone.body.toString()]);
			}
			const put = await panel.send(path, { method: 'PUT', body: Buffer.from('x') });
			expect(put.status).toBe(404);
			expect((await panel.get(bucket, 'a.html')).body.toString()).toBe('hello');
			const asked = await panel.send(path, { headers: { host: 'evil.example' } });
			expect(asked.status).toBe(421);
		});

		it('go on when the server has another port', async () => {
			const bucket = await newBucket();
			await panel.put(bucket, 'a', Buffer.from('hello'));
			const { path } = await panel.caller().objects.signedUrl({
				...{ ...place(bucket, 'a'), expiresInSeconds: 604_800 },
			});
			const before = server.endpoint();
			await server.restart();
			expect(server.endpoint()).not.toBe(before);
			await expect.poll(async () => (await panel.send(path)).status, { timeout: 10_000 }).toBe(200);
		});

		it('open every object of a public bucket, and none once it is closed', async () => {
			const bucket = await newBucket();
			const key = 'img/é one.png';
			await panel.put(bucket, key, Buffer.from('png'), { 'content-type': 'image/png' });
			const link = linkPath(place(bucket, key));
			const closed = await panel.send(link);
			expect(closed.status).toBe(404);
			await server.admin().setPublicAccess({ bucket, access: publicRead(definition) });
			await expect.poll(async () => (await panel.send(link)).status, { timeout: 10_000 }).toBe(200);
			const open = await panel.send(`${link}?v=3`);
			expect([open.body.toString(), open.headers['content-type']]).toEqual(['png', 'image/png']);
			expect(open.headers['cross-origin-resource-policy']).toBe('cross-origin');
			expect((await panel.send(linkPath(place(bucket, 'none')))).body).toEqual(closed.body);
			for (const query of ['?list-type=2', '?policy', '?uploads', '?versions'])
				expect((await panel.send(`/s3/${panel.serviceId}/${bucket}/${query}`)).status).toBe(404);
			await panel.put(bucket, 'index.html', Buffer.from('hello'), { 'content-type': 'text/html' });
			const start = await panel.send(`/s3/${panel.serviceId}/${bucket}/`);
			const isSite = publicRead(definition).kind === 'website';
			expect([start.status, start.body.toString() === 'hello']).toEqual(isSite ? [200, true] : [404, false]);
			const unslashed = await panel.send(`/s3/${panel.serviceId}/${bucket}`);
			expect(unslashed.status).toBe(isSite ? 302 : 404);
			await server.admin().setPublicAccess({ bucket, access: { kind: 'none' } });
			await expect.poll(async () => (await panel.send(link)).status, { timeout: 10_000 }).toBe(404);
		});
	});

	it('moves 1 GiB each way without keeping it', async () => {
		const bucket = await newBucket();
		const sizeBytes = 1024 * MIB;
		const before = process.memoryUsage().rss;
		let most = before;
		const timer = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 20);
		const sent = createHash('sha256');
		const body = stream(sizeBytes).on('data', (piece: Buffer) => sent.update(piece));
		const put = await panel.send(panel.path(bucket, 'big'), {
			...{ method: 'PUT', headers: panel.cookie(), body, length: sizeBytes },
		});
		expect(put.status).toBe(200);
		const response = await fetch(`${panel.url}${panel.path(bucket, 'big')}`, {
			headers: panel.bearer(['secrets']),
		});
		const got = createHash('sha256');
		for await (const piece of response.body ?? []) got.update(piece);
		clearInterval(timer);
		expect(got.digest('hex')).toBe(sent.digest('hex'));
		// The sender and the reader of this test are in the same process.
		const grownMib = Math.round((most - before) / MIB);
		console.log(`${definition.label}: 1 GiB up and down grew the process by ${grownMib} MiB`);
		expect(grownMib).toBeLessThan(128);
	}, 300_000);
}

/** Garage's public buckets are websites. */
function publicRead({ storageAdmin, versions }: StorageEngineDefinition) {
	const { website } = storageAdmin.capabilities(versions[0]?.version ?? '');
	return website === null
		? ({ kind: 'website', indexDocument: 'index.html', errorDocument: null } as const)
		: ({ kind: 'read' } as const);
}

/** A procedure's failure as the AppError behind it. */
async function asApp<T>(call: Promise<T>): Promise<T> {
	try {
		return await call;
	} catch (error) {
		throw error instanceof Error && error.cause !== undefined ? error.cause : error;
	}
}
