import type { Page } from '@playwright/test';
import { choose, loosely } from './browser';
import {
	adminUri,
	endSessionOf,
	makeServer,
	mendDrift,
	openRows,
	openServerId,
	queryAndRefusal,
	saveSettings,
} from './engine-pages';
import { expect, test, words } from './fixtures';
import { openRedis, tell } from './redis';

test('a Valkey server: rules, drift, settings, sessions and keys', async ({ house, pageOf }) => {
	test.setTimeout(300_000);
	const page = await pageOf(house.project.people.owner);
	const dialog = () => page.getByRole('dialog');
	const server = await makeServer(page, { engine: 'Valkey', name: 'cache', memory: loosely('256 MB') });
	const id = openServerId(page);
	const root = await adminUri(house, { id, name: 'cache' }, 'redis', '0');

	await server.openTab('tab_databases');
	await expect(page.getByText(words('capability_reason_numbered_databases'))).toBeVisible();
	await expect(page.getByRole('button', { name: words('databases_create') })).toHaveCount(0);

	await server.openUserForm();
	await dialog().getByLabel(words('users_name')).fill('cart');
	await dialog()
		.getByRole('textbox', { name: words('users_keys') })
		.fill('cart:*');
	await server.confirm('users_create_submit');
	const uri = await server.takeUri('cart');
	expect(await tell(uri, 'SET', 'cart:1', 'tea')).toBe('OK');
	await expect(tell(uri, 'SET', 'other', 'tea')).rejects.toThrow(/NOPERM/);

	await server.openUserForm();
	await dialog().getByLabel(words('users_name')).fill('till');
	await dialog()
		.getByRole('textbox', { name: words('users_keys') })
		.fill('till:*');
	await server.confirm('users_create_submit');
	const tillUri = await server.takeUri('till');

	await openMenu(page, 'cart', 'users_rules_edit');
	await dialog()
		.getByRole('radio', { name: new RegExp(`^${words('users_preset_read')}\\.`) })
		.click();
	await server.confirm('users_rules_save');
	await expect(tell(uri, 'SET', 'cart:1', 'milk')).rejects.toThrow(/NOPERM/);

	// What was chosen for one user is not given to the next.
	await openMenu(page, 'till', 'users_rules_edit');
	await server.confirm('users_rules_save');
	expect(await tell(tillUri, 'SET', 'till:1', 'coins')).toBe('OK');
	await expect(tell(tillUri, 'GET', 'cart:1')).rejects.toThrow(/NOPERM/);

	await tell(root, 'ACL', 'SETUSER', 'cart', '+set');
	await mendDrift(page, id);
	await expect(tell(uri, 'SET', 'cart:1', 'milk')).rejects.toThrow(/NOPERM/);

	await server.openTab('tab_settings');
	await choose(page, page.getByRole('combobox', { name: 'maxmemory-policy' }), 'allkeys-lru');
	await saveSettings(page);
	expect(await tell(root, 'CONFIG', 'GET', 'maxmemory-policy')).toContain('allkeys-lru');

	const app = openRedis(uri);
	await app.connect();
	const hasEnded = new Promise<void>((resolve) => app.once('close', () => resolve()));
	await endSessionOf(server, 'cart');
	await hasEnded;

	const rows = await openRows(server, 'cart:1');
	await expect(rows.getByText('tea', { exact: true })).toBeVisible();
	await queryAndRefusal(page, { reads: 'GET cart:1', answer: 'tea', writes: 'SET cart:1 milk' });
	expect(await tell(uri, 'GET', 'cart:1')).toBe('tea');
});

async function openMenu(page: Page, user: string, item: string): Promise<void> {
	await page.getByRole('button', { name: words('users_menu', { user }) }).click();
	await page.getByRole('menuitem', { name: words(item) }).click();
}
