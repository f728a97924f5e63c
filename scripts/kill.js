import { exitWith } from './setup/errors.js';
import { ensureFaultTools } from './setup/fault-tools.js';
import { setUp } from './setup/index.js';
import { createReport } from './setup/report.js';
import { runSuites } from './test/suites.js';

// `npm run test:kill`: the panel is killed at every point of making, changing and deleting servers, where `npm test` takes some each day.
// `npm run test:kill -- upgrade` runs one suite.
const wanted = process.argv.slice(2);
const all = ['create', 'create-storage', 'rotate-delete', 'upgrade'];
if (wanted.some((suite) => !all.includes(suite))) {
	process.stderr.write(`The suites are: ${all.join(', ')}.\n`);
	process.exit(1);
}
const report = createReport();
try {
	await setUp({ report, docker: 'required', build: 'when-changed' });
	await ensureFaultTools(report);
} catch (error) {
	exitWith(error);
}
const chosen = wanted.length === 0 ? all : wanted;
runSuites(
	chosen.map((suite) => `src/lib/server/testing/kill-${suite}.docker.test.ts`),
	{ KILL_POINTS: 'all' },
);
