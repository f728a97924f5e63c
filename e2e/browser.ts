import {
	expect,
	type Browser,
	type BrowserContext,
	type BrowserContextOptions,
	type Locator,
	type Page,
	type Response,
} from '@playwright/test';
import { words } from './words';

/** A browser of its own for one person, which may use the clipboard. */
export function openBrowser(
	browser: Browser,
	url: string,
	options: BrowserContextOptions = {},
): Promise<BrowserContext> {
	return browser.newContext({
		baseURL: url,
		locale: 'en-GB',
		viewport: { width: 1440, height: 900 },
		permissions: ['clipboard-read', 'clipboard-write'],
		...options,
	});
}

/** Presses a copy button and answers what is on the clipboard once the button says so. */
export async function copied(page: Page, button: Locator): Promise<string> {
	await page.evaluate(() => navigator.clipboard.writeText(''));
	await button.click();
	await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).not.toBe('');
	return page.evaluate(() => navigator.clipboard.readText());
}

/** A text with a number or a size in it, whichever space stands between. */
export function loosely(text: string): RegExp {
	return new RegExp(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+'));
}

/** Chooses an option of one of our lists. */
export async function choose(page: Page, list: Locator, option: string): Promise<void> {
	await list.click();
	await page.getByRole('option', { name: option }).click();
	await expect(list).toContainText(option);
}

/** Signs a person in by the form. */
export async function signIn(page: Page, person: { email: string; password: string }): Promise<void> {
	await visit(page, '/login');
	await page.getByLabel(words('public_email')).fill(person.email);
	await page.getByLabel(words('public_password'), { exact: true }).fill(person.password);
	await page.getByRole('button', { name: words('login_submit') }).click();
}

/** Opens a page and waits until its scripts have taken over: what is pressed before that is lost. */
export async function visit(page: Page, path: string): Promise<Response | null> {
	const response = await page.goto(path);
	await isTakenOver(page);
	return response;
}

/** The same for a reload. */
export async function reload(page: Page): Promise<void> {
	await page.reload();
	await isTakenOver(page);
}

/**
 * SvelteKit's root puts the place for its announcements on the page once all below it has been mounted. (That it takes scrolling over is
 * no sign: after a reload it does so first.)
 */
async function isTakenOver(page: Page): Promise<void> {
	await page.locator('#svelte-announcer').waitFor({ state: 'attached' });
}
