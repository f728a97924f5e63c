import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPanel } from '../../e2e/panel';
import { dockerNames } from '../../src/lib/server/docker/labels';
import { openDatabase } from '../../src/lib/server/db/client';
import { getOrCreateInstance } from '../../src/lib/server/db/instance';
import { engines } from '../../src/lib/server/engines';
import { dataFiles, loadEnv } from '../../src/lib/server/env';
import { removeInstance } from '../../src/lib/server/testing/house-check';
import { seedPeople, seedServices, seedToken } from '../../src/lib/server/testing/surface-seed';
import { tokenScopes } from '../../src/lib/shared/roles';
import { createClient, type Client } from '../../src/lib/trpc/client';
import { printTable, type Row } from './measure';
import { idleMemory, javascriptOf, listing } from './panel';
import { benchEngines, type BenchEngine } from './engines';
import { EngineBench } from './servers';
import { StorageBench } from './storage';

/** How many databases and users the tabs are measured with. */
const many = 1_000;
/** `SH0_BENCH_ENGINES=postgres,redis` measures these only. */
const wanted = process.env.SH0_BENCH_ENGINES?.split(',');
const isWanted = (engine: string) => wanted?.includes(engine) ?? true;

/** The catalogue answers `unknown` where it would have to make a page wait. */
async function isPresent(
	sh0: Client,
	projectId: string,
	{ id, version }: Pick<BenchEngine, 'id' | 'version'>,
): Promise<boolean> {
	for (let attempt = 0; attempt < 20; attempt += 1) {
		const { engines } = await sh0.services.catalogue.query({ projectId });
		const versions = engines.find((engine) => engine.id === id)?.versions ?? [];
		const found = versions.find((candidate) => candidate.version === version);
		if (found?.availability !== 'unknown') return found?.availability === 'present';
		await sleep(500);
	}
	return false;
}

async function measureStorage(bench: StorageBench, label: string): Promise<Row[]> {
	const rows: Row[] = [];
	try {
		rows.push(await bench.bucketKeyRight());
		rows.push(...(await bench.transfers()));
		rows.push(await bench.firstPage());
		return rows;
	} catch (error) {
		console.error(error);
		process.exitCode = 1;
		return [...rows, { what: label, ours: 'failed', raw: '', ratio: '', goal: '' }];
	} finally {
		bench.close();
	}
}

async function measureEngine(bench: EngineBench): Promise<Row[]> {
	const rows: Row[] = [];
	try {
		const ours = await bench.server();
		rows.push(await bench.createToReady(ours, 5));
		rows.push(...(await bench.databaseUserGrant(ours, 20)));
		rows.push(...(await bench.manyThings(ours, many)));
		return rows;
	} catch (error) {
		// The others are measured all the same, and the table says that this one is not.
		console.error(error);
		process.exitCode = 1;
		return [...rows, { what: bench.label, ours: 'failed', raw: '', ratio: '', goal: '' }];
	} finally {
		await bench.removePlain();
	}
}

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

		const names = dockerNames(instanceId);
		const readPage = async (path: string) => {
			const response = await fetch(new URL(path, panel.url), { headers: { cookie } });
			if (response.status !== 200) throw new Error(`${path} was answered ${response.status}`);
			return response.text();
		};
		const containerOf = names.container.bind(names);
		const about = { sh0, projectId: project.projectId, containerOf, readPage };
		for (const engine of benchEngines.filter(({ id }) => isWanted(id))) {
			if (await isPresent(sh0, project.projectId, engine))
				rows.push(...(await measureEngine(new EngineBench(engine, about))));
			else console.log(`${engine.id} ${engine.version} is not measured: its image is not on this machine.`);
		}

		const { projectId } = project;
		const owners = seedToken(database.db, project, [...tokenScopes]);
		for (const { id, label, versions } of engines.filter(
			(engine) => engine.kind === 'storage' && isWanted(engine.id),
		)) {
			const version = versions[0]?.version ?? '';
			const engine = { id, label, version };
			if (await isPresent(sh0, projectId, engine)) {
				const storage = {
					sh0,
					url: panel.url,
					token: owners,
					pid: panel.pid,
					projectId,
					engine,
					containerOf,
				};
				rows.push(...(await measureStorage(new StorageBench(storage), label)));
			} else console.log(`${id} ${version} is not measured: its image is not on this machine.`);
		}

		const crowded = seedPeople(database.db);
		seedServices(database.db, crowded.projectId, 50);
		const reader = createClient({ url: panel.url, token: seedToken(database.db, crowded, ['read']) });
		rows.push(await listing(reader, crowded.projectId, 800));
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
