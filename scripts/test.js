import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureChromium } from './setup/chromium.js';
import { exitWith, SetupError } from './setup/errors.js';
import { ensureFaultTools } from './setup/fault-tools.js';
import { setUp } from './setup/index.js';
import { run } from './setup/program.js';
import { createReport, formatSeconds } from './setup/report.js';
import { root } from './setup/root.js';
import { closingLine, sum } from './test/counts.js';
import { startBuildingImages } from './test/images.js';
import { listOurs } from './test/leftovers.js';
import { rings, runRing } from './test/rings.js';

const report = createReport();

// `npm test`, or `npm test -- unit types` for some rings only.
const wanted = process.argv.slice(2);
const chosen = rings.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
if (chosen.length === 0 || wanted.some((name) => rings.every((ring) => ring.name !== name))) {
	exitWith(new SetupError(`The rings are: ${rings.map(({ name }) => name).join(', ')}.`));
}

const needsDocker = (/** @type {string} */ name) => name === 'integration' || name === 'e2e';

try {
	await prepare(chosen.map(({ name }) => name));
} catch (error) {
	complain(error);
	finish([{ passed: 0, failed: 1, skipped: 0 }]);
}
finish(await runAll());

/** @param {string[]} names */
async function prepare(names) {
	const docker = names.some(needsDocker) ? { docker: /** @type {const} */ ('required') } : {};
	await setUp({ report, build: 'when-changed', ...docker });
	if (names.includes('e2e')) process.env.CHROMIUM_PATH = await ensureChromium(report);
	if (names.includes('integration')) await ensureFaultTools(report);
	await run(process.execPath, ['scripts/generate.js'], { cwd: root });
}

async function runAll() {
	const usesDocker = chosen.some(({ name }) => needsDocker(name));
	const images = usesDocker ? startBuildingImages() : undefined;
	const before = usesDocker ? await listOurs() : undefined;
	const reportFolder = mkdtempSync(join(tmpdir(), 'sh0-test-report-'));
	const results = [];
	for (const ring of chosen) {
		if (images !== undefined && needsDocker(ring.name) && !(await areThere(images))) {
			results.push({ passed: 0, failed: 1, skipped: 0 });
			break;
		}
		report.say(`\n── ${ring.name} ──`);
		const startedAt = Date.now();
		const counts = await runRing(ring, reportFolder);
		report.say(`── ${ring.name}: ${closingLine(counts)} (${formatSeconds(Date.now() - startedAt)})`);
		results.push(counts);
	}
	rmSync(reportFolder, { recursive: true, force: true });
	if (before !== undefined) results.push(await checkLeftovers(before));
	return results;
}

/** Waits for the images; says what went wrong when one could not be built. @param {ReturnType<typeof startBuildingImages>} images */
async function areThere(images) {
	try {
		await report.step("Building the engines' images that are missing", images.wait);
		return true;
	} catch (error) {
		complain(error);
		return false;
	}
}

/** Tests clean up after themselves: what they leave on Docker is a failure like any other. @param {Set<string>} before */
async function checkLeftovers(before) {
	const left = [...(await listOurs())].filter((name) => !before.has(name));
	report.say(
		left.length === 0 ? '\nNothing was left on Docker.' : `\nLeft on Docker:\n  ${left.join('\n  ')}`,
	);
	return { passed: left.length === 0 ? 1 : 0, failed: left.length === 0 ? 0 : 1, skipped: 0 };
}

/** @param {unknown} error */
function complain(error) {
	const text = error instanceof SetupError ? error.message : error instanceof Error ? error.stack : error;
	process.stderr.write(`\n${text}\n`);
}

/** @param {import('./test/counts.js').Counts[]} results @returns {never} */
function finish(results) {
	const total = sum(results);
	process.stdout.write(`\n${closingLine(total)}\n`);
	process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
}
