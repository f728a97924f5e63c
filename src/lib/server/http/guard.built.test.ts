import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPanel, type Panel } from '../../../../e2e/panel';
import { openDatabase, type Database } from '../db/client';
import { auditLog, projects, users } from '../db/schema';
import { dataFiles, loadEnv } from '../env';
import { codeIn, mutate, owner, send, setUpOwner, type RawAnswer } from './testing';

/** The guard on the built app: each of these is a way in that was once open. */
let panel: Panel;
let database: Database;
let cookie: string;
let projectId: string;
let port: string;

beforeAll(async () => {
	const dataDir = mkdtempSync(join(tmpdir(), 'sh0-guard-'));
	panel = await startPanel({ dataDir, env: { DOCKER_HOST: `unix://${dataDir}/no-docker.sock` } });
	port = new URL(panel.url).port;
	({ cookie, projectId } = await setUpOwner(panel));
	database = openDatabase({ file: dataFiles(dataDir).database, migrationsDir: loadEnv({}).migrationsDir });
});
afterAll(async () => {
	database?.close();
	await panel?.stop();
	panel?.remove();
});

const projectCount = () => database.db.select().from(projects).all().length;

describe('a mutation with the cookie', () => {
	const types = {
		none: undefined,
		'text/plain': 'text/plain;charset=UTF-8',
		form: 'application/x-www-form-urlencoded',
		multipart: 'multipart/form-data; boundary=x',
		'json as text': 'text/json',
		json: 'application/json',
	};
	const origins = {
		foreign: () => 'https://evil.example',
		null: () => 'null',
		sibling: () => `http://other.localhost:${port}`,
		'other port': () => 'http://127.0.0.1:1',
		'other name of this machine': () => `http://localhost:${port}`,
		'other scheme': () => `https://127.0.0.1:${port}`,
		'own with a slash': () => `${panel.url}/`,
		empty: () => '',
		absent: () => undefined,
		own: () => panel.url,
	};
	const matrix = Object.keys(origins).flatMap((origin) =>
		Object.keys(types).map((type) => ({ origin, type })),
	);

	it.each(matrix)('from $origin as $type', async ({ origin, type }) => {
		const before = projectCount();
		const contentType = types[type as keyof typeof types];
		const from = origins[origin as keyof typeof origins]();
		const headers = {
			cookie,
			...(from === undefined ? {} : { origin: from }),
			...(contentType === undefined ? {} : { 'content-type': contentType }),
		};
		const body = JSON.stringify({ json: { name: 'made by a stranger' } });
		const answer = await send(panel.url, '/trpc/projects.create', { method: 'POST', headers, body });
		const isOurs = origin === 'own';
		expect(answer.status).toBe(isOurs ? (type === 'json' ? 200 : 415) : 403);
		expect(projectCount()).toBe(isOurs && type === 'json' ? before + 1 : before);
	});

	it('is refused before its body is read', async () => {
		const headers = { cookie, origin: 'https://evil.example', 'content-type': 'application/json' };
		const answer = await send(panel.url, '/trpc/projects.create', { method: 'POST', headers, body: '{' });
		expect(answer.status).toBe(403);
		expect(codeIn(answer)).toBe('FORBIDDEN');
	});

	it.each(['PUT', 'PATCH', 'DELETE'])('cannot be sent by %s, to a page neither', async (method) => {
		const foreign = { cookie, origin: 'https://evil.example' };
		expect((await send(panel.url, '/', { method, headers: foreign })).status).toBe(403);
		expect((await send(panel.url, '/', { method, headers: { cookie } })).status).toBe(403);
		const own = { cookie, origin: panel.url };
		expect((await send(panel.url, '/trpc/projects.create', { method, headers: own })).status).toBe(405);
	});

	it.each(['GET', 'HEAD', 'OPTIONS'])('does not run by %s', async (method) => {
		const before = projectCount();
		const input = encodeURIComponent(JSON.stringify({ json: { name: 'by address' } }));
		const answer = await send(panel.url, `/trpc/projects.create?input=${input}`, {
			method,
			headers: { cookie },
		});
		expect(answer.status).toBeGreaterThanOrEqual(400);
		expect(projectCount()).toBe(before);
	});
});

