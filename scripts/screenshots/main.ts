import { chromium, type Browser } from '@playwright/test';
import { demolish, openPanelDatabase } from '../../e2e/house';
import { startPanel } from '../../e2e/panel';
import { ask } from '../../e2e/postgres';
import { writeTransaction, type Database } from '../../src/lib/server/db/client';
import { projects, users } from '../../src/lib/server/db/schema';
import { seedPeople, seedToken, type Person } from '../../src/lib/server/testing/surface-seed';
import { tokenScopes } from '../../src/lib/shared/roles';
import { createClient, type Client } from '../../src/lib/trpc/client';
import { eq } from 'drizzle-orm';

const MIB = 1024 * 1024;
const folder = 'docs/screenshots';
/** Long enough for charts to have some samples. */
const historyMs = 60_000;

type Look = { suffix: string; theme: 'light' | 'dark'; width: number; height: number };
const looks: Look[] = [
	{ suffix: 'light', theme: 'light', width: 1440, height: 900 },
	{ suffix: 'dark', theme: 'dark', width: 1440, height: 900 },
	{ suffix: 'phone', theme: 'light', width: 390, height: 844 },
];

type Wanted = { projectId: string; engine: string; version: string; name: string };

async function createServer(sh0: Client, wanted: Wanted): Promise<string> {
	const { name } = wanted;
	const { operationId, serviceId } = await sh0.services.create.mutate({ ...wanted, memoryBytes: 512 * MIB });
	for (;;) {
		const { status } = await sh0.operations.get.query({ operationId });
		if (status === 'succeeded') return serviceId;
		if (status !== 'running') throw new Error(`creating ${name} ended as ${status}`);
		await new Promise((resolve) => setTimeout(resolve, 200));
	}
}

/** A project as a small agency has it. Answers the server to look at and the operation that made it. */
async function furnish(sh0: Client, projectId: string) {
	const postgres = { projectId, engine: 'postgres' };
	const serviceId = await createServer(sh0, { ...postgres, name: 'shop-prod', version: '18' });
	const staging = await createServer(sh0, { ...postgres, name: 'shop-staging', version: '15' });
	for (const name of ['shop', 'analytics', 'newsletter'])
		await sh0.databases.create.mutate({ serviceId, name });
	const grants = [
		{ name: 'shop_app', grants: [{ database: 'shop', level: 'owner' as const }] },
		{
			name: 'reports',
			grants: [
				{ database: 'shop', level: 'read' as const },
				{ database: 'analytics', level: 'write' as const },
			],
		},
		{ name: 'newsletter', grants: [{ database: 'newsletter', level: 'write' as const }] },
	];
	for (const user of grants) await sh0.databaseUsers.create.mutate({ serviceId, ...user });
	await fill(sh0, serviceId);
	const { operationId } = await sh0.services.stop.mutate({ serviceId: staging });
	const [created] = (await sh0.operations.list.query({ projectId, serviceId })).slice(-1);
	return { serviceId, operationId: created?.id ?? operationId };
}

async function fill(sh0: Client, serviceId: string): Promise<void> {
	const connection = await sh0.services.connection.query({
		serviceId,
		database: 'shop',
		userName: 'shop_app',
	});
	const { value } = await sh0.secrets.reveal.mutate({ serviceId, kind: 'databaseUser', name: 'shop_app' });
	const uri = new URL(`postgresql://${connection.host}:${connection.port}/shop`);
	uri.username = 'shop_app';
	uri.password = value;
	await ask(
		uri.href,
		'CREATE TABLE orders AS SELECT n AS id, md5(n::text) AS customer FROM generate_series(1, 200000) n',
	);
}

const photos: Record<string, number> = {
	'2026/spring/market.jpg': 412_000,
	'products/lamp.png': 96_400,
	'catalogue.pdf': 2_480_000,
	'logo.svg': 3_180,
	'opening-hours.txt': 640,
	'shop-front.jpg': 1_270_000,
};

/** A storage server with a bucket of files. Answers the server's id. */
async function furnishStorage(sh0: Client, panel: { url: string; token: string }, projectId: string) {
	const serviceId = await createServer(sh0, {
		projectId,
		engine: 'garage',
		name: 'shop-files',
		version: '2',
	});
	for (const name of ['photos', 'invoices']) await sh0.buckets.create.mutate({ serviceId, name });
	for (const [key, sizeBytes] of Object.entries(photos)) {
		const address = `${panel.url}/objects/${serviceId}/photos?key=${encodeURIComponent(key)}`;
		const headers = { authorization: `Bearer ${panel.token}` };
		const { ok, status } = await fetch(address, { method: 'PUT', headers, body: Buffer.alloc(sizeBytes) });
		if (!ok) throw new Error(`uploading ${key} answered ${status}`);
	}
	return serviceId;
}

/** The names a reader of the README sees. */
function rename({ db }: Database, projectId: string, owner: Person): void {
	writeTransaction(db, (tx) => {
		tx.update(projects).set({ name: 'Webshop' }).where(eq(projects.id, projectId)).run();
		tx.update(users).set({ email: 'ada@example.org' }).where(eq(users.id, owner.id)).run();
	});
}

async function shoot(
	browser: Browser,
	url: string,
	owner: Person,
	pages: Record<string, string>,
): Promise<void> {
	for (const look of looks) {
		const context = await browser.newContext({
			viewport: { width: look.width, height: look.height },
			colorScheme: look.theme,
			locale: 'en-GB',
			reducedMotion: 'reduce',
		});
		const name = `sh0_session_${new URL(url).port}`;
		await context.addCookies([{ name, value: owner.sessionToken, url, httpOnly: true, sameSite: 'Lax' }]);
		const page = await context.newPage();
		for (const [title, path] of Object.entries(pages)) {
			await page.goto(url + path);
			await page.locator('main h1').first().waitFor();
			await page.evaluate(() => document.fonts.ready);
			await page.screenshot({ path: `${folder}/${title}-${look.suffix}.png` });
		}
		await context.close();
	}
}

/** Pictures of the main pages, with real servers behind them. */
async function main(): Promise<void> {
	const panel = await startPanel({ env: { SH0_LOG_LEVEL: 'error' } });
	const database = openPanelDatabase(panel);
	const browser = await chromium.launch({
		...(process.env.CHROMIUM_PATH ? { executablePath: process.env.CHROMIUM_PATH } : {}),
		args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
	});
	try {
		const { projectId, people } = seedPeople(database.db, { isOwnersInstance: true });
		rename(database, projectId, people.owner);
		const token = seedToken(database.db, { projectId, people }, [...tokenScopes]);
		const sh0 = createClient({ url: panel.url, token });
		const { serviceId, operationId } = await furnish(sh0, projectId);
		const storageId = await furnishStorage(sh0, { url: panel.url, token }, projectId);
		await new Promise((resolve) => setTimeout(resolve, historyMs));
		const server = `/databases/${serviceId}`;
		await shoot(browser, panel.url, people.owner, {
			home: '/',
			create: '/databases/new',
			operation: `/operations/${operationId}`,
			overview: server,
			databases: `${server}/databases`,
			users: `${server}/users`,
			logs: `${server}/logs`,
			activity: '/activity',
			members: '/settings/members',
			objects: `/storage/${storageId}/buckets/photos/objects`,
		});
	} finally {
		await browser.close();
		database.close();
		await demolish(panel);
	}
}

await main();
