import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isDebianLike } from './apt.js';
import { isCompilation, matches } from './dependencies.js';
import { dockerSocket, pingDocker, waitForDocker } from './docker-ping.js';
import { withLock } from './lock.js';
import { assertNodeVersion } from './node-version.js';
import { findProgram, run } from './program.js';
import { formatSeconds } from './report.js';
import { root } from './root.js';
import { isRunning } from './running.js';

let folder: string;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'sh0-setup-test-'));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe('before node_modules exists', () => {
	it('imports nothing but Node and files of its own', () => {
		const files = readdirSync(join(root, 'scripts'), { recursive: true, encoding: 'utf8' }).filter((file) =>
			/^(setup\/[^/]+|test\/[^/]+|start|test|build|sh0|dev)\.js$/.test(file),
		);
		expect(files.length).toBeGreaterThan(15);
		for (const file of files) {
			const text = readFileSync(join(root, 'scripts', file), 'utf8');
			const imported = [...text.matchAll(/^import .*?'([^']+)';$/gms)].map((match) => match[1]);
			for (const from of imported) expect(`${file}: ${from}`).toMatch(/: (node:|\.\.?\/)/);
		}
	});
});

describe('assertNodeVersion', () => {
	it.each(['20.19.0', '20.20.2', '22.12.0', '23.1.0', '24.1.0'])('takes Node %s', (version) => {
		expect(() => assertNodeVersion(version)).not.toThrow();
	});

	it.each(['20.18.3', '18.20.0', '19.99.0', '21.7.3', '22.11.0'])(
		'refuses Node %s and says which it needs',
		(version) => {
			expect(() => assertNodeVersion(version)).toThrow(
				`sh0 needs Node 20.19, or 22.12 or newer; this is Node ${version}.`,
			);
		},
	);
});

