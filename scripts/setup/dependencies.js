import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { canInstall, install } from './apt.js';
import { SetupError } from './errors.js';
import { findProgram, run } from './program.js';
import { root } from './root.js';
import { hashOf, readStamp, writeStamp } from './stamp.js';

const stampFile = join(root, 'node_modules', '.sh0-stamp');
const compiled = join(root, 'node_modules/better-sqlite3/build/Release/better_sqlite3.node');

/** @typedef {Record<string, { version?: string, optional?: boolean, link?: boolean }>} LockedPackages */

/**
 * Installs what package-lock.json says, when node_modules holds anything else.
 * @param {import('./report.js').Report} report
 */
export async function ensureDependencies(report) {
	const stamp = `${process.versions.modules} ${hashOf(root, ['package-lock.json'])}`;
	const found = readStamp(stampFile);
	if (found === stamp && existsSync(compiled)) return;
	const isOtherNode = found !== undefined && found.split(' ')[0] !== process.versions.modules;
	if (isOtherNode || !existsSync(compiled) || !isInstalled()) {
		await report.step('Installing dependencies', (note) => installDependencies(note));
	}
	writeStamp(stampFile, stamp);
}

/** @param {(line: string) => void} note */
async function installDependencies(note) {
	const [command, first] = npm();
	const args = [...first, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=info'];
	// Some tools name the Node lines they are tested on; assertNodeVersion knows those they work on.
	args.push('--engine-strict=false');
	const options = { cwd: root, env: { ...process.env, ...headersOf(process.execPath) }, onLine: note };
	try {
		await run(command, args, options);
	} catch (error) {
		// better-sqlite3 is compiled where its ready-made binary cannot be fetched, and that takes tools.
		const missing = ['python3', 'make', 'g++'].filter((name) => findProgram(name) === undefined);
		if (missing.length === 0 || !isCompilation(error)) throw error;
		if (!canInstall()) {
			const text = `One dependency is compiled here, and that takes ${missing.join(', ')}: install them, and run this command again.`;
			throw new SetupError(text, { cause: error });
		}
		note(`installing ${missing.join(', ')}`);
		await install(missing, note);
		await run(command, args, options);
	}
}

/** Not a registry out of reach, for example. @param {unknown} error */
export function isCompilation(error) {
	return error instanceof Error && /node-gyp|gyp ERR|prebuild-install/.test(error.message);
}

/** npm as it called us, so that no second npm of another version gets in. @returns {[string, string[]]} */
function npm() {
	const path = process.env.npm_execpath;
	if (path !== undefined && basename(path) === 'npm-cli.js') return [process.execPath, [path]];
	return ['npm', []];
}

/** Where Node's own headers lie, the compiler needs no download. @param {string} nodePath */
function headersOf(nodePath) {
	for (const prefix of [resolve(nodePath, '../..'), '/usr']) {
		if (existsSync(join(prefix, 'include/node/node.h')))
			return { npm_package_config_node_gyp_nodedir: prefix };
	}
	return {};
}

function isInstalled() {
	const installed = packagesIn(join(root, 'node_modules', '.package-lock.json'));
	const locked = packagesIn(join(root, 'package-lock.json'));
	return installed !== undefined && locked !== undefined && matches(locked, installed);
}

/**
 * Whether every package of the lock is installed in its version; optional ones (for other systems) may be missing.
 * @param {LockedPackages} locked
 * @param {LockedPackages} installed
 */
export function matches(locked, installed) {
	return Object.entries(locked).every(([path, { version, optional, link }]) => {
		if (path === '' || link === true) return true;
		const found = installed[path];
		return found === undefined ? optional === true : found.version === version;
	});
}

/** @param {string} file @returns {LockedPackages | undefined} */
function packagesIn(file) {
	try {
		return JSON.parse(readFileSync(file, 'utf8')).packages;
	} catch {
		return undefined;
	}
}
