import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startPanel, type Panel, type PanelOptions } from '../../../../e2e/panel';
import { codeIn, cookiesOf, mutate, openSocket, owner, send, setUpOwner, until } from './testing';

/** Sessions and sockets on the built app. */
const panels: Panel[] = [];

async function open(options: PanelOptions = {}): Promise<Panel> {
	const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'sh0-sessions-'));
	const env = { DOCKER_HOST: `unix://${dataDir}/no-docker.sock`, ...options.env };
	const panel = await startPanel({ ...options, dataDir, env });
	panels.push(panel);
	return panel;
}

afterEach(async () => {
	await Promise.all(panels.map((panel) => panel.stop()));
	for (const panel of panels.splice(0)) panel.remove();
});

const me = (panel: Panel, cookie: string) => send(panel.url, '/trpc/auth.me', { headers: { cookie } });
const wrong = { ...owner, password: 'wrong-harbour-27' };

describe('the setup link', () => {
	it('works once, by its newest token alone', async () => {
		const first = await open();
		const older = new URL(first.setupUrl ?? '').searchParams.get('token');
		await first.stop();
		const panel = await open({ dataDir: first.dataDir });
		expect(codeIn(await mutate(panel.url, 'auth.setup', { token: older, ...owner }))).toBe(
			'SETUP_LINK_INVALID',
		);
		await setUpOwner(panel);
		const token = new URL(panel.setupUrl ?? '').searchParams.get('token');
		expect(codeIn(await mutate(panel.url, 'auth.setup', { token, ...owner }))).toBe('SETUP_DONE');
		await panel.stop();
		expect((await open({ dataDir: first.dataDir })).setupUrl).toBeNull();
	});
});

