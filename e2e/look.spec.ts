import { visit } from './browser';
import { expect, test, type House, type RunningServer } from './fixtures';
import { seedInvitation, seedLoner } from './house';
import { cookieOf, height, looksAccessible, looksRight, violationsOf } from './looks';
import { startPanel } from './panel';
import { languages, untranslatedIn } from './translations';
import { words } from './words';

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

for (const language of languages) {
	test(`every page fits and speaks ${language}`, async ({ house, furnished, pageOf }) => {
		const untranslated = untranslatedIn(language);
		const visits = [
			{ person: null, paths: publicPaths(house) },
			{ person: seedLoner(house.database), paths: ['/no-project'] },
			{ person: house.project.people.owner, paths: await appPaths(house, furnished) },
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
	test(`axe finds nothing serious on ${what}`, async ({ house, furnished, pageOf }) => {
		const page = await pageOf(isPublic ? null : house.project.people.owner);
		await page.context().addCookies([cookieOf(house, 'sh0_theme', 'light')]);
		for (const path of await pathsOf(house, furnished)) await looksAccessible(page, path);
	});
}

test('what floats over a page is as accessible as the page', async ({ house, furnished, pageOf }) => {
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
	await visit(page, `/databases/${furnished.id}/users`);
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
