import { spawn } from 'node:child_process';
import { ensureChromium } from './setup/chromium.js';
import { exitWith } from './setup/errors.js';
import { setUp } from './setup/index.js';
import { createReport } from './setup/report.js';

// `npm run screenshots`: set up as `npm test` does, then renew the pictures in docs/screenshots.
try {
	const report = createReport();
	await setUp({ docker: 'required', build: 'when-changed', report });
	const env = { ...process.env, CHROMIUM_PATH: await ensureChromium(report) };
	const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/screenshots/main.ts'], {
		stdio: 'inherit',
		env,
	});
	child.once('exit', (code) => process.exit(code ?? 1));
} catch (error) {
	exitWith(error);
}
