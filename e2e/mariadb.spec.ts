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
import { askMysql, openMysql } from './mysql';

test('a MariaDB server: character set, grants, drift, settings, sessions and rows', async ({
	house,
	pageOf,
}) => {
	test.setTimeout(300_000);
	const page = await pageOf(house.project.people.owner);
	const dialog = () => page.getByRole('dialog');
	const server = await makeServer(page, { engine: 'MariaDB', name: 'wiki-db', memory: loosely('512 MB') });
	const id = openServerId(page);
	const root = await adminUri(house, { id, name: 'wiki-db' }, 'mysql', '');

	await server.openTab('tab_databases');
	await page.getByRole('button', { name: words('databases_create') }).click();
	await dialog().getByLabel(words('databases_name')).fill('wiki');
	await choose(page, dialog().getByLabel(words('databases_charset')), 'latin1');
	await server.confirm('databases_create_submit');
	await expect(page.getByRole('row').filter({ hasText: 'wiki' })).toContainText('latin1');

	await server.openUserForm();
	await dialog().getByLabel(words('users_name')).fill('wiki_app');
	await choose(page, dialog().getByLabel(words('users_first_database')), 'wiki');
	await server.confirm('users_create_submit');
	const uri = await server.takeUri('wiki_app');
	await askMysql(root, 'create table wiki.pages (id int primary key, title varchar(200))');
	await askMysql(uri, `insert into pages values (1, 'Tea'), (2, '${'a long title '.repeat(10)}')`);

	const cell = page.getByLabel(words('users_grant_of', { user: 'wiki_app', database: 'wiki' }));
	await cell.selectOption('read');
	await expect(cell).toBeEnabled();
	await expect(cell).toHaveValue('read');
	await expect(askMysql(uri, 'delete from pages')).rejects.toThrow(/denied/);

	await askMysql(root, `grant delete on wiki.* to 'wiki_app'@'%'`);
	await askMysql(root, `revoke select on wiki.* from 'wiki_app'@'%'`);
	await mendDrift(page, id);
	await expect(cell).toHaveValue('read');
	await expect(askMysql(uri, 'delete from pages')).rejects.toThrow(/denied/);

	await server.openTab('tab_settings');
	await page.getByLabel('max_connections', { exact: true }).fill('5');
	await expect(page.getByRole('button', { name: words('settings_save') })).toBeDisabled();
	await page.getByLabel('max_connections', { exact: true }).fill('77');
	await saveSettings(page);
	expect(await askMysql(root, 'select @@max_connections')).toEqual([[77]]);

	const app = await openMysql(uri);
	const hasEnded = new Promise<void>((resolve) => app.on('error', () => resolve()));
	await endSessionOf(server, 'wiki_app');
	await hasEnded;

	const rows = await openRows(server, 'pages');
	await expect(rows.getByText('Tea', { exact: true })).toBeVisible();
	await rows.getByRole('button', { name: /a long title/ }).click();
	await expect(dialog()).toContainText('a long title '.repeat(9));
	await page.keyboard.press('Escape');
	await queryAndRefusal(page, {
		reads: 'select count(*) as pages from pages',
		answer: '2',
		writes: 'delete from pages',
	});
	await page.getByRole('checkbox', { name: words('query_read_only') }).click();
	await expect(page.getByText(words('query_write_title'))).toBeVisible();
	expect(await askMysql(root, 'select count(*) from wiki.pages')).toEqual([[2]]);
});