describe('isRunning', () => {
	it('knows a panel by its mark while it runs, and nothing else by a mark that was left', async () => {
		expect(isRunning(join(folder, 'none'))).toBe(false);
		writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
		const running = pathToFileURL(join(root, 'scripts/setup/running.js')).href;
		const panel = `import { markRunning } from '${running}'; markRunning(process.cwd()); console.log('up'); process.stdin.resume().on('end', () => process.exit());`;
		writeFileSync(join(folder, 'server.js'), panel);
		const child = spawn(process.execPath, ['server.js'], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
		await once(child.stdout, 'data');
		expect(isRunning(folder)).toBe(true);
		child.stdin.end();
		await once(child, 'close');
		expect(readdirSync(folder).filter((name) => name.startsWith('.panel'))).toEqual([]);
		for (const left of [child.pid, process.pid]) writeFileSync(join(folder, `.panel-${left}`), '');
		expect(isRunning(folder)).toBe(false);
	});
});

describe('isDebianLike', () => {
	it.each([
		['ID=debian\nVERSION_ID="12"', true],
		['NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian', true],
		['ID=linuxmint\nID_LIKE="ubuntu debian"', true],
		['ID=fedora\nHOME_URL="https://debian.org"', false],
		['ID="alpine"', false],
		['', false],
	])('judges %j as %s', (text, expected) => {
		expect(isDebianLike(text)).toBe(expected);
	});
});

describe('isCompilation', () => {
	it.each([
		['npm error gyp ERR! find Python Python is not set', true],
		['npm error better-sqlite3: prebuild-install || node-gyp rebuild --release', true],
		['npm error request to https://registry.npmjs.org failed, reason: getaddrinfo EAI_AGAIN', false],
	])('judges %j as %s', (text, expected) => {
		expect(isCompilation(new Error(text))).toBe(expected);
	});
});

describe('matches', () => {
	const locked = {
		'': { version: '0.1.0' },
		'node_modules/a': { version: '1.0.0' },
		'node_modules/b-darwin': { version: '2.0.0', optional: true },
	};

	it('takes a folder that lacks only optional packages', () => {
		expect(matches(locked, { 'node_modules/a': { version: '1.0.0' } })).toBe(true);
	});

	it.each([
		['a package is missing', {}],
		['a version differs', { 'node_modules/a': { version: '1.0.1' } }],
		[
			'an optional version differs',
			{ 'node_modules/a': { version: '1.0.0' }, 'node_modules/b-darwin': { version: '1.9.0' } },
		],
	])('does not when %s', (_what, installed) => {
		expect(matches(locked, installed)).toBe(false);
	});
});

describe('Docker', () => {
	it.each([
		[undefined, '/var/run/docker.sock'],
		['', '/var/run/docker.sock'],
		['unix:///run/user/1000/docker.sock', '/run/user/1000/docker.sock'],
		['tcp://10.0.0.1:2375', undefined],
	])('finds the socket in DOCKER_HOST=%s', (host, expected) => {
		expect(dockerSocket(host)).toBe(expected);
	});

	it('tells an engine that answers from one that does not', async () => {
		const socket = join(folder, 'docker.sock');
		expect(await pingDocker(socket)).toBe('silent');
		expect(await waitForDocker(socket, 300)).toBe(false);
		const server = createServer((request, response) => response.end(request.url === '/_ping' ? 'OK' : ''));
		await new Promise<void>((resolve) => server.listen(socket, resolve));
		expect(await waitForDocker(socket, 3_000)).toBe(true);
		server.close();
	});

	it('stops waiting when the engine has ended', async () => {
		const startedAt = Date.now();
		expect(await waitForDocker(join(folder, 'none.sock'), 10_000, () => true)).toBe(false);
		expect(Date.now() - startedAt).toBeLessThan(2_000);
	});
});

describe('withLock', () => {
	it('lets one in at a time', async () => {
		const file = join(folder, 'lock');
		let inside = 0;
		let most = 0;
		const work = async () => {
			inside += 1;
			most = Math.max(most, inside);
			await new Promise((resolve) => setTimeout(resolve, 20));
			inside -= 1;
		};
		let waits = 0;
		const options = { file, pollMs: 2, onWait: () => (waits += 1) };
		await Promise.all([withLock(work, options), withLock(work, options), withLock(work, options)]);
		expect(most).toBe(1);
		expect(waits).toBe(2);
	});

	it('takes over a lock that a full disk left empty', async () => {
		const file = join(folder, 'lock');
		writeFileSync(file, '');
		const longAgo = new Date(Date.now() - 60_000);
		utimesSync(file, longAgo, longAgo);
		expect(await withLock(async () => 'done', { file, pollMs: 2 })).toBe('done');
	});

	it('takes over a lock whose number is another program’s by now', async () => {
		const file = join(folder, 'lock');
		const other = spawn('sleep', ['60']);
		writeFileSync(file, String(other.pid));
		expect(await withLock(async () => 'done', { file, pollMs: 2 })).toBe('done');
		other.kill();
	});

	it('takes over the lock of a process that is gone', async () => {
		const file = join(folder, 'lock');
		const gone = spawnSync(process.execPath, ['--version']).pid;
		writeFileSync(file, String(gone));
		expect(await withLock(async () => 'done', { file, pollMs: 2 })).toBe('done');
	});

	it('is free again after a failure', async () => {
		const file = join(folder, 'lock');
		const failing = withLock(() => Promise.reject(new Error('no')), { file });
		await expect(failing).rejects.toThrow('no');
		expect(await withLock(async () => 'done', { file })).toBe('done');
	});
});

describe('run', () => {
	it('passes arguments as they are, without a shell', async () => {
		const lines: string[] = [];
		const args = ['-e', 'console.log(process.argv[1])', '$(id) `id`; "x" \'y\' *'];
		await run(process.execPath, args, { onLine: (line) => lines.push(line) });
		expect(lines).toEqual(['$(id) `id`; "x" \'y\' *']);
	});

	it('fails with the last of the output', async () => {
		const args = ['-e', 'console.error("out of space"); process.exit(3)'];
		await expect(run(process.execPath, args)).rejects.toThrow(/ended with 3:\nout of space/);
	});

	it('says so when the program is not there', async () => {
		await expect(run(join(folder, 'none'), [])).rejects.toThrow('could not be started');
	});
});

describe('findProgram', () => {
	it('finds what is on the path, and nothing else', () => {
		expect(findProgram('ls')).toMatch(/\/ls$/);
		expect(findProgram('sh0-there-is-no-such-program')).toBeUndefined();
	});
});

describe('formatSeconds', () => {
	it.each([
		[400, '0.4 s'],
		[59_900, '59.9 s'],
		[61_000, '1 min 01 s'],
		[754_000, '12 min 34 s'],
	])('writes %i ms as %s', (ms, text) => {
		expect(formatSeconds(ms)).toBe(text);
	});
});
