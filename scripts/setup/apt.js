import { existsSync, readFileSync } from 'node:fs';
import { findProgram, run } from './program.js';

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
 * Installs packages of the distribution without asking anything. Waits for another apt to end.
 * @param {string[]} names
 * @param {(line: string) => void} onLine
 */
export async function install(names, onLine) {
	const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'a' };
	const wait = ['-o', 'DPkg::Lock::Timeout=300'];
	if (!isUpdated) {
		await run('apt-get', [...wait, 'update'], { env, onLine });
		isUpdated = true;
	}
	await run('apt-get', [...wait, 'install', '-y', '--no-install-recommends', ...names], { env, onLine });
}