describe('a script', () => {
	it('needs no origin, but may not come from a foreign page', async () => {
		const created = await mutate(
			panel.url,
			'tokens.create',
			{ projectId, name: 'ci', scopes: ['read'], password: owner.password },
			{ cookie },
		);
		const token = /"token":"([^"]+)"/.exec(created.body)?.[1] ?? '';
		const authorization = `Bearer ${token}`;
		const ask = (headers: Record<string, string>) =>
			send(panel.url, '/trpc/projects.list', { headers: { authorization, ...headers } });
		expect((await ask({})).status).toBe(200);
		expect((await ask({ origin: panel.url })).status).toBe(200);
		expect((await ask({ origin: 'https://evil.example' })).status).toBe(403);
		expect((await ask({ 'sec-fetch-site': 'same-site' })).status).toBe(403);
		const rename = { 'content-type': 'application/json', authorization };
		const body = JSON.stringify({ json: { projectId, name: 'x' } });
		const answer = await send(panel.url, '/trpc/projects.rename', { method: 'POST', headers: rename, body });
		expect(codeIn(answer)).toBe('TOKEN_SCOPE_MISSING');
	});
});

describe('a batch', () => {
	const login = { email: 'nobody@example.org', password: 'wrong-harbour-27' };
	const batch = (paths: string[], separator = ',') =>
		send(panel.url, `/trpc/${paths.join(separator)}?batch=1`, {
			method: 'POST',
			headers: { origin: panel.url, 'content-type': 'application/json', cookie },
			body: JSON.stringify(Object.fromEntries(paths.map((_, index) => [index, { json: login }]))),
		});
	const times = (count: number, path: string) => Array.from({ length: count }, () => path);

	it('of 500 logins is refused whole', async () => {
		const answer = await batch(times(500, 'auth.login'));
		expect(answer.status).toBe(400);
		expect(codeIn(answer)).toBe('BATCH_TOO_LARGE');
	});

	it.each([',', '%2C', '%2c'])('never holds a login, a setup or an invitation (%s)', async (separator) => {
		for (const path of ['auth.login', 'auth.setup', 'auth.acceptInvitation']) {
			const answer = await batch([path, 'projects.create'], separator);
			expect(answer.status).toBe(400);
			expect(codeIn(answer)).toBe('BATCH_NOT_ALLOWED');
		}
	});

	it('holds ten calls at most', async () => {
		const read = (count: number) =>
			send(
				panel.url,
				`/trpc/${times(count, 'auth.me').join(',')}?batch=1&input=${encodeURIComponent('{}')}`,
				{
					headers: { cookie },
				},
			);
		expect((await read(10)).status).toBe(200);
		expect(codeIn(await read(11))).toBe('BATCH_TOO_LARGE');
	});
});

