import { ensureBuild } from './build.js';
import { ensureDependencies } from './dependencies.js';
import { ensureDockerEngine } from './docker-engine.js';
import { SetupError } from './errors.js';
import { ensureImageTools } from './image-tools.js';
import { withLock } from './lock.js';
import { assertNodeVersion } from './node-version.js';
import { createReport } from './report.js';

/**
 * Does what is missing before a command can run, and nothing else. `docker`: `required` stops without an engine, `wanted` says so and goes
 * on (the panel shows it, and works again as soon as there is one).
 * @param {{ docker?: 'required' | 'wanted', build?: 'never' | Parameters<typeof ensureBuild>[1], report?: import('./report.js').Report }} options
 */
export async function setUp({ docker, build = 'never', report = createReport() }) {
	assertNodeVersion();
	const onWait = () => report.say('Another command is setting sh0 up; waiting for it …');
	await withLock(
		async () => {
			if (docker !== undefined) await setUpDocker(report, docker);
			await ensureDependencies(report);
			if (build !== 'never') await ensureBuild(report, build);
		},
		{ onWait },
	);
}

/** @param {import('./report.js').Report} report @param {'required' | 'wanted'} need */
async function setUpDocker(report, need) {
	try {
		await ensureDockerEngine(report);
		await ensureImageTools(report);
	} catch (error) {
		if (need === 'required' || !(error instanceof SetupError)) throw error;
		report.say(`! ${error.message}`);
	}
}
