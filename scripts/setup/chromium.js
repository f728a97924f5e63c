import { existsSync } from 'node:fs';
import { canInstall, install } from './apt.js';
import { SetupError } from './errors.js';

const places = ['/usr/bin/chromium', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable'];

/**
 * The path of a Chromium for the browser tests; installs the distribution's when there is none.
 * @param {import('./report.js').Report} report
 * @returns {Promise<string>}
 */
export async function ensureChromium(report) {
	const chosen = process.env.CHROMIUM_PATH;
	if (chosen !== undefined && chosen !== '') return chosen;
	const found = places.find((path) => existsSync(path));
	if (found !== undefined) return found;
	if (canInstall()) {
		await report.step('Installing Chromium', (note) =>
			install(['chromium', 'fonts-liberation', 'iproute2'], note),
		);
	}
	const installed = places.find((path) => existsSync(path));
	if (installed !== undefined) return installed;
	throw new SetupError(
		'The browser tests need Chromium or Chrome: install one, and set CHROMIUM_PATH to its program.',
	);
}
