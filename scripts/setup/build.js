import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './program.js';
import { root } from './root.js';
import { isRunning } from './running.js';
import { hashOf, readStamp, writeStamp } from './stamp.js';

const stampFile = join(root, 'build', '.sh0-stamp');

const sources = [
	'src',
	'static',
	'messages',
	'project.inlang/settings.json',
	'scripts/paraglide.js',
	'package-lock.json',
	'svelte.config.js',
	'tsconfig.json',
	'vite.config.ts',
	'vite.cli.config.ts',
];

/** @param {string} path */
const isNoSource = (path) => path.startsWith('src/lib/i18n/generated/') || path.endsWith('.test.ts');

/**
 * Builds the app and the command line, when their sources have changed since the last build. `unless-running` leaves a build alone that a
 * panel runs: it would lose its pages, and the command of that build fits its data.
 * @param {import('./report.js').Report} report
 * @param {'when-changed' | 'unless-running' | 'always'} mode
 */
export async function ensureBuild(report, mode) {
	const hasBuild = existsSync(join(root, 'build/cli/main.js'));
	const stamp = hashOf(root, sources, isNoSource);
	if (mode !== 'always' && hasBuild && readStamp(stampFile) === stamp) return;
	if (mode === 'unless-running' && hasBuild && isRunning(join(root, 'build'))) {
		report.say('The running panel is of an older version; restart it to use this one.');
		return;
	}
	await report.step('Building sh0', async (note) => {
		await vite(['build'], note);
		await vite(['build', '--config', 'vite.cli.config.ts'], note);
	});
	writeStamp(stampFile, stamp);
}

/** @param {string[]} args @param {(line: string) => void} onLine */
async function vite(args, onLine) {
	const program = join(root, 'node_modules/vite/bin/vite.js');
	await run(process.execPath, [program, ...args], { cwd: root, onLine });
}
