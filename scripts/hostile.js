import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './setup/root.js';

// `npm run test:hostile`: the hostile suites with 10,000 random strings, `HOSTILE_RUNS` for others, on the versions in `POSTGRES_VERSIONS`.
const suites = ['src/lib/server/engines/postgres/hostile.docker.test.ts'];
const child = spawn(
	process.execPath,
	[join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'integration', ...suites],
	{ cwd: root, env: { ...process.env, HOSTILE_RUNS: process.env.HOSTILE_RUNS ?? '10000' }, stdio: 'inherit' },
);
child.once('error', (error) => {
	process.stderr.write(`${error.message}\n`);
	process.exitCode = 1;
});
child.once('close', (code) => {
	process.exitCode = code ?? 1;
});
