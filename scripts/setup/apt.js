import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetupError } from './errors.js';
import { findProgram, run } from './program.js';

const LOCK_LIMIT_MS = 10 * 60_000;
const LOCK_PAUSE_MS = 3_000;
/** What apt says in English when another one runs; `DPkg::Lock::Timeout` waits for some of its locks only, not for that of the lists. */
const isLocked = /Could not get lock|Unable to (?:acquire|lock)/;

/** @type {unknown} */
let updateProblem;
let isUpdated = false;

/** Whether this is Debian or one of its children, with the right to install packages. */
export function canInstall() {
	return process.getuid?.() === 0 && findProgram('apt-get') !== undefined && isDebianLike();
}

/** @param {string} [osRelease] the text of /etc/os-release */
export function isDebianLike(osRelease = readOsRelease()) {
	return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(osRelease);
}

function readOsRelease() {
	return existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
}

/**
 * Installs packages of the distribution without asking anything. Waits up to 10 minutes for another apt to end, such as the one that a new
 * machine runs at its first start. Throws a SetupError that begins with a sentence.
 * @param {string[]} names
 * @param {(line: string) => void} onLine
 * @param {{ lockLimitMs?: number, lockPauseMs?: number }} [limits]
 */
export async function install(names, onLine, limits = {}) {
	if (!isUpdated) await update(onLine, limits);
	try {
		await apt(['install', '-y', '--no-install-recommends', ...names], onLine, limits);
	} catch (error) {
		const what = `The packages ${names.join(', ')} could not be installed: see what apt said, put it right, and run this command again.`;
		const causes = [updateProblem, error].map((problem) => (problem instanceof Error ? problem.message : ''));
		throw new SetupError([what, ...causes].filter(Boolean).join('\n'), { cause: error });
	}
}

/**
 * One broken source among several is no reason to stop: what is to be installed may come from the others.
 * @param {(line: string) => void} onLine @param {{ lockLimitMs?: number, lockPauseMs?: number }} limits
 */
async function update(onLine, limits) {
	try {
		await apt(['update'], onLine, limits);
		isUpdated = true;
		updateProblem = undefined;
	} catch (error) {
		updateProblem = error;
	}
}

/**
 * @param {string[]} args
 * @param {(line: string) => void} onLine
 * @param {{ lockLimitMs?: number, lockPauseMs?: number }} limits
 */
async function apt(args, onLine, { lockLimitMs = LOCK_LIMIT_MS, lockPauseMs = LOCK_PAUSE_MS }) {
	const quiet = { DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'a', LC_ALL: 'C.UTF-8' };
	const env = { ...process.env, ...quiet };
	const endsAt = Date.now() + lockLimitMs;
	for (;;) {
		try {
			return await run('apt-get', ['-o', 'DPkg::Lock::Timeout=60', ...args], { env, onLine });
		} catch (error) {
			const isBusy = error instanceof Error && isLocked.test(error.message);
			if (!isBusy || Date.now() >= endsAt) throw error;
			onLine('another apt is at work; waiting for it');
			await sleep(lockPauseMs);
		}
	}
}
