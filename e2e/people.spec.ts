import type { Page } from '@playwright/test';
import { TOTP } from 'otpauth';
import { seedPeople } from '../src/lib/server/testing/surface-seed';
import { createClient } from '../src/lib/trpc/client';
import { choose, copied, reload, signIn, visit } from './browser';
import { expect, test, words } from './fixtures';
import { ServerPage } from './server-page';

/** Of everybody that `seedPeople` makes. */
const password = 'a long Enough passphrase 42';
const longWorkMs = 60_000;

const isHome = (page: Page) => expect(page).toHaveURL(/\/$/);

async function signOut(page: Page, email: string): Promise<void> {
	await page.getByRole('button', { name: words('shell_account_menu', { email }) }).click();
	await page.getByRole('menuitem', { name: words('shell_sign_out') }).click();
	await expect(page.getByRole('heading', { name: words('login_title') })).toBeVisible();
}

/** Invites by the form and answers the link, which is shown once. */
async function invite(page: Page, email: string, role: string): Promise<string> {
	await page.getByRole('button', { name: words('invitations_create') }).click();
	const dialog = page.getByRole('dialog');
	await dialog.getByLabel(words('invitations_email')).fill(email);
	await dialog.getByRole('radio', { name: new RegExp(`^${words(role)}\\.`) }).click();
	await dialog.getByRole('button', { name: words('invitations_create_submit') }).click();
	const banner = page.getByRole('alert').filter({ hasText: words('invitations_link_title', { email }) });
	const label = words('ui_copy_what', { label: words('invitations_link_label') });
	const link = await copied(page, banner.getByRole('button', { name: label }));
	await expect(banner).toContainText(link);
	return link;
}

test('a new person joins by a link that works once', async ({ house, pageOf }) => {
	const owner = await pageOf(house.project.people.owner);
	await visit(owner, '/settings/members');
	const link = await invite(owner, 'new@example.test', 'word_role_viewer');
	await owner.getByRole('link', { name: words('shell_home'), exact: true }).click();
	await expect(owner.getByText(words('settings_once_held'))).toBeVisible();
	await owner.getByRole('button', { name: words('settings_once_done') }).click();
	await expect(owner.getByText(link)).toHaveCount(0);

	const person = await pageOf(null);
	await visit(person, link);
	await expect(person.getByText(words('invitation_new_text', { email: 'new@example.test' }))).toBeVisible();
	await expect(person, 'the token does not stay in the address').not.toHaveURL(/token/);
	const field = person.getByLabel(words('public_password'), { exact: true });
	await field.fill('short');
	await person.getByRole('button', { name: words('invitation_submit') }).click();
	await expect(person.getByText(words('password_too_short', { min: 12 }))).toBeVisible();
	await field.fill('my own quiet harbour');
	await person.getByRole('button', { name: words('invitation_submit') }).click();
	await isHome(person);
	await reload(owner);
	const row = owner.getByRole('row').filter({ hasText: 'new@example.test' });
	await expect(row).toContainText(words('word_role_viewer'));

	const late = await pageOf(null);
	await visit(late, link);
	await expect(late.getByRole('heading', { name: words('invitation_invalid_title') })).toBeVisible();
});

test('somebody with an account joins with the password of that account', async ({ house, pageOf }) => {
	const elsewhere = seedPeople(house.database.db).people.viewer;
	const owner = await pageOf(house.project.people.owner);
	await visit(owner, '/settings/members');
	const link = await invite(owner, elsewhere.email, 'word_role_operator');

	const person = await pageOf(null);
	await visit(person, link);
	await expect(person.getByText(words('invitation_existing_text', { email: elsewhere.email }))).toBeVisible();
	const field = person.getByLabel(words('public_password'), { exact: true });
	await field.fill('not the right one at all');
	await person.getByRole('button', { name: words('invitation_submit') }).click();
	await expect(person.getByText(words('error_login_failed'))).toBeVisible();
	await field.fill(password);
	await person.getByRole('button', { name: words('invitation_submit') }).click();
	await isHome(person);
	const project = words('shell_project_switch', { name: house.project.projectId });
	await expect(person.getByRole('button', { name: project })).toBeVisible();
});

