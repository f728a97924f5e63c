import type { Page } from '@playwright/test';
import { startDockerProxy } from '../src/lib/server/testing/docker-proxy';
import { seedPeople, seedProject, seedServices } from '../src/lib/server/testing/surface-seed';
import { choose, openBrowser, visit } from './browser';
import { ended, expect, rootUri, sessionCookie, test, words } from './fixtures';
import { demolish, openPanelDatabase } from './house';
import { startPanel, type Panel } from './panel';
import { ask } from './postgres';
import { ServerPage, stepOf } from './server-page';

const longWorkMs = 90_000;
const hostile = `a'b"c$(id)`;
const of63Bytes = 'x'.repeat(59) + '🐘';
const of64Bytes = 'x'.repeat(60) + '🐘';

test('a database’s name works exactly as typed, or its form says why not and keeps it', async ({
	house,
	server,
	pageOf,
}) => {
	const page = await pageOf(house.project.people.owner);
	const uri = await rootUri(house, server);
	const databases = async () =>
		(await ask(uri, 'select datname as name from pg_database')).map(({ name }) => name);
	const shown = new ServerPage(page, server.name);
	await visit(page, `/databases/${server.id}/databases`);
	const dialog = page.getByRole('dialog');
	const open = () =>
		page
			.getByRole('main')
			.getByRole('button', { name: words('databases_create') })
			.first()
			.click();
	const name = dialog.getByLabel(words('databases_name'));
	const submit = dialog.getByRole('button', { name: words('databases_create_submit') });

	for (const wanted of [hostile, of63Bytes, '👩‍👩‍👧', '-- drop table', '../../etc']) {
		await open();
		await name.fill(wanted);
		await shown.confirm('databases_create_submit');
		await expect(page.getByRole('cell', { name: wanted }).first()).toBeVisible();
		expect(await databases()).toContain(wanted);
	}

	await open();
	const refused: [string, RegExp][] = [
		[of64Bytes, sentence('error_name_too_long_bytes')],
		[hostile, sentence('error_name_taken')],
		[' blank', sentence('error_name_blanks')],
	];
	for (const [wanted, reason] of refused) {
		await name.fill(wanted);
		await expect(dialog.getByText(reason)).toBeVisible();
		await expect(submit).toBeDisabled();
		await expect(name).toHaveValue(wanted);
	}
	// Only the engine knows which names are its own.
	await name.fill('template1');
	await submit.click();
	await expect(dialog.getByText(sentence('error_name_reserved'))).toBeVisible();
	await expect(name).toHaveValue('template1');

	await page.evaluate(() => navigator.clipboard.writeText('two\nlines'));
	await name.fill('');
	await name.press('Control+v');
	const pasted = await name.inputValue();
	expect(pasted, 'a field of one line takes no line break').not.toContain('\n');
	await shown.confirm('databases_create_submit');
	expect(await databases()).toContain(pasted);
});

test('a user’s name and password of any characters log in', async ({ house, server, pageOf }) => {
	const page = await pageOf(house.project.people.owner);
	const shown = new ServerPage(page, server.name);
	await visit(page, `/databases/${server.id}/users`);
	const dialog = page.getByRole('dialog');
	const name = dialog.getByLabel(words('users_name'));

	const home = 'x"; drop database';
	await house.api.databases.create.mutate({ serviceId: server.id, name: home });
	const password = `p'a"s\\s $(id) \`ü %40@/:?#`;
	await shown.openUserForm();
	await name.fill(hostile);
	await choose(page, dialog.getByLabel(words('users_first_database')), home);
	await dialog.getByRole('radio', { name: new RegExp(`^${words('users_password_own')}`) }).click();
	const own = dialog.getByLabel(words('users_password_new'));
	await own.fill(`${password}🐘`);
	await dialog.getByRole('button', { name: words('users_create_submit') }).click();
	await expect(dialog.getByText(words('error_password_unusable'))).toBeVisible();
	await expect(own).toHaveValue(`${password}🐘`);
	await own.fill(password);
	await shown.confirm('users_create_submit');
	const uri = await shown.takeUri(hostile);
	expect(decodeURIComponent(new URL(uri).password)).toBe(password);
	expect(await ask(uri, 'select current_user as who, current_database() as here')).toEqual([
		{ who: hostile, here: home },
	]);

	await shown.openUserForm();
	for (const [wanted, reason] of [
		['pg_monitor2', sentence('error_name_reserved')],
		['postgres', sentence('error_name_reserved')],
	] as const) {
		await name.fill(wanted);
		await dialog.getByRole('button', { name: words('users_create_submit') }).click();
		await expect(dialog.getByText(reason)).toBeVisible();
		await expect(name).toHaveValue(wanted);
	}
});