describe('a body', () => {
	const headers = () => ({ origin: panel.url, 'content-type': 'application/json', cookie });
	const body = JSON.stringify({ json: { name: 'x'.repeat(70_000) } });

	it('over 64 KiB is refused', async () => {
		const answer = await send(panel.url, '/trpc/projects.create', {
			method: 'POST',
			headers: headers(),
			body,
		});
		expect(answer.status).toBe(413);
	});

	it('without a length is refused', async () => {
		const answer = await send(panel.url, '/trpc/projects.create', {
			...{ method: 'POST', body, isChunked: true },
			headers: { ...headers(), 'transfer-encoding': 'chunked' },
		});
		expect(answer.status).toBe(411);
	});

	it('that is no JSON is bad input, and says nothing of the parser', async () => {
		const answer = await send(panel.url, '/trpc/projects.create', {
			method: 'POST',
			headers: headers(),
			body: '{',
		});
		expect(answer.status).toBe(400);
		expect(codeIn(answer)).toBe('BAD_INPUT');
		expect(answer.body).not.toMatch(/JSON at|Unexpected|SyntaxError/);
	});

	it.each([
		'null',
		'{"json":{"name":"x","__proto__":{"a":1}},"meta":{"values":{"__proto__.a":["Date"]}}}',
		'{"json":{"name":"x"},"meta":{"referentialEqualities":{"name":["__proto__.x"]}}}',
		'{"json":{"name":"x"},"meta":{"values":{"name":["bigint"]}}}',
	])('that is JSON but no input (%s) is the caller’s fault, and fills no log', async (body) => {
		const answer = await send(panel.url, '/trpc/projects.create', {
			method: 'POST',
			headers: headers(),
			body,
		});
		expect({ status: answer.status, code: codeIn(answer) }).toEqual({ status: 400, code: 'BAD_INPUT' });
		const failures = panel.output().filter((line) => line.includes('"call.failed"'));
		expect(failures.filter((line) => /__proto__|BigInt|destructure/.test(line))).toEqual([]);
	});
});

describe('a Host that is not ours', () => {
	it.each([
		(own: string) => `evil.example:${own}`,
		(own: string) => `127.0.0.1.evil.example:${own}`,
		() => '127.0.0.1:1',
		() => '127.0.0.1',
		() => 'x y',
	])('gets neither a page nor data (%#)', async (hostOf) => {
		const host = hostOf(port);
		for (const path of ['/', '/login', '/trpc/auth.me', '/login/__data.json']) {
			const answer = await send(panel.url, path, { headers: { host, cookie } });
			expect([400, 421]).toContain(answer.status);
			expect(answer.body).not.toContain(owner.email);
		}
	});

	it('is told what to do, in the reader’s language', async () => {
		const headers = { host: `panel.example.org:${port}`, 'accept-language': 'es' };
		const answer = await send(panel.url, '/', { headers });
		expect(answer.status).toBe(421);
		expect(answer.body).toMatch(/^sh0 no responde.*ORIGIN/);
	});

	it('is not localhost: that works beside 127.0.0.1, with its own origin', async () => {
		const host = `localhost:${port}`;
		const answer = await mutate(panel.url, 'auth.login', owner, { host, origin: `http://${host}` });
		expect(answer.status).toBe(200);
		const crossed = await mutate(panel.url, 'auth.login', owner, { host, origin: panel.url });
		expect(crossed.status).toBe(403);
	});
});