test('a viewer sees everything but logs and secrets, and can change nothing', async ({
	house,
	server,
	pageOf,
}) => {
	const { api, project } = house;
	const serviceId = server.id;
	await api.databases.create.mutate({ serviceId, name: 'seen' });
	const grants = [{ database: 'seen', level: 'read' as const }];
	await api.databaseUsers.create.mutate({ serviceId, name: 'seen_app', grants });
	const page = await pageOf(project.people.viewer);
	const shown = new ServerPage(page, server.name);
	await visit(page, `/databases/${serviceId}`);
	await expect(page.getByRole('button', { name: words('service_stop'), exact: true })).toBeDisabled();
	await expect(page.getByRole('button', { name: words('service_menu') })).toHaveCount(0);
	for (const tab of ['tab_data', 'tab_sessions', 'tab_logs', 'tab_settings'])
		await expect(page.getByRole('main').getByRole('link', { name: words(tab), exact: true })).toHaveCount(0);
	await shown.openTab('tab_access');
	const card = page.getByRole('region', { name: words('connection_title') });
	await expect(card.getByText(words('connection_password_denied'))).toBeVisible();
	const reveal = words('ui_secret_reveal', { label: words('connection_password') });
	await expect(card.getByRole('button', { name: reveal })).toHaveCount(0);

	await shown.openTab('tab_databases');
	await expect(page.getByRole('cell', { name: 'seen', exact: true })).toBeVisible();
	await expect(page.getByRole('button', { name: words('databases_create') })).toHaveCount(0);
	const remove = words('databases_remove_named', { name: 'seen' });
	await expect(page.getByRole('button', { name: remove })).toHaveCount(0);
	await shown.openTab('tab_users');
	const row = page.getByRole('row').filter({ hasText: 'seen_app' });
	await expect(row.getByText(words('word_grant_read'), { exact: true })).toBeVisible();
	await expect(row.getByRole('combobox')).toHaveCount(0);
	await expect(row.getByRole('button')).toHaveCount(0);
	await expect(page.getByRole('button', { name: words('users_create') })).toHaveCount(0);

	await visit(page, `/databases/${serviceId}/settings`);
	await expect(page.getByText(words('service_needs_admin'))).toBeVisible();
	await expect(page.getByRole('button', { name: words('service_remove') })).toHaveCount(0);
	await visit(page, '/databases/new');
	await expect(page.getByText(words('create_needs_admin'))).toBeVisible();
	await expect(page.getByRole('button', { name: words('create_submit') })).toBeDisabled();
	await visit(page, '/activity');
	await expect(page.getByText(words('activity_no_access_title'))).toBeVisible();
});

test('an operator restarts and reads logs, and sees no password', async ({ house, server, pageOf }) => {
	const page = await pageOf(house.project.people.operator);
	const shown = new ServerPage(page, server.name);
	await visit(page, `/databases/${server.id}`);
	await shown.isShownAs('running');
	await shown.openTab('tab_access');
	const card = page.getByRole('region', { name: words('connection_title') });
	await expect(card.getByText(words('connection_password_denied'))).toBeVisible();
	await shown.openTab('tab_logs');
	const log = page.getByRole('log');
	await expect(log).toContainText('database system is ready to accept connections');

	await page.getByRole('button', { name: words('service_menu') }).click();
	await expect(page.getByRole('menuitem', { name: words('service_remove') })).toHaveCount(0);
	await page.keyboard.press('Escape');
	const before = (await house.api.services.get.query({ serviceId: server.id })).startedAt;
	await shown.chooseFromMenu('service_restart');
	await shown.confirm('service_restart');
	await expect
		.poll(async () => (await house.api.services.get.query({ serviceId: server.id })).startedAt, {
			timeout: longWorkMs,
		})
		.not.toEqual(before);
	await shown.isShownAs('running');
});

test('a second step is turned on, asked for, and opened by a recovery code once', async ({
	house,
	pageOf,
}) => {
	const { email } = house.project.people.admin;
	const page = await pageOf(null);
	await signIn(page, { email, password });
	await isHome(page);
	await visit(page, '/settings/security');
	await page.getByRole('button', { name: words('security_second_enroll'), exact: true }).click();
	const dialog = page.getByRole('dialog');
	await dialog.getByLabel(words('security_your_password')).fill(password);
	await dialog.getByRole('button', { name: words('login_continue') }).click();
	await expect(dialog.getByAltText(words('security_enroll_qr_alt'))).toBeVisible();
	const secret = await copied(
		page,
		dialog.getByRole('button', { name: words('security_enroll_secret_copy') }),
	);
	const app = new TOTP({ secret });
	const step = app.counter();
	const codeOf = (counter: number) => app.generate({ timestamp: counter * 30_000 });

	await dialog.getByLabel(words('security_enroll_code')).fill(codeOf(step));
	await dialog.getByRole('button', { name: words('security_enroll_confirm') }).click();
	const listed = dialog.getByRole('list', { name: words('security_codes_list') }).getByRole('listitem');
	await expect(listed).toHaveCount(10);
	const [firstCode = ''] = await listed.allInnerTexts();
	await page.keyboard.press('Escape');
	await expect(dialog).toBeVisible();
	await expect(dialog.getByRole('button', { name: words('security_codes_done') })).toBeDisabled();
	await dialog.getByLabel(words('security_codes_kept')).click();
	await dialog.getByRole('button', { name: words('security_codes_done') }).click();
	await expect(page.getByText(words('security_codes_left', { count: 10 }))).toBeVisible();
	await signOut(page, email);

	const enter = async (label: string, code: string) => {
		await page.getByLabel(words(label), { exact: true }).fill(code);
		await page.getByRole('button', { name: words('login_continue') }).click();
	};
	await signIn(page, { email, password });
	await enter('login_code_label', codeOf(step));
	await expect(page.getByText(words('error_second_factor_wrong')), 'a code works once').toBeVisible();
	// The server takes the next one already, for clocks that differ.
	await enter('login_code_label', codeOf(step + 1));
	await isHome(page);
	await signOut(page, email);

	await signIn(page, { email, password });
	await page.getByRole('button', { name: words('login_use_recovery') }).click();
	await enter('login_recovery_label', firstCode);
	await isHome(page);
	await visit(page, '/settings/security');
	await expect(page.getByText(words('security_codes_left', { count: 9 }))).toBeVisible();
	await signOut(page, email);
	await signIn(page, { email, password });
	await page.getByRole('button', { name: words('login_use_recovery') }).click();
	await enter('login_recovery_label', firstCode);
	await expect(page.getByText(words('error_second_factor_wrong'))).toBeVisible();
});

