import { performance } from 'node:perf_hooks';
import { startPanel } from '../../e2e/panel';
import { dockerNames } from '../../src/lib/server/docker/labels';
import { openDatabase } from '../../src/lib/server/db/client';
import { getOrCreateInstance } from '../../src/lib/server/db/instance';
import { dataFiles, loadEnv } from '../../src/lib/server/env';
import { removeInstance } from '../../src/lib/server/testing/house-check';
import { seedPeople, seedServices, seedToken } from '../../src/lib/server/testing/surface-seed';
import { tokenScopes } from '../../src/lib/shared/roles';
import { createClient } from '../../src/lib/trpc/client';
import { printTable, type Row } from './measure';
import { idleMemory, javascriptOf, listing } from './panel';
import { createServer, createToReady, databaseUserGrant, docker } from './postgres';

/** Measures the built app against the raw tools, on this machine, in one run (see README). */
async function main(): Promise<void> {
	const rows: Row[] = [];
	const start = performance.now();
	const panel = await startPanel({ env: { SH0_LOG_LEVEL: 'error' } });
	const startedMs = performance.now() - start;
	rows.push({
		what: 'start of the panel, new data folder',
		ours: `${startedMs.toFixed(0)} ms`,
		raw: '',
		ratio: '',
		goal: '',
	});
	const database = openDatabase({
		file: dataFiles(panel.dataDir).database,
		migrationsDir: loadEnv({}).migrationsDir,
	});
	const { instanceId } = getOrCreateInstance(database.db);
	try {
		rows.push(await idleMemory(panel.pid, 10_000));
		const project = seedPeople(database.db, { isOwnersInstance: true });
		const sh0 = createClient({ url: panel.url, token: seedToken(database.db, project, [...tokenScopes]) });
		const cookie = `sh0_session_${new URL(panel.url).port}=${project.people.owner.sessionToken}`;
		rows.push(await javascriptOf(panel.url, '/login'), await javascriptOf(panel.url, '/', cookie));

		const { projectId } = project;
		const version = '18';
		const serviceId = await createServer(sh0, projectId, version);
		const container = dockerNames(instanceId).container(serviceId);
		const image = await docker('inspect', '--format', '{{.Config.Image}}', container);
		rows.push(await createToReady(sh0, { projectId, version, image }, 5));
		rows.push(await databaseUserGrant(sh0, serviceId, container, 20));

		const many = seedPeople(database.db);
		seedServices(database.db, many.projectId, 50);
		const reader = createClient({ url: panel.url, token: seedToken(database.db, many, ['read']) });
		rows.push(await listing(reader, many.projectId, 800));
		rows.push({ ...(await idleMemory(panel.pid, 10_000)), what: 'memory after the runs above', goal: '' });
		printTable(rows);
	} finally {
		database.close();
		await panel.stop();
		panel.remove();
		await removeInstance(instanceId);
	}
}

await main();