describe('the session cookie', () => {
	it('is kept from scripts and other sites', async () => {
		const panel = await open();
		await setUpOwner(panel);
		const { headers } = await mutate(panel.url, 'auth.login', owner, { 'x-sh0-protocol': 'https' });
		const cookies = headers['set-cookie'] ?? [];
		expect(cookies).toHaveLength(2);
		for (const cookie of cookies) {
			expect(cookie).toMatch(new RegExp(`^sh0_(session|device)_${new URL(panel.url).port}=[\\w-]{43};`));
			expect(cookie).toMatch(/; HttpOnly/);
			expect(cookie).toMatch(/; SameSite=Lax/);
			expect(cookie).toMatch(/; Path=\//);
			expect(cookie).not.toMatch(/Secure|Domain/);
		}
	});

	it('is Secure with the __Host- prefix behind https, where browsers are told to stay on https', async () => {
		const panel = await open({ env: { ORIGIN: 'https://panel.example.org' } }).catch(() => null);
		expect(panel).not.toBeNull();
		if (!panel) return;
		const host = { host: 'panel.example.org', origin: 'https://panel.example.org' };
		const token = new URL(panel.setupUrl ?? '').searchParams.get('token');
		expect(panel.setupUrl).toMatch(/^https:\/\/panel\.example\.org\/setup\?token=/);
		const answer = await mutate(panel.url, 'auth.setup', { token, ...owner }, host);
		expect(answer.status).toBe(200);
		for (const cookie of answer.headers['set-cookie'] ?? []) {
			expect(cookie).toMatch(/^__Host-sh0_(session|device)=/);
			expect(cookie).toMatch(/; Secure/);
			expect(cookie).toMatch(/; Path=\//);
			expect(cookie).not.toMatch(/Domain/);
		}
		expect(answer.headers['strict-transport-security']).toMatch(/^max-age=\d{8}/);
		expect((await send(panel.url, '/login')).status).toBe(421);
	});

	it('is never one that the browser brought along', async () => {
		const panel = await open();
		const { cookie } = await setUpOwner(panel);
		const name = `sh0_session_${new URL(panel.url).port}`;
		const planted = `${name}=${'A'.repeat(43)}`;
		const answer = await mutate(panel.url, 'auth.login', owner, { cookie: planted });
		expect(answer.status).toBe(200);
		expect(cookiesOf(answer)).not.toContain('A'.repeat(43));
		expect((await me(panel, planted)).status).toBe(401);
		const again = await mutate(panel.url, 'auth.login', owner, { cookie });
		expect(cookiesOf(again)).not.toContain(/session_\d+=([\w-]+)/.exec(cookie)?.[1]);
	});

	it('is worth nothing after signing out', async () => {
		const panel = await open();
		const { cookie } = await setUpOwner(panel);
		expect((await me(panel, cookie)).status).toBe(200);
		const answer = await mutate(panel.url, 'auth.logout', undefined, { cookie });
		expect(answer.status).toBe(200);
		expect(answer.headers['set-cookie']?.[0]).toMatch(/sh0_session_\d+=;.*Max-Age=0/);
		expect((await me(panel, cookie)).status).toBe(401);
	});
});

describe('guessing', () => {
	it('is slowed down per account, over a restart, and does not lock a browser out that signed in before', async () => {
		const first = await open();
		const { cookie } = await setUpOwner(first);
		for (let count = 0; count < 5; count += 1) {
			expect(codeIn(await mutate(first.url, 'auth.login', wrong))).toBe('LOGIN_FAILED');
		}
		expect(codeIn(await mutate(first.url, 'auth.login', owner))).toBe('THROTTLED');
		for (let count = 0; count < 4; count += 1) {
			await new Promise((resolve) => setTimeout(resolve, 2 ** count * 1000 + 50));
			await mutate(first.url, 'auth.login', wrong);
		}
		await first.stop();
		const panel = await open({ dataDir: first.dataDir, port: Number(new URL(first.url).port) });
		expect(codeIn(await mutate(panel.url, 'auth.login', owner))).toBe('THROTTLED');
		expect((await mutate(panel.url, 'auth.login', owner, { cookie })).status).toBe(200);
	});

	it('is bounded for strangers as a whole', async () => {
		const panel = await open();
		await setUpOwner(panel);
		const answers = await Promise.all(
			Array.from({ length: 80 }, (_, index) =>
				mutate(panel.url, 'auth.login', { ...wrong, email: `nobody${index}@example.org` }),
			),
		);
		const refused = answers.filter(({ status }) => status === 429);
		expect(refused.length).toBeGreaterThanOrEqual(20);
		expect(Number(refused[0]?.headers['retry-after'])).toBeGreaterThan(0);
	});
});

describe('a WebSocket', () => {
	const subscribe = (projectId: string) =>
		JSON.stringify({
			id: 1,
			method: 'subscription',
			params: { path: 'operations.watchProject', input: { json: { projectId } } },
		});

	it('is let in from our own pages and to scripts alone', async () => {
		const panel = await open();
		const { cookie, projectId } = await setUpOwner(panel);
		const { port } = new URL(panel.url);
		const end = async (path: string, headers: Record<string, string>) =>
			openSocket(panel.url, path, headers).ended;
		for (const origin of [
			'https://evil.example',
			'null',
			`http://x.localhost:${port}`,
			'http://127.0.0.1:1',
		]) {
			expect(await end('/trpc', { cookie, origin })).toEqual({ kind: 'refused', status: 403 });
		}
		expect(await end('/trpc', { cookie })).toEqual({ kind: 'refused', status: 403 });
		expect(await end('/trpc', { origin: panel.url })).toEqual({ kind: 'refused', status: 401 });
		const rebound = { cookie, origin: `http://evil.example:${port}`, host: `evil.example:${port}` };
		expect(await end('/trpc', rebound)).toEqual({ kind: 'refused', status: 403 });
		for (const path of ['/', '/trpc/', '/trpcx', '/other']) {
			expect(await end(path, { cookie, origin: panel.url })).toEqual({ kind: 'refused', status: 404 });
		}
		const own = openSocket(panel.url, '/trpc', { cookie, origin: panel.url });
		expect(await own.opened).toBe(true);
		own.socket.close();

		const created = await mutate(
			panel.url,
			'tokens.create',
			{ projectId, name: 'ci', scopes: ['read'], password: owner.password },
			{ cookie },
		);
		const token = /"token":"([^"]+)"/.exec(created.body)?.[1] ?? '';
		const script = openSocket(panel.url, '/trpc', { authorization: `Bearer ${token}` });
		expect(await script.opened).toBe(true);
		script.socket.send(subscribe(projectId));
		await until(() => script.messages.some((message) => message.includes('started')));
		script.socket.close();
	});

	it('with a cookie or a token that is worth nothing is not let in', async () => {
		const panel = await open();
		await setUpOwner(panel);
		const name = `sh0_session_${new URL(panel.url).port}`;
		const socket = openSocket(panel.url, '/trpc', { cookie: `${name}=${'A'.repeat(43)}`, origin: panel.url });
		expect(await socket.ended).toEqual({ kind: 'refused', status: 401 });
		const authorization = `Bearer sh0_${'A'.repeat(43)}`;
		expect(await openSocket(panel.url, '/trpc', { authorization }).ended).toEqual({
			kind: 'refused',
			status: 401,
		});
	});

	it('ends with its session, and takes no login', async () => {
		const panel = await open();
		const { cookie, projectId } = await setUpOwner(panel);
		const live = openSocket(panel.url, '/trpc', { cookie, origin: panel.url });
		await live.opened;
		live.socket.send(
			JSON.stringify({ id: 2, method: 'mutation', params: { path: 'auth.login', input: { json: owner } } }),
		);
		await until(() => live.messages.some((message) => message.includes('BAD_INPUT')));
		live.socket.send(subscribe(projectId));
		await until(() => live.messages.some((message) => message.includes('started')));
		await mutate(panel.url, 'auth.logout', undefined, { cookie });
		expect(await live.ended).toEqual({ kind: 'closed', code: 4401 });
	});

	it('ends when its person’s role changes', async () => {
		const panel = await open();
		const { cookie, projectId } = await setUpOwner(panel);
		const invited = await mutate(
			panel.url,
			'invitations.create',
			{ projectId, email: 'second@example.org', role: 'admin' },
			{ cookie },
		);
		const token = /"token":"([^"]+)"/.exec(invited.body)?.[1];
		const joined = await mutate(panel.url, 'auth.acceptInvitation', { token, password: owner.password });
		const theirs = cookiesOf(joined);
		const userId = /"id":"(usr_[^"]+)"/.exec((await me(panel, theirs)).body)?.[1];
		const live = openSocket(panel.url, '/trpc', { cookie: theirs, origin: panel.url });
		await live.opened;
		live.socket.send(subscribe(projectId));
		await until(() => live.messages.some((message) => message.includes('started')));
		const changed = await mutate(
			panel.url,
			'members.setRole',
			{ projectId, userId, role: 'viewer' },
			{ cookie },
		);
		expect(changed.status).toBe(200);
		expect(await live.ended).toEqual({ kind: 'closed', code: 4401 });
		expect((await me(panel, theirs)).body).toContain('"role":"viewer"');
	});

	it('cannot be opened without bound by one session', async () => {
		const panel = await open();
		const { cookie } = await setUpOwner(panel);
		const headers = { cookie, origin: panel.url };
		for (let count = 0; count < 20; count += 1) {
			expect(await openSocket(panel.url, '/trpc', headers).opened).toBe(true);
		}
		expect(await openSocket(panel.url, '/trpc', headers).ended).toEqual({ kind: 'refused', status: 429 });
	});

	it('takes no message over 64 KiB', async () => {
		const panel = await open();
		const { cookie } = await setUpOwner(panel);
		const live = openSocket(panel.url, '/trpc', { cookie, origin: panel.url });
		await live.opened;
		live.socket.send('x'.repeat(65 * 1024));
		expect(await live.ended).toEqual({ kind: 'closed', code: 1009 });
		expect((await send(panel.url, '/login')).status).toBe(200);
	});
});

