import { visit } from './browser';
import { ended, expect, sessionCookie, test, type House, type RunningServer } from './fixtures';
import { seedInvitation, seedLoner } from './house';
import { cookieOf, height, looksAccessible, looksRight, violationsOf } from './looks';
import { pageClient, startPanel } from './panel';
import { languages, untranslatedIn } from './translations';
import { words } from './words';

// Each worker takes some of the languages, with a server of its own.
test.describe.configure({ mode: 'parallel', timeout: 240_000 });

/** Pages that anybody sees. */
const publicPaths = ({ database, project }: House): string[] => [
	'/login',
	'/login?next=%2Factivity',
	'/setup',
	'/invitation?token=wrong',
	seedInvitation(database, project, 'somebody-with-a-name-of-some-length@a-department.example.test'),
	seedInvitation(database, project, project.people.viewer.email),
];

const tabs = [
	...['', '/databases', '/users', '/access', '/data?database=shop', '/data/query?database=shop'],
	...['/sessions', '/logs', '/settings'],
];

/** Every page of the app, with a server that has something in it. */
async function appPaths(house: House, server: RunningServer): Promise<string[]> {
	const { api, project } = house;
	const [newest] = await api.operations.list.query({ projectId: project.projectId });
	return [
		'/',
		'/databases',
		'/databases/new',
		'/storage',
		'/storage/new',
		...tabs.map((tab) => `/databases/${server.id}${tab}`),
		`/databases/${server.id}/data?database=shop&collection=${encodeURIComponent('public.orders')}`,
		`/operations/${newest?.id ?? ''}`,
		'/activity',
		'/activity?of=instance',
		...['', '/members', '/security', '/tokens', '/project'].map((tab) => `/settings${tab}`),
		'/databases/svc_aaaaaaaaaaaaaaaaaaaa',
		'/nowhere',
	];
}

test.beforeAll(async ({ house, server }) => {
	const { api } = house;
	const serviceId = server.id;
	await api.databases.create.mutate({ serviceId, name: 'shop' });
	await api.databases.create.mutate({ serviceId, name: `${'a-long-name-'.repeat(5)}end` });
	await api.databaseUsers.create.mutate({
		serviceId,
		name: 'shop_app',
		grants: [{ database: 'shop', level: 'write' }],
	});
	await api.databaseUsers.create.mutate({
		serviceId,
		name: 'a_user_whose_name_is_as_long_as_any_name_can_be',
		grants: [{ database: 'shop', level: 'read' }],
	});
	const rows = `insert into orders select 1, repeat('a long note ', 40), 'x' from generate_series(1, 60)`;
	for (const text of ['create table orders (id int, note text, a_column_whose_name_is_long text)', rows])
		await api.browser.query.mutate({ serviceId, database: 'shop', text, isReadOnly: false });
	const { operationId } = await api.services.restart.mutate({ serviceId });
	await ended(api, operationId);
	await haveInstanceRow(house);
});

/** The record of the installation itself has something to show: a login that failed. */
async function haveInstanceRow({ panel, project }: House): Promise<void> {
	const { name, value } = sessionCookie(panel.url, project.people.owner.sessionToken);
	const stranger = pageClient(panel, () => '');
	const email = 'somebody-with-a-name-of-some-length@a-department.example.test';
	await expect(stranger.auth.login.mutate({ email, password: 'not the right one' })).rejects.toThrow();
	const { entries } = await pageClient(panel, () => `${name}=${value}`).activity.listInstance.query({});
	expect(entries.map(({ action }) => action)).toContain('auth.login');
}

for (const language of languages) {
	test(`every page fits and speaks ${language}`, async ({ house, server, pageOf }) => {
		const untranslated = untranslatedIn(language);
		const visits = [
			{ person: null, paths: publicPaths(house) },
			{ person: seedLoner(house.database), paths: ['/no-project'] },
			{ person: house.project.people.owner, paths: await appPaths(house, server) },
		];
		for (const { person, paths } of visits) {
			const page = await pageOf(person);
			await page.context().addCookies([cookieOf(house, 'sh0_locale', language)]);
			for (const path of paths) await looksRight(page, path, language, untranslated);
		}
	});
}

