import type { Locator, Page } from '@playwright/test';
import { copied, visit } from './browser';
import { ended, expect, test, words } from './fixtures';
import { ask } from './postgres';
import { ServerPage } from './server-page';

const longWorkMs = 90_000;

/** Presses Tab until this has the focus. Throws when it never has. */
async function tabTo(page: Page, target: Locator): Promise<void> {
	for (let presses = 0; presses < 60; presses += 1) {
		await page.keyboard.press('Tab');
		if (await target.evaluate((element) => element === document.activeElement)) return;
	}
	throw new Error(`Tab does not reach ${String(target)}`);
}

/** Where the focus is can be seen. */
async function isSeenFocused(target: Locator): Promise<void> {
	await expect(target).toBeFocused();
	const ring = await target.evaluate((element) => {
		const { outlineStyle, outlineWidth } = getComputedStyle(element);
		return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1;
	});
	expect(ring, 'a ring around what has the focus').toBe(true);
}

async function openPalette(page: Page): Promise<Locator> {
	await page.keyboard.press('Control+k');
	const palette = page.getByRole('dialog', { name: words('ui_palette_title') });
	await expect(palette.getByPlaceholder(words('ui_palette_placeholder'))).toBeFocused();
	return palette;
}

/** Types into the palette and takes its first answer. */
async function command(page: Page, typed: string, title: string): Promise<void> {
	const palette = await openPalette(page);
	await page.keyboard.type(typed);
	await expect(palette.getByRole('option').first()).toHaveText(title);
	await page.keyboard.press('Enter');
	await expect(palette).toBeHidden();
}

test('the first Tab skips to the content', async ({ house, pageOf }) => {
	const page = await pageOf(house.project.people.owner);
	await visit(page, '/');
	await page.keyboard.press('Tab');
	await isSeenFocused(page.getByRole('link', { name: words('shell_skip') }));
	await page.keyboard.press('Enter');
	await expect(page.getByRole('main')).toBeFocused();
});

test('the palette goes anywhere and copies a connection string that logs in', async ({
	house,
	server,
	pageOf,
}) => {
	const page = await pageOf(house.project.people.owner);
	await visit(page, '/');
	await command(page, 'create data', words('shell_command_create'));
	await expect(page).toHaveURL(/\/databases\/new$/);
	await command(page, server.name, server.name);
	await expect(new ServerPage(page, server.name).heading).toBeVisible();
	await page.evaluate(() => navigator.clipboard.writeText(''));
	await command(page, 'copy connection', words('shell_command_copy_uri', { name: server.name }));
	await expect(page.getByText(words('ui_copied'))).not.toHaveCount(0);
	const uri = await page.evaluate(() => navigator.clipboard.readText());
	// That of an app, where another story has made one.
	const who = decodeURIComponent(new URL(uri).username);
	expect(await ask(uri, 'select current_user as who')).toEqual([{ who }]);

	await new ServerPage(page, server.name).openTab('tab_access');
	const card = page.getByRole('region', { name: words('connection_title') });
	const host = words('ui_copy_what', { label: words('connection_host') });
	expect(await copied(page, card.getByRole('button', { name: host }))).toBe('127.0.0.1');
	const palette = await openPalette(page);
	await page.keyboard.press('Escape');
	await expect(palette).toBeHidden();
	await expect(card.getByRole('button', { name: host })).toBeFocused();
});

test('a slash goes to the search, and Escape out of it', async ({ house, server, pageOf }) => {
	const page = await pageOf(house.project.people.owner);
	await visit(page, '/databases');
	await page.keyboard.press('/');
	const search = page.getByRole('searchbox', { name: words('databases_search') });
	await isSeenFocused(search);
	await page.keyboard.type('no such server');
	await expect(page.getByRole('link', { name: server.name })).toHaveCount(0);
	await page.keyboard.press('Escape');
	await expect(search).toHaveValue('');
	await expect(page.getByRole('link', { name: server.name })).toBeVisible();
	await page.keyboard.type('a/b');
	await expect(search).toHaveValue('a/b');
});

test('a dialog keeps the focus and gives it back', async ({ house, server, pageOf }) => {
	const page = await pageOf(house.project.people.owner);
	await visit(page, `/databases/${server.id}/users`);
	const opener = page.getByRole('main').getByRole('button', { name: words('users_create') });
	await opener.focus();
	await page.keyboard.press('Enter');
	const dialog = page.getByRole('dialog');
	await expect(dialog.getByLabel(words('users_name'))).toBeFocused();
	for (const key of ['Tab', 'Shift+Tab'])
		for (let presses = 0; presses < 12; presses += 1) {
			await page.keyboard.press(key);
			expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true);
		}
	await page.keyboard.press('Escape');
	await expect(dialog).toBeHidden();
	await expect(opener).toBeFocused();

	const stop = page.getByRole('button', { name: words('service_stop'), exact: true });
	await stop.focus();
	await page.keyboard.press('Enter');
	const question = page.getByRole('alertdialog');
	await expect(question.getByRole('button', { name: words('ui_cancel') })).toBeFocused();
	await page.keyboard.press('Enter');
	await expect(question).toBeHidden();
	await expect(stop).toBeFocused();
});

test('a server is made without a pointer', async ({ house, pageOf }) => {
	const page = await pageOf(house.project.people.owner);
	await visit(page, '/databases/new');
	const version = page.getByRole('radiogroup', { name: words('create_version') });
	await tabTo(page, version.getByRole('radio', { checked: true }));
	await isSeenFocused(version.getByRole('radio', { name: /^PostgreSQL 18\b/ }));
	await page.keyboard.press('ArrowDown');
	await expect(version.getByRole('radio', { name: /^PostgreSQL 17\b/ })).toBeChecked();
	await page.keyboard.press('ArrowUp');
	await expect(version.getByRole('radio', { name: /^PostgreSQL 18\b/ })).toBeChecked();
	await tabTo(page, page.getByLabel(words('service_name')));
	await page.keyboard.type('by-hand');
	const memory = page.getByRole('slider');
	await tabTo(page, memory);
	await isSeenFocused(memory);
	await page.keyboard.press('Home');
	await expect(memory).toHaveAttribute('aria-valuetext', /256\sMB/);
	const submit = page.getByRole('button', { name: words('create_submit') });
	await tabTo(page, submit);
	await page.keyboard.press('Enter');
	await expect(page).toHaveURL(/\/databases\/svc_/, { timeout: longWorkMs });
	const made = new ServerPage(page, 'by-hand');
	await made.isShownAs('running');

	const [serviceId = ''] = /svc_[a-z2-7]+/.exec(page.url()) ?? [];
	const { operationId } = await house.api.services.remove.mutate({ serviceId, confirmName: 'by-hand' });
	await ended(house.api, operationId);
});