test('ending a session signs the other browser out', async ({ house, pageOf }) => {
	const person = seedPeople(house.database.db).people.owner;
	const here = await pageOf(null);
	const there = await pageOf(null, {
		userAgent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) Firefox/130.0',
	});
	for (const page of [here, there]) {
		await signIn(page, { email: person.email, password });
		await isHome(page);
	}
	await visit(here, '/settings/security');
	const other = here.getByRole('row').filter({ hasText: 'Firefox' });
	await other.getByRole('button').click();
	await expect(other).toHaveCount(0);
	await there.getByRole('link', { name: words('shell_databases'), exact: true }).click();
	await expect(there.getByRole('heading', { name: words('login_title') })).toBeVisible();
	await reload(here);
	await expect(here.getByText(words('security_sessions_this'))).toBeVisible();
});

test('an API token is shown once, works, and stops when it is revoked', async ({ house, pageOf }) => {
	const page = await pageOf(house.project.people.owner);
	await visit(page, '/settings/tokens');
	await page.getByRole('button', { name: words('tokens_create') }).click();
	const dialog = page.getByRole('dialog');
	await dialog.getByLabel(words('tokens_name')).fill('nightly backup');
	await choose(page, dialog.getByLabel(words('tokens_expiry')), words('tokens_expiry_days', { days: 7 }));
	await dialog.getByLabel(words('security_your_password')).fill(password);
	await dialog.getByRole('button', { name: words('tokens_create_submit') }).click();
	await expect(page.getByRole('button', { name: words('tokens_create') })).toBeFocused();
	const banner = page
		.getByRole('alert')
		.filter({ hasText: words('tokens_shown_title', { name: 'nightly backup' }) });
	const label = words('ui_copy_what', { label: words('tokens_shown_label') });
	const token = await copied(page, banner.getByRole('button', { name: label }));
	await banner.getByRole('button', { name: words('settings_once_done') }).click();
	await reload(page);
	expect(await page.content()).not.toContain(token);

	const script = createClient({ url: house.panel.url, token });
	const { projectId } = house.project;
	expect((await script.projects.list.query()).map(({ id }) => id)).toEqual([projectId]);
	await expect(
		script.services.create.mutate({
			projectId,
			engine: 'postgres',
			version: '18',
			name: 'no-no',
			memoryBytes: 2 ** 28,
		}),
	).rejects.toMatchObject({ data: { appCode: 'TOKEN_SCOPE_MISSING' } });

	await page.getByRole('button', { name: words('tokens_revoke_of', { name: 'nightly backup' }) }).click();
	await page
		.getByRole('alertdialog')
		.getByRole('button', { name: words('tokens_revoke_confirm') })
		.click();
	await expect(page.getByText('nightly backup')).toHaveCount(0);
	await expect(script.projects.list.query()).rejects.toMatchObject({ data: { appCode: 'NOT_SIGNED_IN' } });
});

test('whoever signs out is out, also with the cookie of before', async ({ house, pageOf }) => {
	const person = seedPeople(house.database.db).people.owner;
	const page = await pageOf(person);
	await visit(page, '/');
	const before = await page.context().cookies();
	await signOut(page, person.email);
	await page.goto('/databases');
	await expect(page).toHaveURL(/\/login/);
	await page.context().addCookies(before);
	await page.goto('/databases');
	await expect(page).toHaveURL(/\/login/);
});
