import { exitWith } from './setup/errors.js';
import { setUp } from './setup/index.js';
import { createReport } from './setup/report.js';

// `npm run sh0 -- COMMAND`: standard output belongs to the command, so the set-up speaks on standard error.
try {
	await setUp({ build: 'unless-running', report: createReport(process.stderr) });
	await import('../build/cli/main.js');
} catch (error) {
	exitWith(error);
}