describe('headers', () => {
	const cases: [string, () => Promise<RawAnswer>, number][] = [
		['a page', () => send(panel.url, '/login'), 200],
		['a missing page', () => send(panel.url, '/nope'), 404],
		['a file', () => send(panel.url, '/favicon.svg'), 200],
		['data', () => send(panel.url, '/trpc/auth.me', { headers: { cookie } }), 200],
		['an error of the API', () => send(panel.url, '/trpc/auth.me'), 401],
		['an unknown procedure', () => send(panel.url, '/trpc/nope', { headers: { cookie } }), 404],
		[
			'a refused origin',
			() => mutate(panel.url, 'auth.login', owner, { origin: 'https://evil.example' }),
			403,
		],
		['a refused host', () => send(panel.url, '/', { headers: { host: 'evil.example' } }), 421],
	];

	it.each(cases)('of %s', async (_name, ask, status) => {
		const { status: actual, headers } = await ask();
		expect(actual).toBe(status);
		expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
		expect(headers['content-security-policy']).not.toContain("script-src 'unsafe");
		expect(headers).toMatchObject({
			'x-content-type-options': 'nosniff',
			'x-frame-options': 'DENY',
			'cross-origin-opener-policy': 'same-origin',
			'cross-origin-resource-policy': 'same-origin',
		});
		expect(headers['referrer-policy']).toMatch(/^(same-origin|no-referrer)$/);
		expect(headers['permissions-policy']).toContain('camera=()');
		expect(headers['strict-transport-security']).toBeUndefined();
		expect(headers['access-control-allow-origin']).toBeUndefined();
	});

	it('keep data out of caches, and name each request', async () => {
		for (const path of ['/login', '/trpc/auth.me', '/nope']) {
			const { headers } = await send(panel.url, path, { headers: { cookie } });
			expect(headers['cache-control']).toBe('no-store');
			expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
		}
		const first = await send(panel.url, '/login', { headers: { 'x-request-id': 'mine' } });
		expect(first.headers['x-request-id']).not.toBe('mine');
	});

	it('let scripts of a page run by their nonce alone', async () => {
		const { headers, body } = await send(panel.url, '/login');
		const nonce = /'nonce-([^']+)'/.exec(String(headers['content-security-policy']))?.[1] ?? '';
		expect(nonce).not.toBe('');
		for (const [tag] of body.matchAll(/<script[^>]*>/g)) expect(tag).toContain(nonce);
		expect(body).toMatch(/<html lang="en" data-theme="system"/);
	});

	it('put the language and the theme of the cookies on the page', async () => {
		const chosen = { cookie: 'sh0_locale=sw; sh0_theme=dark' };
		expect((await send(panel.url, '/login', { headers: chosen })).body).toMatch(
			/<html lang="sw" data-theme="dark"/,
		);
		const hostile = { cookie: 'sh0_locale="><script>; sh0_theme="><script>' };
		expect((await send(panel.url, '/login', { headers: hostile })).body).toMatch(
			/<html lang="en" data-theme="system"/,
		);
	});
});

describe('an error nobody foresaw', () => {
	/** Takes a table away for a moment, as no input could. */
	async function withoutUsers<T>(run: () => Promise<T>): Promise<T> {
		database.db.run('ALTER TABLE users RENAME TO users_away');
		try {
			return await run();
		} finally {
			database.db.run('ALTER TABLE users_away RENAME TO users');
		}
	}

	it('reaches a caller of the API as a code and a request id', async () => {
		const answer = await withoutUsers(() => mutate(panel.url, 'auth.login', owner));
		expect(answer.status).toBe(500);
		expect(codeIn(answer)).toBe('INTERNAL');
		expect(answer.body).toContain(String(answer.headers['x-request-id']));
		expect(answer.body).not.toMatch(/no such table|SELECT|stack|\.js|node_modules|users/i);
	});

	it('reaches a page as no more', async () => {
		const answer = await withoutUsers(() => send(panel.url, '/login'));
		expect(answer.status).toBe(500);
		expect(answer.body).not.toMatch(/no such table|SELECT .* FROM|at .*\.js/i);
		expect((await send(panel.url, '/login')).status).toBe(200);
		expect(database.db.select().from(users).all()).toHaveLength(1);
	});
});

it('believes no client about its address', async () => {
	const headers = {
		'x-forwarded-for': '203.0.113.9',
		'x-real-ip': '203.0.113.9',
		forwarded: 'for=203.0.113.9',
	};
	const answer = await mutate(panel.url, 'auth.login', owner, headers);
	expect(answer.status).toBe(200);
	const list = await send(panel.url, '/trpc/sessions.list', { headers: { cookie } });
	expect(list.body).toContain('127.0.0.1');
	expect(list.body).not.toContain('203.0.113.9');
});

it('records whose account was tried, and nothing else that was typed there', async () => {
	const typed = 'violet-harbour-27 typed into the wrong field';
	await mutate(panel.url, 'auth.login', owner);
	await mutate(panel.url, 'auth.login', { ...owner, email: typed });
	const records = database.db.select().from(auditLog).all();
	const logins = records.filter(({ action, phase }) => action === 'auth.login' && phase === 'intent');
	expect(logins.at(-1)).toMatchObject({ targetKind: 'user', targetName: owner.email, ip: '127.0.0.1' });
	expect(JSON.stringify(records)).not.toContain(owner.password);
});