test('of two people who press Stop one wins, and the other is told', async ({ house, server, pageOf }) => {
	const { owner, operator } = house.project.people;
	const stops = async () => {
		const all = await house.api.operations.list.query({ projectId: house.project.projectId });
		return all.filter(({ kind }) => kind === 'service.stop').length;
	};
	const before = await stops();
	const pages = [await pageOf(owner), await pageOf(operator)];
	for (const page of pages) {
		await visit(page, `/databases/${server.id}`);
		await page.getByRole('button', { name: words('service_stop'), exact: true }).click();
	}
	house.proxy.hold(/^POST \/containers\/[^/]+\/stop$/);
	try {
		const press = (page: Page) =>
			page
				.getByRole('alertdialog')
				.getByRole('button', { name: words('service_stop'), exact: true })
				.click();
		await Promise.all(pages.map(press));
		const told = await Promise.all(pages.map(isToldOfConflict));
		expect(told.toSorted()).toEqual([false, true]);
	} finally {
		house.proxy.hold(null);
	}
	for (const page of pages) await new ServerPage(page, server.name).isShownAs('stopped');
	const { operationId } = await house.api.services.start.mutate({ serviceId: server.id });
	await ended(house.api, operationId);
	expect(await stops()).toBe(before + 1);
});

/** True when the dialog stays and names the conflict, false when it closes. */
async function isToldOfConflict(page: Page): Promise<boolean> {
	const question = page.getByRole('alertdialog');
	const conflict = question.getByText(words('error_service_busy'));
	await expect(async () => {
		expect((await conflict.count()) === 1 || (await question.count()) === 0).toBe(true);
	}).toPass();
	const isTold = (await conflict.count()) === 1;
	if (isTold) await page.keyboard.press('Escape');
	return isTold;
}

test('while Docker is sick the pages live and say so, and recover by themselves', async ({
	house,
	server,
	pageOf,
}) => {
	const page = await pageOf(house.project.people.owner);
	const shown = new ServerPage(page, server.name);
	await visit(page, `/databases/${server.id}`);
	await shown.isShownAs('running');
	house.proxy.setBroken(true);
	try {
		await expect(page.getByText(words('service_docker_down_text'))).toBeVisible({ timeout: longWorkMs });
		await shown.openTab('tab_settings');
		await expect(page.getByRole('main').getByText(words('settings_danger_title'))).toBeVisible();
		await page.getByRole('link', { name: words('shell_home'), exact: true }).click();
		await expect(page.getByRole('link', { name: server.name })).toBeVisible();
		await page
			.getByRole('main')
			.getByRole('link', { name: words('databases_new') })
			.click();
		await expect(page.getByText(words('create_docker_down'))).toBeVisible();
		await expect(page.getByRole('button', { name: words('create_submit') })).toBeDisabled();
		await visit(page, `/databases/${server.id}`);
		await expect(page.getByText(words('service_docker_down_text'))).toBeVisible();
	} finally {
		house.proxy.setBroken(false);
	}
	await shown.isShownAs('running');
	await expect(page.getByText(words('service_docker_down_text'))).toHaveCount(0);
});

