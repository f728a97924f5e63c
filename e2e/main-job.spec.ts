import { readFileSync } from 'node:fs';
import type { Browser, Page } from '@playwright/test';
import type { Docker } from '../src/lib/server/docker';
import { startDockerProxy, type DockerProxy } from '../src/lib/server/testing/docker-proxy';
import { choose, copied, loosely, openBrowser, reload, visit } from './browser';
import { collectErrors } from './console';
import { expect, test, words } from './fixtures';
import { demolish, dockerOf } from './house';
import { startPanel, type Panel } from './panel';
import { ask, askAs, inDatabase, refusal } from './postgres';
import { ServerPage, stepOf } from './server-page';

// One long story on one new panel: each part begins where the one before it ended.
test.describe.configure({ mode: 'serial', timeout: 240_000 });

const owner = { email: 'ada@example.test', password: 'a quiet harbour at dawn' };
const longWorkMs = 90_000;
const MIB = 1024 ** 2;

let panel: Panel;
let docker: Docker;
/** Between the panel and Docker, to hold an operation where a story looks at it. */
let proxy: DockerProxy;
let page: Page;
const errors: string[] = [];
let server: ServerPage;
/** The administrator's connection string, as the page gave it. */
let rootUri: string;
/** That of `shop_app`, likewise. */
let appUri: string;

test.beforeAll(async ({ browser }: { browser: Browser }) => {
	proxy = await startDockerProxy();
	panel = await startPanel({ env: { SH0_LOG_LEVEL: 'error', DOCKER_HOST: proxy.host } });
	docker = dockerOf(panel);
	const context = await openBrowser(browser, panel.url);
	collectErrors(context, errors);
	page = await context.newPage();
	server = new ServerPage(page, 'shop-prod');
});

test.afterAll(async () => {
	await page?.context().close();
	if (panel) await demolish(panel);
	await proxy?.close();
});

test.afterEach(() => {
	expect(errors).toEqual([]);
});

const dialog = () => page.getByRole('dialog');
/** What Docker lets the one container use. */
async function memoryOf(): Promise<number | undefined> {
	const [only] = await docker.containers.list();
	return only && (await docker.containers.inspect(only.id))?.memoryBytes;
}

test('the setup link makes the owner and opens an empty dashboard, once', async ({ browser }) => {
	await visit(page, panel.setupUrl ?? '');
	await expect(page.getByRole('heading', { name: words('setup_title') })).toBeVisible();
	await expect(page, 'the token does not stay in the address').not.toHaveURL(/token/);
	await page.getByLabel(words('public_email')).fill(owner.email);
	await page.getByLabel(words('public_password'), { exact: true }).fill(owner.password);
	await page.getByRole('button', { name: words('setup_submit') }).click();
	await expect(page.getByRole('heading', { name: words('home_empty_title') })).toBeVisible();

	const stranger = await openBrowser(browser, panel.url);
	const again = await stranger.newPage();
	await again.goto(panel.setupUrl ?? '');
	await expect(again.getByRole('heading', { name: words('setup_done_title') })).toBeVisible();
	await stranger.close();
});

