import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './setup/root.js';

// `npm run test:hostile`: every engine's hostile suite with 10,000 random strings, `HOSTILE_RUNS` for others, on the versions in
// `POSTGRES_VERSIONS`, `MYSQL_VERSIONS` ... `npm run test:hostile -- redis-family` runs one engine's.
const wanted = process.argv.slice(2);
const engines = ['postgres', 'mysql-family', 'redis-family', 'ferretdb', 'mongodb'];
if (wanted.some((engine) => !engines.includes(engine))) {
	process.stderr.write(`The suites are: ${engines.join(', ')}.\n`);
	process.exit(1);
}
const suites = engines
	.filter((engine) => wanted.length === 0 || wanted.includes(engine))
	.map((engine) => `src/lib/server/engines/${engine}/hostile.docker.test.ts`);
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
