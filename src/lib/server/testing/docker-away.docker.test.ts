import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openPanelDatabase } from '../../../../e2e/house';
import { startPanel, type Panel } from '../../../../e2e/panel';
import { createClient, type Client } from '../../trpc/client';
import { cookieNames } from '../http/cookies';
import { PrivateDockerd } from './private-dockerd';
import { seedPeople, seedToken } from './surface-seed';

/** An engine that dies and one that hangs, under a running panel. */
const dockerd = new PrivateDockerd();
let panel: Panel;
let client: Client;
let projectId: string;
let cookie: string;

beforeAll(async () => {
	await dockerd.start();
	panel = await startPanel({ env: { DOCKER_HOST: dockerd.host, SH0_LOG_LEVEL: 'error' } });
	const database = openPanelDatabase(panel);
	const seeded = seedPeople(database.db);
	const token = seedToken(database.db, seeded, ['read']);
	database.close();
	client = createClient({ url: panel.url, token });
	projectId = seeded.projectId;
	cookie = `${cookieNames(panel.url).session}=${seeded.people.owner.sessionToken}`;
});
afterAll(async () => {
	await panel?.stop();
	await dockerd.remove();
	panel?.remove();
});
// From when Docker answers. Asking again, so that no test begins while the panel still has its last look in mind.
afterEach(() => expect.poll(isDockerUp, { timeout: 15_000, interval: 200 }).toBe(true));

const isDockerUp = async () => (await client.services.catalogue.query({ projectId })).isDockerUp;

/** How many milliseconds the slowest page took; all of them answered. */
async function slowestPageMs(): Promise<number> {
	const paths = ['/', '/databases', '/databases/new', '/activity', '/settings/members'];
	const times: number[] = [];
	for (const path of paths) {
		const startedAt = Date.now();
		const page = await fetch(`${panel.url}${path}`, { headers: { cookie }, redirect: 'manual' });
		expect({ path, status: page.status }).toEqual({ path, status: 200 });
		await page.text();
		times.push(Date.now() - startedAt);
	}
	return Math.max(...times);
}

describe('an engine that goes away', () => {
	it('is seen at first', async () => {
		expect(await isDockerUp()).toBe(true);
	});

	it('killed: is said to be away within seconds, pages answer, and it is back by itself', async () => {
		await dockerd.signal('SIGKILL');
		await expect.poll(isDockerUp, { timeout: 5_000, interval: 200 }).toBe(false);
		expect(await slowestPageMs()).toBeLessThan(5_000);
		expect(panel.hasEnded()).toBe(false);
		await dockerd.start();
	});

	it('frozen: is said to be away within seconds, pages answer, and it is back by itself', async () => {
		await dockerd.signal('SIGSTOP');
		await expect.poll(isDockerUp, { timeout: 8_000, interval: 200 }).toBe(false);
		expect(await slowestPageMs()).toBeLessThan(5_000);
		expect(panel.hasEnded()).toBe(false);
		await dockerd.signal('SIGCONT');
	});
});
