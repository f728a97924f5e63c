import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { SetupError } from './errors.js';

const KEPT_LINES = 40;

/**
 * Runs a program with exactly these arguments and without standard input. Its output goes line by line to `onLine`; when it fails, the
 * error holds the last of it.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, onLine?: (line: string) => void }} [options]
 * @returns {Promise<void>}
 */
export async function run(command, args, { cwd, env = process.env, onLine } = {}) {
	const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
	/** @type {string[]} */
	const newest = [];
	for (const stream of [child.stdout, child.stderr]) {
		createInterface({ input: stream }).on('line', (text) => {
			const line = stripVTControlCharacters(text);
			if (line.trim() === '') return;
			newest.push(line);
			if (newest.length > KEPT_LINES) newest.shift();
			onLine?.(line);
		});
	}
	const ending = await new Promise((resolve, reject) => {
		child.once('error', (cause) => reject(new SetupError(`${command} could not be started.`, { cause })));
		child.once('close', (code, signal) => resolve(code ?? signal));
	});
	if (ending !== 0) {
		throw new SetupError(`${[command, ...args].join(' ')} ended with ${ending}:\n${newest.join('\n')}`);
	}
}

/**
 * The program's path, looked up as a shell would, and in the folders for administration too.
 * @param {string} name
 * @returns {string | undefined}
 */
export function findProgram(name) {
	const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
	for (const folder of folders) {
		const path = join(folder, name);
		try {
			accessSync(path, constants.X_OK);
			return path;
		} catch {
			// Not here.
		}
	}
	return undefined;
}
