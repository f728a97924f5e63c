import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createClient, type Client } from '../src/lib/trpc/client';

const startLimitMs = 90_000;
const stopLimitMs = 30_000;

/** A panel of the built app in a process and data folder of its own. */
export type Panel = {
	url: string;
	dataDir: string;
	/** Null once there is an owner. */
	setupUrl: string | null;
	pid: number;
	/** Every line it has written to its stdout and stderr so far. */
	output(): readonly string[];
	/** True once the process is gone, by whatever hand. */
	hasEnded(): boolean;
	/** Ends it as an administrator would (SIGTERM), or at once (SIGKILL); the data folder stays. */
	stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>;
	/** Removes the data folder of a stopped panel. */
	remove(): void;
};

export type PanelOptions = { dataDir?: string; port?: number; env?: Record<string, string> };

/** A signed-in browser without a browser: the client with the cookie and the Origin that pages send. */
export function pageClient(panel: Panel, cookie: () => string): Client {
	return createClient({
		url: panel.url,
		fetch: (input, init) => {
			const headers = new Headers(init?.headers);
			headers.set('origin', panel.url);
			headers.set('cookie', cookie());
			return fetch(input, { ...init, headers });
		},
	});
}

/** Starts `server.js` and resolves once it listens. Throws with its output when it ends or stays silent. */
export async function startPanel(options: PanelOptions = {}): Promise<Panel> {
	const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'sh0-panel-'));
	const port = options.port ?? (await freePort());
	const child = spawn(process.execPath, ['server.js'], {
		env: { ...process.env, HOST: '127.0.0.1', PORT: String(port), SH0_DATA_DIR: dataDir, ...options.env },
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	const url = `http://127.0.0.1:${port}`;
	const output: string[] = [];
	const setupUrl = await listening(child, url, output);
	return {
		url,
		dataDir,
		setupUrl,
		pid: child.pid ?? 0,
		output: () => output,
		hasEnded: () => child.exitCode !== null || child.signalCode !== null,
		stop: (signal = 'SIGTERM') => end(child, signal),
		remove: () => rmSync(dataDir, { recursive: true, force: true }),
	};
}

/** Resolves with the setup link (or null) once the server answers. */
async function listening(child: ChildProcess, url: string, output: string[]): Promise<string | null> {
	let setupUrl: string | null = null;
	let exited = false;
	child.on('exit', () => (exited = true));
	for (const stream of [child.stdout, child.stderr]) {
		if (!stream) continue;
		createInterface({ input: stream }).on('line', (line) => {
			output.push(line);
			setupUrl ??= /https?:\/\/\S+\/setup\?token=\S+/.exec(line)?.[0] ?? null;
		});
	}
	const deadline = Date.now() + startLimitMs;
	while (Date.now() < deadline) {
		if (exited) throw new Error(`the panel ended at once:\n${output.join('\n')}`);
		if (await answers(url)) return setupUrl;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
	child.kill('SIGKILL');
	throw new Error(`the panel did not listen within ${startLimitMs} ms:\n${output.join('\n')}`);
}

async function answers(url: string): Promise<boolean> {
	try {
		const response = await fetch(`${url}/login`, { redirect: 'manual', signal: AbortSignal.timeout(5_000) });
		return response.status < 500;
	} catch {
		return false;
	}
}

async function end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
	if (child.exitCode !== null || child.signalCode !== null) return;
	const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
	child.kill(signal);
	const timer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
	await exited;
	clearTimeout(timer);
}

/** A port nobody listens on now. */
export function freePort(): Promise<number> {
	return new Promise((resolve, reject) => {
		const probe = createServer();
		probe.on('error', reject);
		probe.listen(0, '127.0.0.1', () => {
			const address = probe.address();
			probe.close(() =>
				address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port')),
			);
		});
	});
}
