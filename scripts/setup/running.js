import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const prefix = '.panel-';

/**
 * Leaves a mark in the build folder for as long as this process runs what is in it. Where nothing can be written, nothing can be rebuilt.
 * @param {string} buildFolder
 */
export function markRunning(buildFolder) {
	const file = join(buildFolder, `${prefix}${process.pid}`);
	try {
		writeFileSync(file, '');
	} catch {
		return;
	}
	process.once('exit', () => rmSync(file, { force: true }));
}

/**
 * True when a panel runs what is in the build folder: it loads pages from there as they are asked for.
 * @param {string} buildFolder
 */
export function isRunning(buildFolder) {
	return marksIn(buildFolder).some((name) => isPanel(name.slice(prefix.length)));
}

/** @param {string} folder */
function marksIn(folder) {
	try {
		return readdirSync(folder).filter((name) => name.startsWith(prefix));
	} catch {
		return [];
	}
}

/** A mark may outlive its process, and its number may be another's since. @param {string} pid */
function isPanel(pid) {
	try {
		return /(^|\0|\/)(server|start)\.js(\0|$)/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
	} catch {
		return false;
	}
}
