import { fileURLToPath } from 'node:url';
import { defineConfig } from '@playwright/test';

/** Stories on the built app, with real containers. Each worker runs a panel of its own (e2e/fixtures.ts). */
export default defineConfig({
	testDir: './e2e',
	// The tests of a file share its worker's server in one order: what one of them makes is there for the next in every run.
	fullyParallel: false,
	workers: 2,
	forbidOnly: true,
	retries: 0,
	// A loaded machine is slow, not wrong.
	timeout: 240_000,
	expect: { timeout: 30_000 },
	reporter: process.env.PLAYWRIGHT_JSON_OUTPUT_NAME ? [['list'], ['json']] : 'list',
	use: {
		viewport: { width: 1440, height: 900 },
		locale: 'en-GB',
		// What was on the page is in its snapshots; filming it as well takes a good part of a small machine.
		trace: { mode: 'retain-on-failure', screenshots: false },
		screenshot: 'only-on-failure',
		actionTimeout: 30_000,
		navigationTimeout: 60_000,
		launchOptions: {
			executablePath: fileURLToPath(new URL('./e2e/chromium/launch.js', import.meta.url)),
			// Chromium's sandbox does not start as root, and nothing here may reach for the network.
			args: [
				'--no-sandbox',
				'--disable-gpu',
				'--disable-background-networking',
				'--disable-component-update',
				'--disable-sync',
			],
		},
	},
});
