import { test as base, type BrowserContext, type Page } from '@playwright/test';
import { openDatabase, type Database } from '../src/lib/server/db/client';
import { getOrCreateInstance } from '../src/lib/server/db/instance';
import { dataFiles, loadEnv } from '../src/lib/server/env';
import { removeInstance } from '../src/lib/server/testing/house-check';
import {
	seedPeople,
	seedToken,
	type Person,
	type SeededPeople,
} from '../src/lib/server/testing/surface-seed';
import { tokenScopes } from '../src/lib/shared/roles';
import { createClient, type Client } from '../src/lib/trpc/client';
import { startPanel, type Panel } from './panel';

export { expect } from '@playwright/test';
export { words } from './words';

/** A panel with people in every role of one project, and the API as its owner's token. */
export type House = { panel: Panel; database: Database; project: SeededPeople; api: Client };

type Fixtures = {
	/** A page that the project's owner is signed in on. */
	ownerPage: Page;
	/** Signs a person in on new pages of this context, as a login would. */
	signIn: (context: BrowserContext, person: Person) => Promise<void>;
};

export const test = base.extend<Fixtures, { house: House }>({
	house: [
		async ({}, use) => {
			const panel = await startPanel({ env: { SH0_LOG_LEVEL: 'error' } });
			const database = openDatabase({
				file: dataFiles(panel.dataDir).database,
				migrationsDir: loadEnv({}).migrationsDir,
			});
			const { instanceId } = getOrCreateInstance(database.db);
			const project = seedPeople(database.db, { isOwnersInstance: true });
			const api = createClient({ url: panel.url, token: seedToken(database.db, project, [...tokenScopes]) });
			await use({ panel, database, project, api });
			database.close();
			await panel.stop();
			await removeInstance(instanceId);
			panel.remove();
		},
		{ scope: 'worker', timeout: 120_000 },
	],

	baseURL: async ({ house }, use) => {
		await use(house.panel.url);
	},

	signIn: async ({ house }, use) => {
		await use(async (context, person) => {
			await context.addCookies([
				{
					name: 'sh0_session',
					value: person.sessionToken,
					url: house.panel.url,
					httpOnly: true,
					sameSite: 'Lax',
				},
			]);
		});
	},

	ownerPage: async ({ context, page, house, signIn }, use) => {
		await signIn(context, house.project.people.owner);
		await use(page);
	},
});
