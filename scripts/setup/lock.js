import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './root.js';

const EMPTY_MS = 5_000;

/**
 * Two commands in one clone must not install or build at the same time: the second one waits.
 * @template T
 * @param {() => Promise<T>} work
 * @param {{ file?: string, onWait?: () => void, pollMs?: number }} [options]
 * @returns {Promise<T>}
 */
export async function withLock(work, { file = lockFile(), onWait, pollMs = 250 } = {}) {
	let hasSaid = false;
	while (!take(file)) {
		if (!hasSaid) onWait?.();
		hasSaid = true;
		await sleep(pollMs);
	}
	try {
		return await work();
	} finally {
		rmSync(file, { force: true });
	}
}

function lockFile() {
	return join(tmpdir(), `sh0-setup-${createHash('sha256').update(root).digest('hex').slice(0, 12)}.lock`);
}

/** @param {string} file */
function take(file) {
	try {
		writeFileSync(file, String(process.pid), { flag: 'wx' });
		return true;
	} catch (error) {
		if (!isCode(error, 'EEXIST')) throw error;
	}
	if (!isHeld(file)) rmSync(file, { force: true });
	return false;
}

/** @param {string} file */
function isHeld(file) {
	try {
		const pid = Number(readFileSync(file, 'utf8'));
		// Between its making and its writing the file is empty for a moment; on a full disk it stays so.
		if (pid === 0) return Date.now() - statSync(file).mtimeMs < EMPTY_MS;
		process.kill(pid, 0);
		return isNode(pid);
	} catch (error) {
		return isCode(error, 'EPERM');
	}
}

/**
 * After a restart of the machine the number may be another program's: then nobody holds the lock.
 * @param {number} pid
 */
function isNode(pid) {
	if (!existsSync('/proc/self/cmdline')) return true;
	const [program = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
	return /^node/.test(basename(program));
}

/** @param {unknown} error @param {string} code */
function isCode(error, code) {
	return error instanceof Error && 'code' in error && error.code === code;
}
