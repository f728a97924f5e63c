import { canInstall, install } from './apt.js';
import { SetupError } from './errors.js';
import { findProgram } from './program.js';

/**
 * Installs strace, with which tests kill the panel at a chosen commit.
 * @param {import('./report.js').Report} report
 */
export async function ensureFaultTools(report) {
	if (findProgram('strace') !== undefined) return;
	if (canInstall()) await report.step('Installing strace', (note) => install(['strace'], note));
	if (findProgram('strace') === undefined) {
		throw new SetupError('The fault tests need strace: install it with your package manager.');
	}
}