type Part = {
	what: string;
	isPublic?: true;
	pathsOf: (house: House, server: RunningServer) => Promise<string[]>;
};

/** Each is a test of its own, so that the workers share them. */
const parts: Part[] = [
	{
		what: 'the pages that anybody sees',
		isPublic: true,
		pathsOf: (house) => Promise.resolve(publicPaths(house)),
	},
	{
		what: 'the pages of a server',
		pathsOf: async (house, server) =>
			(await appPaths(house, server)).filter((path) => path.includes(server.id)),
	},
	{
		what: 'all other pages',
		pathsOf: async (house, server) =>
			(await appPaths(house, server)).filter((path) => !path.includes(server.id)),
	},
];

for (const { what, isPublic = false, pathsOf } of parts) {
	test(`axe finds nothing serious on ${what}`, async ({ house, server, pageOf }) => {
		const page = await pageOf(isPublic ? null : house.project.people.owner);
		await page.context().addCookies([cookieOf(house, 'sh0_theme', 'light')]);
		for (const path of await pathsOf(house, server)) await looksAccessible(page, path);
	});
}

test('what floats over a page is as accessible as the page', async ({ house, server, pageOf }) => {
	const page = await pageOf(house.project.people.owner);
	const check = async (what: string) => {
		// Half-faded text has no contrast yet.
		await page.waitForFunction(() =>
			document.getAnimations().every(({ playState }) => playState !== 'running'),
		);
		expect.soft(await violationsOf(page), what).toEqual([]);
		await page.keyboard.press('Escape');
	};
	await page.emulateMedia({ reducedMotion: 'reduce' });
	await visit(page, `/databases/${server.id}/users`);
	await page.keyboard.press('Control+k');
	await expect(page.getByRole('dialog')).toBeVisible();
	await check('palette');
	await page.getByRole('button', { name: words('users_create') }).click();
	await expect(page.getByRole('dialog')).toBeVisible();
	await check('dialog');
	await page.getByRole('button', { name: words('service_menu') }).click();
	await expect(page.getByRole('menu')).toBeVisible();
	await check('menu');
	await page.getByRole('button', { name: words('service_stop'), exact: true }).click();
	await expect(page.getByRole('alertdialog')).toBeVisible();
	await check('question');
	await page.setViewportSize({ width: 390, height });
	await page.getByRole('button', { name: words('shell_nav_open') }).click();
	await expect(page.getByRole('dialog')).toBeVisible();
	await check('navigation');
});

test('the setup form is as good as the other pages', async ({ pageOf }) => {
	const panel = await startPanel({ env: { SH0_LOG_LEVEL: 'error' } });
	try {
		for (const language of languages) {
			const page = await pageOf(null);
			await page.context().addCookies([{ name: 'sh0_locale', value: language, url: panel.url }]);
			await looksRight(page, panel.setupUrl ?? '', language, untranslatedIn(language));
			await expect(page.getByLabel(words('public_email', {}, language))).toBeVisible();
			if (language === 'en') expect(await violationsOf(page)).toEqual([]);
		}
	} finally {
		await panel.stop();
		panel.remove();
	}
});

test('an English sentence or a bare key on another language’s page would be found', () => {
	const sentence = words('home_empty_title');
	const withValue = words('service_remove_keeps_volume', { days: 7 });
	const texts = [sentence, 'home_empty_title', withValue, 'shop-prod', words('home_empty_title', {}, 'fr')];
	expect(untranslatedIn('fr')(texts)).toEqual([sentence, 'home_empty_title', withValue]);
});

test('without a choice the page speaks the browser’s language', async ({ pageOf }) => {
	const page = await pageOf(null, { locale: 'sw-KE' });
	await visit(page, '/login');
	await expect(page.locator('html')).toHaveAttribute('lang', 'sw');
	await expect(page.getByRole('button', { name: words('login_submit', {}, 'sw') })).toBeVisible();
});
