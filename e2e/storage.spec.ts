import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Page } from '@playwright/test';
import { engines } from '../src/lib/server/engines';
import { versionsHere } from '../src/lib/server/testing/images-here';
import { choose, copied, loosely, visit } from './browser';
import { makeStorageServer, openServerId } from './engine-pages';
import { expect, test, words } from './fixtures';
import type { ServerPage } from './server-page';

/** The SDK set up by what the card says, as an app reads its `.env`. */
function clientOf(env: string): S3Client {
	const values = new Map(env.split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]));
	const value = (name: string): string => values.get(name) ?? '';
	return new S3Client({
		endpoint: value('AWS_ENDPOINT_URL_S3'),
		region: value('AWS_REGION'),
		forcePathStyle: true,
		credentials: { accessKeyId: value('AWS_ACCESS_KEY_ID'), secretAccessKey: value('AWS_SECRET_ACCESS_KEY') },
	});
}

async function createBucket(page: Page, name: string): Promise<void> {
	await page
		.getByRole('button', { name: words('buckets_create') })
		.first()
		.click();
	const dialog = page.getByRole('dialog');
	await dialog.getByLabel(words('buckets_name')).fill('Not A Bucket');
	await expect(dialog.getByText(words('error_bucket_name_characters'))).toBeVisible();
	await dialog.getByLabel(words('buckets_name')).fill(name);
	await dialog.getByRole('button', { name: words('buckets_create_submit') }).click();
	await expect(dialog).toBeHidden();
	await expect(page.getByRole('link', { name })).toBeVisible();
	// The button of the empty list has gone: the one in its place has the focus.
	await expect(page.getByRole('button', { name: words('buckets_create') })).toBeFocused();
}

/** A new server of the engine, open on the page. Skips the story where the engine's image is not on this machine. */
async function begin(page: Page, engine: (typeof engines)[number], name: string): Promise<ServerPage> {
	test.setTimeout(300_000);
	const versions = engine.versions.map(({ version }) => version);
	const isHere = (await versionsHere(engine.id, versions)).length > 0;
	test.skip(!isHere, `the image of ${engine.label} is not on this machine`);
	return makeStorageServer(page, {
		...{ engine: engine.label, name: `${name}-${engine.id}`, memory: loosely('512 MB') },
	});
}

for (const engine of engines.filter(({ kind }) => kind === 'storage')) {
	test(`a ${engine.label} server: a bucket, a key, what programs are told, and a trial`, async ({
		house,
		pageOf,
	}) => {
		const page = await pageOf(house.project.people.owner);
		const server = await begin(page, engine, 'files');

		await server.openTab('tab_buckets');
		await createBucket(page, 'photos');

		await server.openTab('tab_keys');
		await page
			.getByRole('button', { name: words('keys_create') })
			.first()
			.click();
		const dialog = page.getByRole('dialog');
		await dialog.getByLabel(words('keys_description')).fill('shop');
		await choose(page, dialog.getByRole('combobox', { name: words('keys_first_bucket') }), 'photos');
		await dialog.getByRole('button', { name: words('keys_create_submit') }).click();
		await expect(dialog).toBeHidden();

		await expect(page.getByRole('button', { name: words('keys_create') })).toBeFocused();

		const card = page.getByRole('region', { name: words('keys_fresh_title') });
		await choose(
			page,
			card.getByRole('combobox', { name: words('keys_used_from') }),
			words('keys_from_machine'),
		);
		const env = await copied(
			page,
			card.getByRole('button', { name: words('ui_copy_what', { label: '.env' }) }),
		);
		const app = clientOf(env);
		await app.send(new PutObjectCommand({ Bucket: 'photos', Key: 'a.txt', Body: 'hello' }));
		const answer = await app.send(new GetObjectCommand({ Bucket: 'photos', Key: 'a.txt' }));
		expect(await answer.Body?.transformToString()).toBe('hello');

		await card.getByRole('button', { name: words('keys_try'), exact: true }).click();
		await expect(card.getByText(words('keys_try_done'), { exact: true })).toHaveCount(3);
		expect((await app.send(new ListObjectsV2Command({ Bucket: 'photos' }))).KeyCount).toBe(1);

		// A stray click does not lose the secret.
		await page.getByRole('link', { name: words('tab_overview'), exact: true }).click();
		await expect(card.getByText(words('settings_once_held'))).toBeVisible();
		await card.getByRole('button', { name: words('keys_fresh_dismiss') }).click();
		await expect(card).toBeHidden();

		// What is changed in the matrix holds from the next request on.
		const cell = page.getByRole('combobox', {
			name: words('keys_rights_of', { key: 'shop', bucket: 'photos' }),
		});
		await cell.selectOption('read');
		await expect(cell).toBeEnabled();
		await expect(
			app.send(new PutObjectCommand({ Bucket: 'photos', Key: 'b.txt', Body: 'x' })),
		).rejects.toThrow();

		// The overview has the engine count, long before the panel does by itself.
		await server.openTab('tab_overview');
		const { storage } = await house.api.services.get.query({ serviceId: openServerId(page) });
		if (storage?.traits.usage === 'atOnce')
			await expect(page.getByRole('definition').filter({ hasText: '5 bytes' })).toBeVisible();

		await server.openTab('tab_buckets');
		await page.getByRole('button', { name: words('buckets_menu', { bucket: 'photos' }) }).click();
		await page.getByRole('menuitem', { name: words('buckets_remove') }).click();
		const ask = page.getByRole('alertdialog');
		await ask.getByRole('checkbox', { name: words('buckets_remove_with_objects') }).click();
		await ask.getByRole('textbox').fill('photos');
		await ask.getByRole('button', { name: words('buckets_remove') }).click();
		await expect(page.getByText(words('buckets_empty_title'))).toBeVisible({ timeout: 60_000 });
	});

	test(`a bucket of a ${engine.label} server is changed on its page`, async ({ house, pageOf }) => {
		const page = await pageOf(house.project.people.owner);
		const server = await begin(page, engine, 'site');
		const id = openServerId(page);
		await house.api.buckets.create.mutate({ serviceId: id, name: 'site' });
		await visit(page, `/storage/${id}/buckets/site`);
		await expect(server.heading).toBeVisible();

		const limits = page.locator('form', { has: page.getByLabel(words('buckets_limit_size')) });
		await limits.getByLabel(words('buckets_limit_size')).fill('5');
		await limits.getByRole('button', { name: words('buckets_save') }).click();
		const saved = async () => (await house.api.buckets.get.query({ serviceId: id, name: 'site' })).bucket;
		await expect.poll(async () => (await saved()).quota.maxBytes).toBe(5 * 1024 ** 3);

		await page.getByRole('radio', { name: new RegExp(`^${words('buckets_public_read')}`) }).click();
		const open = page.locator('form', {
			has: page.getByRole('radio', { name: new RegExp(`^${words('buckets_public_read')}`) }),
		});
		await open.getByRole('button', { name: words('buckets_save') }).click();
		const ask = page.getByRole('alertdialog');
		await ask.getByRole('textbox').fill('site');
		await ask.getByRole('button', { name: words('buckets_public_confirm') }).click();
		await expect(page.getByText(words('buckets_public_is_title'))).toBeVisible();
		expect((await saved()).publicAccess).toEqual({ kind: 'read' });

		const rules = page.locator('form', { hasText: words('buckets_rules_none') });
		await rules.getByRole('button', { name: words('buckets_rule_add') }).click();
		const rule = page.locator('form', { has: page.getByLabel(words('buckets_rule_days')) });
		await rule.getByLabel(words('buckets_rule_prefix')).fill('tmp/');
		await rule.getByLabel(words('buckets_rule_days')).fill('7');
		await rule.getByRole('button', { name: words('buckets_save') }).click();
		const lifecycle = async () =>
			(await house.api.buckets.get.query({ serviceId: id, name: 'site' })).lifecycle;
		await expect.poll(lifecycle).toMatchObject([{ prefix: 'tmp/', expireAfterDays: 7 }]);

		// What the engine cannot do says why.
		const { storage } = await house.api.services.get.query({ serviceId: id });
		const missing = [storage?.capabilities.versioning, storage?.capabilities.cors].filter(Boolean).length;
		await expect(page.getByText(words('buckets_not_here', { reason: '' }).trim())).toHaveCount(missing);
	});
}

