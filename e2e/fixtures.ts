import {
	test as base,
	expect,
	type BrowserContext,
	type BrowserContextOptions,
	type Page,
} from '@playwright/test';
import type { Database } from '../src/lib/server/db/client';
import { startDockerProxy, type DockerProxy } from '../src/lib/server/testing/docker-proxy';
import {
	seedPeople,
	seedToken,
	type Person,
	type SeededPeople,
} from '../src/lib/server/testing/surface-seed';
import { tokenScopes } from '../src/lib/shared/roles';
import { createClient, type Client } from '../src/lib/trpc/client';
import { ended, sessionCookie } from './api';
import { openBrowser } from './browser';
import { collectErrors } from './console';
import { furnish } from './furniture';
import { demolish, openPanelDatabase } from './house';
import { startPanel, type Panel } from './panel';

export { expect } from '@playwright/test';
export { ended, rootUri, sessionCookie } from './api';
export { words } from './words';

/** A panel with people in every role of one project, and the API as its owner's token. */
export type House = {
	panel: Panel;
	/** Between the panel and Docker, to hold calls or to break it. */
	proxy: DockerProxy;
	database: Database;
	project: SeededPeople;
	api: Client;
};

/** A running server of the house's project. */
export type RunningServer = { id: string; name: string };

type Fixtures = {
	/** A page of a new browser that this person of the project is signed in on, as by a login. */
	pageOf: (person: Person | null, options?: BrowserContextOptions) => Promise<Page>;
	/** What pages of `pageOf` wrote to the console as errors or threw. A story fails on any. */
	errors: string[];
};

/** Made once for all tests that a worker runs, whichever they are and in whatever order. */
type WorkerFixtures = {
	house: House;
	server: RunningServer;
	/** The same server, with something on each of its pages. */
	furnished: RunningServer;
};

const MIB = 1024 ** 2;
const longWorkMs = 120_000;

export const test = base.extend<Fixtures, WorkerFixtures>({
	house: [
		async ({}, use) => {
			const proxy = await startDockerProxy();
			const panel = await startPanel({ env: { SH0_LOG_LEVEL: 'error', DOCKER_HOST: proxy.host } });
			const database = openPanelDatabase(panel);
			const project = seedPeople(database.db, { isOwnersInstance: true });
			const api = createClient({ url: panel.url, token: seedToken(database.db, project, [...tokenScopes]) });
			await use({ panel, proxy, database, project, api });
			database.close();
			await demolish(panel);
			await proxy.close();
		},
		{ scope: 'worker', timeout: longWorkMs },
	],

	server: [
		async ({ house }, use) => {
			const name = 'shop-prod';
			const { operationId, serviceId } = await house.api.services.create.mutate({
				projectId: house.project.projectId,
				engine: 'postgres',
				version: '18',
				name,
				memoryBytes: 256 * MIB,
			});
			await ended(house.api, operationId);
			await use({ id: serviceId, name });
		},
		{ scope: 'worker', timeout: longWorkMs },
	],

	furnished: [
		async ({ house, server }, use) => {
			await furnish(house, server);
			await use(server);
		},
		{ scope: 'worker', timeout: longWorkMs },
	],

	errors: async ({}, use) => {
		const errors: string[] = [];
		await use(errors);
		expect(errors, 'on the console').toEqual([]);
	},

	pageOf: async ({ browser, house, errors }, use) => {
		const contexts: BrowserContext[] = [];
		await use(async (person, options) => {
			const context = await openBrowser(browser, house.panel.url, options);
			contexts.push(context);
			collectErrors(context, errors);
			if (person) await context.addCookies([sessionCookie(house.panel.url, person.sessionToken)]);
			return context.newPage();
		});
		for (const context of contexts) await context.close();
	},
});
