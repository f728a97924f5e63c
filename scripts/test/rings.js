import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../setup/root.js';
import { countPlaywright, countVitest, judge } from './counts.js';

/**
 * A ring of the tests: a program with its arguments, and how its report is counted. One without a report is one test.
 * @typedef {{
 *   name: string,
 *   program: string,
 *   args: (reportFile: string) => string[],
 *   env?: (reportFile: string) => NodeJS.ProcessEnv,
 *   count?: (report: unknown) => import('./counts.js').Counts,
 * }} Ring
 */

const vitest = (/** @type {string} */ project) => (/** @type {string} */ reportFile) => [
	'run',
	'--project',
	project,
	'--reporter=default',
	'--reporter=json',
	`--outputFile.json=${reportFile}`,
];

/** In the order in which they run: the quick ones that fail most often come first. @type {Ring[]} */
export const rings = [
	{ name: 'format', program: 'prettier/bin/prettier.cjs', args: () => ['--check', '.'] },
	{ name: 'lint', program: 'eslint/bin/eslint.js', args: () => ['.'] },
	{
		name: 'types',
		program: 'svelte-check/bin/svelte-check',
		args: () => ['--tsconfig', './tsconfig.json', '--threshold', 'warning', '--fail-on-warnings'],
	},
	{ name: 'unit', program: 'vitest/vitest.mjs', args: vitest('unit'), count: countVitest },
	{ name: 'integration', program: 'vitest/vitest.mjs', args: vitest('integration'), count: countVitest },
	{
		name: 'e2e',
		program: '@playwright/test/cli.js',
		args: () => ['test'],
		env: (reportFile) => ({ PLAYWRIGHT_JSON_OUTPUT_NAME: reportFile }),
		count: countPlaywright,
	},
];

/**
 * Runs one ring to its end, with its own output on the screen.
 * @param {Ring} ring
 * @param {string} reportFolder
 * @returns {Promise<import('./counts.js').Counts>}
 */
export async function runRing(ring, reportFolder) {
	const reportFile = join(reportFolder, `${ring.name}.json`);
	const child = spawn(
		process.execPath,
		[join(root, 'node_modules', ring.program), ...ring.args(reportFile)],
		{
			cwd: root,
			env: { ...process.env, ...ring.env?.(reportFile) },
			stdio: ['ignore', 'inherit', 'inherit'],
		},
	);
	const code = await new Promise((resolve, reject) => {
		child.once('error', reject);
		child.once('close', resolve);
	});
	if (ring.count === undefined)
		return judge({ passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 }, true);
	const report = readReport(reportFile);
	return judge(report === undefined ? undefined : ring.count(report), code === 0);
}

/** @param {string} file @returns {unknown} */
function readReport(file) {
	try {
		return JSON.parse(readFileSync(file, 'utf8'));
	} catch {
		return undefined;
	}
}
