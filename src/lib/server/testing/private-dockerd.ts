import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitForDocker } from '../../../../scripts/setup/docker-ping.js';

const startLimitMs = 60_000;

/** A Docker Engine of a test's own, which may be killed and frozen: it shares no folder, socket or network with the machine's. */
export class PrivateDockerd {
	readonly #folder = mkdtempSync(join(tmpdir(), 'sh0-dockerd-'));
	readonly #socketPath = join(this.#folder, 'docker.sock');
	#process: ChildProcess | null = null;

	/** For `DOCKER_HOST`. */
	get host(): string {
		return `unix://${this.#socketPath}`;
	}

	/** Starts it and waits until it answers. Throws when it does not. */
	async start(): Promise<void> {
		const at = (name: string) => join(this.#folder, name);
		const folders = ['--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('pid')];
		const apart = ['--bridge=none', '--iptables=false', '--ip6tables=false', '--ip-forward=false'];
		writeFileSync(at('config.json'), '{}');
		const config = ['--host', this.host, '--config-file', at('config.json')];
		await this.#endContainerd();
		// A killed engine leaves its number behind; by now another process may have it.
		rmSync(at('pid'), { force: true });
		const log = openSync(at('log'), 'w');
		const child = spawn('dockerd', [...config, ...folders, ...apart], { stdio: ['ignore', log, log] });
		closeSync(log);
		this.#process = child;
		const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
		if (await waitForDocker(this.#socketPath, startLimitMs, hasEnded)) return;
		throw new Error(`the private engine does not start:\n${this.#read('log').slice(-2_000)}`);
	}

	/** SIGKILL: gone. SIGSTOP: it takes connections and answers none. SIGCONT: it answers again. */
	async signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
		const child = this.#process;
		child?.kill(name);
		while (name === 'SIGKILL' && child?.exitCode === null && child.signalCode === null) await sleep(20);
	}

	/** Ends it with the containerd that it started, and removes its folder. */
	async remove(): Promise<void> {
		await this.signal('SIGKILL');
		await this.#endContainerd();
		for (const mounted of this.#mounts()) execFileSync('umount', ['--lazy', mounted]);
		rmSync(this.#folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
	}

	/**
	 * It goes with the engine that started it, some moments later, and dead it may wait for its parent to notice: a new engine that still
	 * finds its number takes it for alive and waits for it in vain.
	 */
	async #endContainerd(): Promise<void> {
		const path = 'exec/containerd/containerd.pid';
		const pid = Number(this.#read(path));
		if (pid > 0 && isContainerd(pid)) process.kill(pid, 'SIGKILL');
		while (pid > 0 && isContainerd(pid)) await sleep(20);
		rmSync(join(this.#folder, path), { force: true });
	}

	/** It mounts its data folder over itself, and a killed one leaves that so. */
	#mounts(): string[] {
		const lines = readFileSync('/proc/mounts', 'utf8').split('\n');
		const places = lines.map((line) => line.split(' ')[1] ?? '');
		return places.filter((place) => place.startsWith(`${this.#folder}/`)).reverse();
	}

	#read(name: string): string {
		try {
			return readFileSync(join(this.#folder, name), 'utf8');
		} catch {
			return '';
		}
	}
}

/** False for one that is dead and not yet taken notice of. */
function isContainerd(pid: number): boolean {
	try {
		return /^\d+ \(containerd\) [^ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
	} catch {
		return false;
	}
}
