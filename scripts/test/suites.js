import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../setup/root.js';

/**
 * Runs integration tests with their output on the screen; the process ends as they do.
 * @param {string[]} files Their paths, or beginnings of them, from the root.
 * @param {NodeJS.ProcessEnv} variables Beside those of this process.
 */
export function runSuites(files, variables) {
	const child = spawn(
		process.execPath,
		[join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'integration', ...files],
		{ cwd: root, env: { ...process.env, ...variables }, stdio: 'inherit' },
	);
	child.once('error', (error) => {
		process.stderr.write(`${error.message}\n`);
		process.exitCode = 1;
	});
	child.once('close', (code) => {
		process.exitCode = code ?? 1;
	});
}