test('what is not there and what is not mine look alike', async ({ house, pageOf }) => {
	const foreign = seedProject(house.database.db);
	const page = await pageOf(house.project.people.owner);
	const never = 'aaaaaaaaaaaaaaaaaaaa';
	const pairs = [
		[`/databases/${foreign.serviceId}`, `/databases/svc_${never}`],
		[`/databases/${foreign.serviceId}/users`, `/databases/svc_${never}/users`],
		[`/databases/${foreign.serviceId}/settings`, `/databases/svc_${never}/settings`],
		[`/operations/${foreign.operationId}`, `/operations/${foreign.operationId.slice(0, 4)}${never}`],
	];
	const look = async (path: string) => {
		const response = await visit(page, path);
		return { status: response?.status(), text: await page.locator('body').innerText() };
	};
	for (const [theirs = '', none = ''] of pairs) {
		const seen = await look(theirs);
		expect(seen.status).toBe(404);
		expect(seen.text).toContain(words('shell_error_missing_title'));
		expect(await look(none)).toEqual(seen);
	}
});

test('a panel killed while it makes a server ends the work after its start, before the eyes of who waits', async ({
	browser,
}) => {
	const proxy = await startDockerProxy();
	const env = { SH0_LOG_LEVEL: 'error', DOCKER_HOST: proxy.host };
	let panel: Panel = await startPanel({ env });
	try {
		const database = openPanelDatabase(panel);
		const { people } = seedPeople(database.db, { isOwnersInstance: true });
		database.close();
		const context = await openBrowser(browser, panel.url);
		await context.addCookies([sessionCookie(panel.url, people.owner.sessionToken)]);
		const page = await context.newPage();
		await visit(page, '/databases/new');
		await page.getByLabel(words('service_name')).fill('survivor');
		proxy.hold(/^POST \/containers\/create$/);
		await page.getByRole('button', { name: words('create_submit') }).click();
		await expect(stepOf(page, 'word_step_container', 'operation_step_running')).toBeVisible({
			timeout: longWorkMs,
		});

		const { dataDir, url } = panel;
		await panel.stop('SIGKILL');
		proxy.hold(null);
		panel = await startPanel({ dataDir, port: Number(new URL(url).port), env });
		await expect(page).toHaveURL(/\/databases\/svc_/, { timeout: longWorkMs });
		await new ServerPage(page, 'survivor').isShownAs('running');
		await context.close();
	} finally {
		await demolish(panel);
		await proxy.close();
	}
});

test('a page outlives a restart of the panel', async ({ browser }) => {
	const env = { SH0_LOG_LEVEL: 'error' };
	let panel: Panel = await startPanel({ env });
	const { dataDir, url } = panel;
	const start = () => startPanel({ dataDir, port: Number(new URL(url).port), env });
	try {
		const database = openPanelDatabase(panel);
		const { people, projectId } = seedPeople(database.db, { isOwnersInstance: true });
		const context = await openBrowser(browser, panel.url);
		await context.addCookies([sessionCookie(panel.url, people.owner.sessionToken)]);
		const page = await context.newPage();
		await visit(page, '/databases');
		await panel.stop();
		await expect(page.getByText(words('connection_lost_text'))).toBeVisible({ timeout: longWorkMs });
		await expect(page.getByRole('heading', { name: words('home_empty_title') })).toBeVisible();
		panel = await start();
		await expect(page.getByText(words('connection_lost_text'))).toHaveCount(0, { timeout: longWorkMs });
		seedServices(database.db, projectId, 1);
		await expect(page.getByRole('heading', { name: words('home_empty_title') })).toHaveCount(0, {
			timeout: longWorkMs,
		});

		await panel.stop();
		// A part of the app that this browser has not fetched yet.
		await page.getByRole('link', { name: words('shell_settings'), exact: true }).click();
		await expect(page.getByText(words('error_network'))).toBeVisible();
		panel = await start();
		await page.getByRole('button', { name: words('shell_error_reload') }).click();
		await expect(page.getByRole('heading', { name: words('settings_title') })).toBeVisible();
		database.close();
		await context.close();
	} finally {
		await demolish(panel);
	}
});

/** The start of a sentence, up to its first placeholder. */
function sentence(key: string): RegExp {
	const [start = ''] = words(key).split('{');
	return new RegExp(start.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
}