test('a new server shows its steps, keeps them over a reload and opens by itself', async () => {
	await page
		.getByRole('main')
		.getByRole('link', { name: words('databases_new') })
		.click();
	await page.getByRole('radio', { name: /^PostgreSQL 18\b/ }).click();
	await page.getByRole('button', { name: loosely('256 MB') }).click();
	const name = page.getByLabel(words('service_name'));
	await name.fill('Shop_Prod');
	await expect(page.getByText(words('service_name_rule'))).toBeVisible();
	await expect(page.getByRole('button', { name: words('create_submit') })).toBeDisabled();
	await name.fill('shop-prod');
	proxy.hold(/^POST \/containers\/[^/]+\/start$/);
	await page.getByRole('button', { name: words('create_submit') }).click();

	await expect(page).toHaveURL(/\/operations\//);
	const isAtContainer = async () => {
		for (const step of ['image', 'network', 'volume'])
			await expect(stepOf(page, `word_step_${step}`, 'operation_step_done')).toBeVisible({
				timeout: longWorkMs,
			});
		await expect(stepOf(page, 'word_step_container', 'operation_step_running')).toBeVisible();
		await expect(stepOf(page, 'word_step_credentials', 'operation_step_waiting')).toBeVisible();
	};
	await isAtContainer();
	await reload(page);
	await isAtContainer();
	proxy.hold(null);
	await expect(page).toHaveURL(/\/databases\/svc_/, { timeout: longWorkMs });
	await server.isShownAs('running');
	expect(await memoryOf()).toBe(256 * MIB);
});

test('the connection card’s values log in', async () => {
	await server.openTab('tab_access');
	const card = page.getByRole('region', { name: words('connection_title') });
	const copyOf = (key: string) =>
		copied(
			page,
			card.getByRole('button', { name: words('ui_copy_what', { label: words(key) }), exact: true }),
		);
	const showForm = (name: string) => card.getByRole('tab', { name, exact: true }).click();

	rootUri = await copyOf('connection_uri');
	const password = decodeURIComponent(new URL(rootUri).password);
	await expect(card, 'the password is hidden').not.toContainText(password);
	expect(await ask(rootUri, 'select current_user as who')).toEqual([{ who: 'postgres' }]);

	const host = await copyOf('connection_host');
	const port = await copyOf('connection_port');
	const user = await copyOf('connection_user');
	expect(
		await askAs({ host, port: Number(port), user, password, database: 'postgres' }, 'select 1 as one'),
	).toEqual([{ one: 1 }]);
	expect(await copyOf('connection_password')).toBe(password);
	await card
		.getByRole('button', { name: words('ui_secret_reveal', { label: words('connection_password') }) })
		.click();
	await expect(card.getByText(password, { exact: true })).toBeVisible();
	await card
		.getByRole('button', { name: words('ui_secret_hide', { label: words('connection_password') }) })
		.click();
	await expect(card).not.toContainText(password);

	await showForm('.env');
	const env = await copied(page, card.getByRole('button', { name: 'Copy: .env' }));
	const lines = new Map(
		env.split('\n').map((line) => [line.split('=')[0], line.slice(line.indexOf('=') + 1)]),
	);
	expect(lines.get('PGPASSWORD')).toBe(password);
	expect(await ask(lines.get('DATABASE_URL') ?? '', 'select 1 as one')).toEqual([{ one: 1 }]);

	expect(await copyOf('connection_command')).toMatch(new RegExp(`^PGPASSWORD='?${password}'? psql `));
	for (const language of ['Node.js', 'Python', 'PHP', 'Laravel']) {
		await showForm(language);
		const snippet = await copied(
			page,
			card.getByRole('button', { name: words('ui_copy_what', { label: language }), exact: true }),
		);
		expect(snippet).toContain(port);
		expect(snippet).toContain(password);
		await expect(card.getByRole('tabpanel')).not.toContainText(password);
	}
});

test('the overview shows facts and live charts', async () => {
	await server.openTab('tab_overview');
	const main = page.getByRole('main');
	// A first sample comes within the sampler's interval.
	for (const chart of ['stats_cpu', 'stats_memory', 'stats_connections']) {
		const explore = words('ui_chart_explore', { label: words(chart) });
		await expect(main.getByRole('slider', { name: explore })).toBeVisible({ timeout: 30_000 });
	}
	await expect(main.getByText(/^PostgreSQL 18\.\d+$/).first()).toBeVisible();
	await expect(main.getByText(words('facts_not_running'))).toHaveCount(0);
});

test('a new server has no database to look into yet, the server’s own left aside', async () => {
	await server.openTab('tab_data');
	const main = page.getByRole('main');
	await expect(main.getByText(words('data_no_databases_title'))).toBeVisible();
	await expect(main.getByText(words('engine_no_answer'))).toHaveCount(0);
	await main.getByRole('link', { name: words('data_no_databases_open') }).click();
	await expect(main.getByText(words('databases_empty_title'))).toBeVisible();
});

test('a database and a user are made, and the password stays until it is taken', async () => {
	await server.openTab('tab_databases');
	await page.getByRole('button', { name: words('databases_create') }).click();
	await dialog().getByLabel(words('databases_name')).fill('shop');
	await server.confirm('databases_create_submit');
	await expect(page.getByRole('button', { name: words('databases_create') })).toBeFocused();
	const rowOf = (name: string) => page.getByRole('row').filter({ hasText: name });
	await expect(rowOf('shop')).toContainText('UTF8');
	await expect(rowOf('shop').getByRole('link')).toHaveCount(1);
	await expect(rowOf('postgres').getByRole('link'), 'its own database leads nowhere').toHaveCount(0);
	expect(await ask(rootUri, `select 1 as found from pg_database where datname = 'shop'`)).toHaveLength(1);

	await server.openTab('tab_users');
	await page.getByRole('button', { name: words('users_create') }).click();
	await dialog().getByLabel(words('users_name')).fill('shop_app');
	await choose(page, dialog().getByLabel(words('users_first_database')), 'shop');
	await server.confirm('users_create_submit');
	await expect(page.getByRole('button', { name: words('users_create') })).toBeFocused();
	const banner = page.getByRole('region', { name: words('fresh_password_title', { user: 'shop_app' }) });
	appUri = await copied(page, banner.getByRole('button', { name: words('fresh_password_copy_uri') }));
	const password = decodeURIComponent(new URL(appUri).password);
	await expect(banner).toContainText(password);
	expect(await ask(appUri, 'select current_user as who, current_database() as here')).toEqual([
		{ who: 'shop_app', here: 'shop' },
	]);

	await server.openTab('tab_overview');
	await expect(banner).toContainText(password);
	await reload(page);
	await expect(banner).toContainText(password);
	await banner.getByRole('button', { name: words('fresh_password_dismiss') }).click();
	await expect(banner).toBeHidden();
	await reload(page);
	await server.isShownAs('running');
	await expect(page.getByText(password)).toHaveCount(0);
});

test('grants in the matrix are what PostgreSQL then allows', async () => {
	await server.openTab('tab_users');
	const cell = (user: string) => page.getByLabel(words('users_grant_of', { user, database: 'shop' }));
	const grant = async (user: string, level: 'none' | 'read' | 'write' | 'owner') => {
		await cell(user).selectOption(level);
		await expect(cell(user)).toBeEnabled();
		await expect(cell(user)).toHaveValue(level);
	};
	await grant('shop_app', 'owner');
	await ask(appUri, 'create table orders (id serial primary key, what text)');

	await page.getByRole('button', { name: words('users_create') }).click();
	await dialog().getByLabel(words('users_name')).fill('reporter');
	await server.confirm('users_create_submit');
	const reporterUri = inDatabase(await server.takeUri('reporter'), 'shop');
	expect(await refusal(reporterUri, 'select * from orders')).toBe('42501');

	await grant('reporter', 'read');
	expect(await ask(reporterUri, 'select * from orders')).toEqual([]);
	expect(await refusal(reporterUri, `insert into orders (what) values ('tea')`)).toBe('42501');
	await ask(appUri, 'create table later (id serial primary key)');
	expect(await ask(reporterUri, 'select * from later')).toEqual([]);

	await grant('reporter', 'write');
	await ask(reporterUri, `insert into orders (what) values ('tea')`);
	await ask(reporterUri, 'insert into later default values');
	expect(await refusal(reporterUri, 'create table mine (id int)')).toBe('42501');

	await reload(page);
	await expect(cell('reporter')).toHaveValue('write');
	await expect(cell('shop_app')).toHaveValue('owner');
});

test('the logs are live, and can be searched, paused and saved', async () => {
	await server.openTab('tab_logs');
	const log = page.getByRole('log');
	await expect(log).toContainText('database system is ready to accept connections');
	const shout = (text: string) => ask(rootUri, `do $$ begin raise warning '${text}'; end $$`);
	await shout('the kettle boils');
	await expect(log).toContainText('the kettle boils');

	await page.getByRole('searchbox', { name: words('logs_search') }).fill('KETTLE');
	await expect(log).not.toContainText('database system is ready');
	await expect(log.locator('mark').first()).toHaveText('kettle');
	await page.getByRole('button', { name: words('ui_search_clear') }).click();

	await page.getByRole('button', { name: words('logs_pause'), exact: true }).click();
	await shout('the milk is warm');
	await expect(page.getByText(loosely(words('logs_paused', { count: '' }).trim())).last()).not.toContainText(
		/\b0\b/,
	);
	await expect(log).not.toContainText('the milk is warm');
	await page.getByRole('button', { name: words('logs_resume'), exact: true }).click();
	await expect(log).toContainText('the milk is warm');

	const downloading = page.waitForEvent('download');
	await page.getByRole('button', { name: words('logs_download') }).click();
	const file = await downloading;
	expect(file.suggestedFilename()).toMatch(/^shop-prod-.*\.log$/);
	const saved = readFileSync(await file.path(), 'utf8');
	expect(saved).toContain('the kettle boils');
	expect(saved).toContain('the milk is warm');
});

test('it stops, starts and restarts, and its data stays', async () => {
	await page.getByRole('button', { name: words('service_stop'), exact: true }).click();
	await expect(page.getByText(words('service_stop_breaks_connections')).last()).toBeVisible();
	await server.confirm('service_stop');
	await server.isShownAs('stopped');
	await expect(ask(appUri, 'select 1')).rejects.toThrow(/ECONNREFUSED/);

	await page
		.getByRole('button', { name: words('service_start'), exact: true })
		.first()
		.click();
	await server.isShownAs('running');
	expect(await ask(appUri, 'select what from orders')).toEqual([{ what: 'tea' }]);

	const began = 'select pg_postmaster_start_time() as at';
	const [before] = await ask(appUri, began);
	await server.chooseFromMenu('service_restart');
	await server.confirm('service_restart');
	await expect
		.poll(async () => (await ask(appUri, began).catch(() => [before]))[0]?.at, { timeout: longWorkMs })
		.not.toEqual(before?.at);
	await server.isShownAs('running');
});

test('it takes another name and more memory', async () => {
	await server.chooseFromMenu('service_rename');
	await dialog().getByLabel(words('service_name')).fill('shop-live');
	await server.confirm('service_rename_action');
	server = new ServerPage(page, 'shop-live');
	await expect(server.heading).toBeVisible();
	await expect(page).toHaveTitle(/shop-live/);
	await server.openTab('tab_access');
	const card = page.getByRole('region', { name: words('connection_title') });
	await choose(page, card.getByLabel(words('connection_from')), words('connection_from_network'));
	await expect(card.getByText('shop-live', { exact: true })).toBeVisible();

	await server.openTab('tab_settings');
	await page.getByRole('button', { name: loosely('512 MB') }).click();
	await page.getByRole('button', { name: words('settings_resize') }).click();
	await expect.poll(memoryOf, { timeout: longWorkMs }).toBe(512 * MIB);
	await server.isShownAs('running');
	await expect(
		page.getByRole('main').getByText(loosely(words('service_memory', { bytes: '512 MB' }))),
	).toBeVisible();
	// The new container has its memory before its server answers.
	await expect
		.poll(() => ask(appUri, 'select what from orders').catch(() => null), { timeout: longWorkMs })
		.toEqual([{ what: 'tea' }]);
});

test('it is deleted by typing its name, and comes back from the trash with its data', async () => {
	await server.chooseFromMenu('service_remove');
	const asked = page.getByRole('alertdialog');
	const press = asked.getByRole('button', { name: words('service_remove'), exact: true });
	await expect(press).toBeDisabled();
	await asked.getByRole('textbox').fill('shop');
	await expect(press).toBeDisabled();
	await asked.getByRole('textbox').fill('shop-live');
	await press.click();
	await expect(page).toHaveURL(/\/operations\//);
	await page.getByRole('link', { name: words('operation_to_list') }).click({ timeout: longWorkMs });
	await expect(page.getByRole('heading', { name: words('home_empty_title') })).toBeVisible();
	// One that looks for newer packages may be ending.
	await expect.poll(() => docker.containers.list(), { timeout: longWorkMs }).toEqual([]);
	expect(await docker.volumes.list()).toHaveLength(1);

	await page.getByRole('button', { name: words('trash_restore'), exact: true }).click();
	await server.confirm('trash_restore');
	await page
		.getByRole('main')
		.getByRole('link', { name: words('operation_to_service', { name: 'shop-live' }) })
		.click({ timeout: longWorkMs });
	await server.isShownAs('running');
	await server.openTab('tab_access');
	const card = page.getByRole('region', { name: words('connection_title') });
	const label = words('ui_copy_what', { label: words('connection_port') });
	const uri = new URL(appUri);
	uri.port = await copied(page, card.getByRole('button', { name: label }));
	expect(await ask(uri.href, 'select what from orders')).toEqual([{ what: 'tea' }]);
});

test('everything that was done stands in the activity', async () => {
	await visit(page, '/activity');
	const table = page.getByRole('table', { name: words('activity_table') });
	for (const action of ['services_create', 'secrets_reveal', 'database_users_set_grants', 'services_remove'])
		await expect(table.getByText(words(`activity_action_${action}`)).first()).toBeVisible();
});