test('a storage server is made with a data limit, which is shown, changed and taken away', async ({
	house,
	pageOf,
}) => {
	test.setTimeout(300_000);
	const engine = engines.find(({ kind }) => kind === 'storage');
	const versions = engine?.versions.map(({ version }) => version) ?? [];
	const isHere = (await versionsHere(engine?.id ?? '', versions)).length > 0;
	test.skip(!isHere, `the image of ${engine?.label} is not on this machine`);
	const page = await pageOf(house.project.people.owner);
	const server = await makeStorageServer(page, {
		...{ engine: engine?.label ?? '', name: 'limited', memory: loosely('512 MB'), dataLimitGb: '5' },
	});
	const serviceId = openServerId(page);
	const limit = async () => (await house.api.services.get.query({ serviceId })).dataLimitBytes;
	expect(await limit()).toBe(5 * 1024 ** 3);
	await expect(page.getByRole('progressbar', { name: words('data_limit_share') })).toBeVisible({
		timeout: 60_000,
	});

	await server.openTab('tab_settings');
	const form = page.locator('form#data-limit');
	const save = form.getByRole('button', { name: words('buckets_save') });
	await form.getByLabel(words('data_limit'), { exact: true }).fill('0.5');
	await expect(form.getByText(words('data_limit_invalid', { least: '1 GB' }))).toBeVisible();
	await expect(save).toBeDisabled();
	await form.getByLabel(words('data_limit'), { exact: true }).fill('8');
	await save.click();
	await expect.poll(limit).toBe(8 * 1024 ** 3);
	await form.getByLabel(words('data_limit'), { exact: true }).fill('');
	await save.click();
	await expect.poll(limit).toBeNull();
});

test('a key that opens nothing yet can be tried as soon as the matrix lets it in', async ({
	house,
	pageOf,
}) => {
	const page = await pageOf(house.project.people.owner);
	const [engine] = engines.filter(({ kind }) => kind === 'storage');
	if (!engine) throw new Error('no engine has buckets');
	const server = await begin(page, engine, 'late');
	await house.api.buckets.create.mutate({ serviceId: openServerId(page), name: 'photos' });
	await server.openTab('tab_keys');
	await page.getByRole('button', { name: words('keys_create') }).click();
	const dialog = page.getByRole('dialog');
	await dialog.getByLabel(words('keys_description')).fill('shop');
	await dialog.getByRole('button', { name: words('keys_create_submit') }).click();
	const card = page.getByRole('region', { name: words('keys_fresh_title') });
	const trial = card.getByRole('button', { name: words('keys_try'), exact: true });
	await expect(card).toBeVisible();
	await expect(trial).toBeHidden();
	const cell = page.getByRole('combobox', {
		name: words('keys_rights_of', { key: 'shop', bucket: 'photos' }),
	});
	await cell.selectOption('readWrite');
	await trial.click();
	await expect(card.getByText(words('keys_try_done'), { exact: true })).toHaveCount(3);
	await expect(card).toContainText('S3_BUCKET=photos');
});
