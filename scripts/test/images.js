import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../setup/root.js';
import { run } from '../setup/program.js';

/**
 * The images that the tests use unless told otherwise by `*_VERSIONS`: each engine's newest and PostgreSQL 15 for all suites, the others for
 * one short test. Those that are missing are built; a test that wants another one builds it itself.
 */
const tested = [
	...['postgres', '18', '15'],
	...['mysql', '9'],
	...['mariadb', '11.8'],
	...['redis', '8'],
	...['valkey', '9'],
	...['ferretdb', '2'],
	...['postgres', '17', '16', '14'],
	...['mariadb', '11.4', '10.11'],
	...['redis', '7'],
	...['valkey', '8'],
];

/**
 * Builds them while rings that need no Docker run; on a machine that has them all this takes a second.
 * @returns {{ wait: (note: (line: string) => void) => Promise<void> }} `wait` resolves when all are there, and rejects when one failed.
 */
export function startBuildingImages() {
	const dataDir = mkdtempSync(join(tmpdir(), 'sh0-test-images-'));
	let note = (/** @type {string} */ _line) => {};
	const built = run(process.execPath, ['build/cli/main.js', 'images', 'build', ...tested], {
		cwd: root,
		env: { ...process.env, SH0_DATA_DIR: dataDir },
		onLine: (line) => note(line),
	}).finally(() => rmSync(dataDir, { recursive: true, force: true }));
	// Who waits gets the error, however late.
	built.catch(() => {});
	return {
		wait(listener) {
			note = listener;
			return built;
		},
	};
}
