import { exitWith } from './setup/errors.js';
import { setUp } from './setup/index.js';
import { runSuites } from './test/suites.js';

// `npm run test:hostile`: every engine's hostile suite with 10,000 random strings, `HOSTILE_RUNS` for others, on the versions in
// `POSTGRES_VERSIONS`, `MYSQL_VERSIONS` ... `npm run test:hostile -- redis-family` runs one engine's. Then the built panel meets every written
// string on each engine while its container is watched: `-- canary` alone, and not with one engine's.
const wanted = process.argv.slice(2);
const canary = 'canary';
const engines = ['postgres', 'mysql-family', 'redis-family', 'ferretdb', 'mongodb', canary];
if (wanted.some((engine) => !engines.includes(engine))) {
	process.stderr.write(`The suites are: ${engines.join(', ')}.\n`);
	process.exit(1);
}
const suites = engines
	.filter((engine) => wanted.length === 0 || wanted.includes(engine))
	.map((engine) =>
		engine === canary
			? 'src/lib/server/testing/canary/canary.built.test.ts'
			: `src/lib/server/engines/${engine}/hostile.docker.test.ts`,
	);
try {
	const build = wanted.length === 0 || wanted.includes(canary) ? 'when-changed' : 'never';
	await setUp({ docker: 'required', build });
} catch (error) {
	exitWith(error);
}
runSuites(suites, { HOSTILE_RUNS: process.env.HOSTILE_RUNS ?? '10000' });
