#!/usr/bin/env node
// Chromium in a network of its own. It drops requests (ERR_NETWORK_CHANGED) whenever an interface appears or goes on its machine, and
// every container that starts or stops brings one. In here it sees nothing but its own loopback; what it asks for goes through a socket
// file to the panels outside. Where such a network cannot be made, it runs in the machine's own.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenOutside } from './outside.js';

const chromium = process.env.CHROMIUM_PATH || '/usr/bin/chromium';
const args = process.argv.slice(2);

/** Ways to make a network: as root, or as the root of a user namespace. */
const ways = [['--net'], ['--net', '--map-root-user']];
const way = ways.find(
	(flags) => spawnSync('unshare', [...flags, 'ip', 'link', 'set', 'lo', 'up']).status === 0,
);

if (way === undefined) {
	follow(spawn(chromium, args, { stdio: ['inherit', 'inherit', 'inherit', 3, 4] }));
} else {
	const folder = mkdtempSync(join(tmpdir(), 'sh0-chromium-'));
	process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
	const socketPath = join(folder, 'outside.sock');
	await listenOutside(socketPath);
	const inside = new URL('./inside.js', import.meta.url).pathname;
	follow(
		spawn('unshare', [...way, process.execPath, inside, socketPath, chromium, ...args], {
			stdio: ['inherit', 'inherit', 'inherit', 3, 4],
		}),
	);
}

/** @param {import('node:child_process').ChildProcess} child */
function follow(child) {
	for (const signal of /** @type {const} */ (['SIGTERM', 'SIGINT', 'SIGHUP']))
		process.on(signal, () => child.kill(signal));
	child.once('exit', (code) => process.exit(code ?? 1));
}
