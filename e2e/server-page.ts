import { expect, type Locator, type Page } from '@playwright/test';
import { copied } from './browser';
import { words } from './words';

const longWorkMs = 90_000;

type TabKey =
	`tab_${'overview' | 'databases' | 'users' | 'access' | 'data' | 'sessions' | 'buckets' | 'keys' | 'logs' | 'settings'}`;

/** One server's pages, by what a person sees on them. */
export class ServerPage {
	constructor(
		readonly page: Page,
		readonly name: string,
	) {}

	get heading(): Locator {
		return this.page.getByRole('heading', { level: 1, name: this.name, exact: true });
	}

	/** Waits until the header says so, such as `running`. */
	async isShownAs(status: 'running' | 'stopped'): Promise<void> {
		const header = this.page.locator('header', { has: this.heading });
		await expect(header.locator(`[data-status="${status}"]`)).toBeVisible({ timeout: longWorkMs });
	}

	async openTab(key: TabKey) {
		const tabs = this.page.getByRole('navigation', { name: words('service_tabs', { name: this.name }) });
		const tab = tabs.getByRole('link', { name: words(key), exact: true });
		await tab.click();
		await expect(tab).toHaveAttribute('aria-current', 'page');
	}

	async chooseFromMenu(key: 'service_restart' | 'service_rename' | 'service_remove'): Promise<void> {
		await this.page.getByRole('button', { name: words('service_menu') }).click();
		await this.page.getByRole('menuitem', { name: words(key) }).click();
	}

	/** Presses the button of the open dialog that does it, and waits until the dialog has gone. */
	async confirm(key: string): Promise<void> {
		const dialog = this.page.getByRole('alertdialog').or(this.page.getByRole('dialog'));
		await dialog.getByRole('button', { name: words(key), exact: true }).click();
		await expect(dialog).toBeHidden({ timeout: longWorkMs });
	}

	/** Opens the form for a new user on the users tab. */
	async openUserForm(): Promise<void> {
		await this.openTab('tab_users');
		const create = this.page.getByRole('main').getByRole('button', { name: words('users_create') });
		await create.first().click();
	}

	/** Takes the connection string that is shown with a user's new password, and puts the banner away. */
	async takeUri(user: string): Promise<string> {
		const banner = this.page.getByRole('region', { name: words('fresh_password_title', { user }) });
		const copy = banner.getByRole('button', { name: words('fresh_password_copy_uri') });
		const uri = await copied(this.page, copy);
		await banner.getByRole('button', { name: words('fresh_password_dismiss') }).click();
		return uri;
	}
}

/** The step of an operation's page, with the status that a screen reader hears. */
export function stepOf(page: Page, step: string, status: string): Locator {
	return page
		.getByRole('main')
		.getByRole('listitem')
		.filter({ hasText: words(step) })
		.filter({ hasText: words(status) });
}
