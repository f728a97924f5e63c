import { expect, type Locator, type Page } from '@playwright/test';
import { visit } from './browser';
import type { House, RunningServer } from './fixtures';
import { ServerPage } from './server-page';
import { words } from './words';

const longWorkMs = 120_000;

export type Wanted = { engine: string; name: string; memory: RegExp; dataLimitGb?: string };

/** Makes a server by the form and waits until its page opens by itself. */
export async function makeServer(
	page: Page,
	{ engine, name, memory, dataLimitGb }: Wanted,
	room: 'databases' | 'storage' = 'databases',
): Promise<ServerPage> {
	await visit(page, `/${room}/new`);
	const engines = page.getByRole('radiogroup', { name: words('create_engine') });
	await engines.getByRole('radio', { name: new RegExp(`^${engine}\\.`) }).click();
	await page.getByLabel(words('service_name')).fill(name);
	await page.getByRole('button', { name: memory }).click();
	if (dataLimitGb) await page.getByLabel(words('data_limit'), { exact: true }).fill(dataLimitGb);
	await page.getByRole('button', { name: words('create_submit') }).click();
	await expect(page).toHaveURL(/\/operations\//, { timeout: longWorkMs });
	await expect(page).toHaveURL(new RegExp(`/${room}/svc_`), { timeout: longWorkMs });
	const server = new ServerPage(page, name);
	await server.isShownAs('running');
	return server;
}

/** The same for a storage server. */
export function makeStorageServer(page: Page, wanted: Wanted): Promise<ServerPage> {
	return makeServer(page, wanted, 'storage');
}

/** The id of the server whose page is open. */
export function openServerId(page: Page): string {
	return /svc_[a-z0-9]+/.exec(page.url())?.[0] ?? '';
}

/** The administrator's connection string for a database, put together as a script would. */
export async function adminUri({ api }: House, server: RunningServer, scheme: string, database: string) {
	const { host, port, user } = await api.services.connection.query({ serviceId: server.id });
	const { value } = await api.secrets.reveal.mutate({ serviceId: server.id, kind: 'root' });
	return `${scheme}://${encodeURIComponent(user)}:${encodeURIComponent(value)}@${host}:${port}/${database}`;
}

/** Saves what was changed on the settings tab and waits until the operation has succeeded. */
export async function saveSettings(page: Page): Promise<void> {
	await page.getByRole('button', { name: words('settings_save') }).click();
	await expect(page.getByText(words('operation_succeeded'), { exact: true })).toBeVisible({
		timeout: longWorkMs,
	});
}

/** Types a statement into the query box and runs it by keyboard. */
async function runQuery(page: Page, text: string): Promise<void> {
	const box = page.getByLabel(words('query_statement'));
	await box.fill(text);
	await box.press('Control+Enter');
}

/** Sees on the users tab that somebody else changed access, and makes it what was given here again. */
export async function mendDrift(page: Page, serverId: string): Promise<void> {
	await visit(page, `/databases/${serverId}/users`);
	await expect(page.getByText(words('users_drift_title'))).toBeVisible();
	await page
		.getByRole('main')
		.getByRole('button', { name: words('users_mend') })
		.click();
	await expect(page.getByText(words('users_drift_title'))).toHaveCount(0);
}

/** Ends the live connection of a user on the sessions tab. */
export async function endSessionOf(server: ServerPage, user: string): Promise<void> {
	await server.openTab('tab_sessions');
	await server.page
		.getByRole('button', { name: words('sessions_end_of', { user }) })
		.click({ timeout: 30_000 });
	await server.confirm('sessions_end');
}

/** Opens a table, collection or key on the data tab; answers its rows. */
export async function openRows(server: ServerPage, name: string): Promise<Locator> {
	await server.openTab('tab_data');
	const { page } = server;
	await page
		.getByRole('main')
		.getByRole('link', { name: new RegExp(name) })
		.click();
	return page.getByRole('region', { name: words('data_table', { name }) });
}

/** Opens the query box from the data tab and shows that it answers a statement and refuses one that writes. */
export async function queryAndRefusal(
	page: Page,
	asked: { reads: string; answer: string; writes: string },
): Promise<void> {
	await page.getByRole('link', { name: words('data_query'), exact: true }).click();
	await runQuery(page, asked.reads);
	const result = page.getByRole('region', { name: words('query_result') });
	await expect(result.getByText(asked.answer).first()).toBeVisible();
	await runQuery(page, asked.writes);
	// By the engine, or by sh0 before the engine sees it.
	const refused = page.getByText(words('query_refused')).or(page.getByText(words('query_not_run')));
	await expect(refused).toBeVisible();
}