describe('stopping', () => {
	it('tells sockets, ends with 0 within 10 s, and frees the data folder', async () => {
		const panel = await open();
		const { cookie } = await setUpOwner(panel);
		const live = openSocket(panel.url, '/trpc', { cookie, origin: panel.url });
		await live.opened;
		const startedAt = Date.now();
		await panel.stop();
		expect(await live.ended).toEqual({ kind: 'closed', code: 1001 });
		expect(Date.now() - startedAt).toBeLessThan(10_000);
		const again = await open({ dataDir: panel.dataDir, port: Number(new URL(panel.url).port) });
		expect((await me(again, cookie)).status).toBe(200);
	});

	it.each(['SIGTERM', 'SIGINT'] as const)('exits with 0 on %s', async (signal) => {
		const dataDir = mkdtempSync(join(tmpdir(), 'sh0-stop-'));
		const child = spawn(process.execPath, ['server.js'], {
			env: { ...process.env, PORT: '0', SH0_DATA_DIR: dataDir, DOCKER_HOST: `unix://${dataDir}/no.sock` },
			stdio: ['ignore', 'pipe', 'ignore'],
		});
		let output = '';
		child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
		await until(() => output.includes('listening'), 30_000);
		expect(output).toMatch(/http:\/\/127\.0\.0\.1:[1-9]\d+\n/);
		const exited = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
		child.kill(signal);
		expect(await exited).toBe(0);
		rmSync(dataDir, { recursive: true, force: true });
	});
});
