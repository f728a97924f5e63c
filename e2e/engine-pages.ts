import { expect, type Page } from '@playwright/test';
import { visit } from './browser';
import type { House, RunningServer } from './fixtures';
import { ServerPage } from './server-page';
import { words } from './words';

const longWorkMs = 120_000;

export type Wanted = { engine: string; name: string; memory: RegExp };

/** Makes a server by the form and waits until its page opens by itself. */
export async function makeServer(page: Page, { engine, name, memory }: Wanted): Promise<ServerPage> {
	await visit(page, '/databases/new');
	const engines = page.getByRole('radiogroup', { name: words('create_engine') });
	await engines.getByRole('radio', { name: new RegExp(`^${engine}\\.`) }).click();
	await page.getByLabel(words('service_name')).fill(name);
	await page.getByRole('button', { name: memory }).click();
	await page.getByRole('button', { name: words('create_submit') }).click();
	await expect(page).toHaveURL(/\/operations\//, { timeout: longWorkMs });
	await expect(page).toHaveURL(/\/databases\/svc_/, { timeout: longWorkMs });
	const server = new ServerPage(page, name);
	await server.isShownAs('running');
	return server;
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
export async function runQuery(page: Page, text: string): Promise<void> {
	const box = page.getByLabel(words('query_statement'));
	await box.fill(text);
	await box.press('Control+Enter');
}
