import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenScopes } from '$lib/shared/roles';
import { MIB } from '$lib/shared/units';
import { demolish, dockerOf, openPanelDatabase } from '../../../../e2e/house';
import { startPanel, type Panel } from '../../../../e2e/panel';
import { createClient, type Client } from '../../trpc/client';
import { projects } from '../db/schema';
import { seedPeople, seedToken } from './surface-seed';

/** Two panels with a data folder each on the one Docker, their first project with the same place in the pool of networks. */
type House = { panel: Panel; client: Client; projectId: string };
type Started = { operationId: string; serviceId: string };

let mine: House;
let theirs: House;

async function build(): Promise<House> {
	const panel = await startPanel({ env: { SH0_LOG_LEVEL: 'error' } });
	const database = openPanelDatabase(panel);
	const seeded = seedPeople(database.db);
	database.db.update(projects).set({ networkIndex: 0 }).run();
	const token = seedToken(database.db, seeded, [...tokenScopes]);
	database.close();
	return { panel, client: createClient({ url: panel.url, token }), projectId: seeded.projectId };
}

beforeAll(async () => {
	[mine, theirs] = await Promise.all([build(), build()]);
});
afterAll(async () => {
	await Promise.all([mine, theirs].filter(Boolean).map(({ panel }) => demolish(panel)));
});

async function succeeded({ client }: House, { operationId, serviceId }: Started): Promise<string> {
	const ended = async () => (await client.operations.get.query({ operationId })).status;
	await expect.poll(ended, { timeout: 120_000 }).not.toBe('running');
	expect(await ended()).toBe('succeeded');
	return serviceId;
}

async function createServer(house: House): Promise<string> {
	const wanted = { engine: 'postgres', version: '18', memoryBytes: 256 * MIB } as const;
	const { projectId } = house;
	return succeeded(
		house,
		await house.client.services.create.mutate({ projectId, name: 'orders', ...wanted }),
	);
}

const codeOf = (answer: Promise<unknown>) =>
	answer.then(
		() => 'answered',
		(error: unknown) => (error instanceof Error ? error.message : ''),
	);

/** Everything of Docker that this panel calls its own. */
async function belongings({ panel }: House) {
	const { containers, volumes, networks } = dockerOf(panel);
	const found = await Promise.all([containers.list(), volumes.list(), networks.list()]);
	const [own, stored, joined] = found.map((things) => things.map(({ name }) => name).sort());
	const subnets = found[2].map(({ subnet }) => subnet);
	return { containers: own, volumes: stored, networks: joined, subnets };
}

describe('two panels on one Docker', () => {
	let servers: [string, string];

	it('make servers of the same name at the same time, in networks of their own', async () => {
		servers = await Promise.all([createServer(mine), createServer(theirs)]);
		const [here, there] = await Promise.all([belongings(mine), belongings(theirs)]);
		for (const things of [here, there]) {
			expect(things).toMatchObject({ containers: [expect.any(String)], volumes: [expect.any(String)] });
			expect(things.networks).toHaveLength(1);
		}
		for (const kind of ['containers', 'volumes', 'networks', 'subnets'] as const)
			expect(here[kind]).not.toEqual(there[kind]);
	});

	it('see only their own', async () => {
		const listed = await mine.client.services.list.query({ projectId: mine.projectId });
		expect(listed.map(({ id, status }) => ({ id, status }))).toEqual([{ id: servers[0], status: 'running' }]);
		expect(await codeOf(mine.client.services.get.query({ serviceId: servers[1] }))).toBe('NOT_FOUND');
		const foreign = mine.client.services.stop.mutate({ serviceId: servers[1] });
		expect(await codeOf(foreign)).toBe('NOT_FOUND');
	});

	it('leave each other alone when one deletes its server for good, ends, and starts again', async () => {
		const before = await dockerOf(theirs.panel).containers.list();
		const [serviceId] = servers;
		const confirmName = 'orders';
		await succeeded(mine, await mine.client.services.remove.mutate({ serviceId, confirmName }));
		await succeeded(mine, await mine.client.services.purge.mutate({ serviceId, confirmName }));
		expect(await belongings(mine)).toEqual({ containers: [], volumes: [], networks: [], subnets: [] });
		const { dataDir } = mine.panel;
		await mine.panel.stop();
		mine.panel = await startPanel({ dataDir, env: { SH0_LOG_LEVEL: 'error' } });
		expect(await dockerOf(theirs.panel).containers.list()).toEqual(before);
		const answered = await theirs.client.databases.list.query({ serviceId: servers[1] });
		expect(answered.items.length).toBeGreaterThan(0);
	});
});
