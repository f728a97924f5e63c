import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { garage } from '../src/lib/server/engines/garage/definition';
import { minio } from '../src/lib/server/engines/minio/definition';
import { versionsHere } from '../src/lib/server/testing/images-here';
import { copied, reload, visit } from './browser';
import { ended, expect, test, words, type House } from './fixtures';

const MIB = 1024 ** 2;
const png = Buffer.from(
	'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
	'base64',
);

let folder: string;
test.beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'sh0-files-'))));
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A file on this machine, as a person would choose it. */
function fileOf(name: string, content: Buffer | string): string {
	const path = join(folder, name);
	writeFileSync(path, content);
	return path;
}

async function bucketOn(house: House, engine: typeof garage, name: string): Promise<string> {
	const { api, project } = house;
	const started = await api.services.create.mutate({
		...{ projectId: project.projectId, engine: engine.id, version: engine.versions[0]?.version ?? '' },
		...{ name, memoryBytes: 512 * MIB },
	});
	await ended(api, started.operationId);
	await api.buckets.create.mutate({ serviceId: started.serviceId, name: 'photos' });
	return started.serviceId;
}

const rows = (page: Page) => page.getByRole('table', { name: words('buckets_objects') }).getByRole('row');
const rowOf = (page: Page, name: string) => rows(page).filter({ hasText: name });

async function upload(page: Page, paths: string[]): Promise<void> {
	await page.getByTestId('files').setInputFiles(paths);
}

for (const engine of [garage, minio]) {
	test(`objects on a ${engine.label} server: uploaded, looked at, shared and deleted`, async ({
		house,
		pageOf,
		errors,
	}) => {
		test.setTimeout(300_000);
		const versions = engine.versions.map(({ version }) => version);
		const isHere = (await versionsHere(engine.id, versions)).length > 0;
		test.skip(!isHere, `the image of ${engine.label} is not on this machine`);
		const serviceId = await bucketOn(house, engine, `objects-${engine.id}`);
		const path = `/storage/${serviceId}/buckets/photos/objects`;
		const page = await pageOf(house.project.people.owner);
		await visit(page, path);
		await expect(page.getByText(words('objects_empty_title'))).toBeVisible();

		const long = `${'a-very-long-name-'.repeat(9)}2026.png`;
		const film = fileOf('film.bin', randomBytes(40 * MIB));
		const text = `first line\n<b>markup</b>\n`;
		await upload(page, [fileOf(`an o'clock "note".txt`, text), fileOf(long, png), film]);
		await expect(page.getByText(words('objects_uploads_done', { done: '3', total: '3' }))).toBeVisible({
			timeout: 60_000,
		});
		await expect(rowOf(page, 'film.bin')).toContainText('40');
		const head = await house.api.objects.head.query({ serviceId, bucket: 'photos', key: 'film.bin' });
		expect(head.sizeBytes).toBe(40 * MIB);

		await rowOf(page, 'note').getByRole('button').first().click();
		const sheet = page.getByRole('dialog');
		await expect(sheet.locator('pre')).toHaveText(text);
		const link = await copied(page, sheet.getByRole('button', { name: words('objects_link_copy') }));
		expect(link.startsWith(house.panel.url)).toBe(true);
		// Anybody, without a cookie.
		const shared = await fetch(link);
		expect([shared.status, await shared.text()]).toEqual([200, text]);
		const [download] = await Promise.all([
			page.waitForEvent('download'),
			sheet.getByRole('link', { name: words('objects_download') }).click(),
		]);
		expect(readFileSync(await download.path(), 'utf8')).toBe(text);
		await page.keyboard.press('Escape');

		await rowOf(page, '2026.png').getByRole('button').first().click();
		const image = sheet.getByRole('img');
		await expect.poll(() => image.evaluate((node: HTMLImageElement) => node.naturalWidth)).toBe(1);
		await page.keyboard.press('Escape');

		// A folder, made by hand, into which something is dropped.
		await page.getByRole('button', { name: words('objects_new_folder') }).click();
		await sheet.getByLabel(words('objects_name')).fill('May #1');
		await sheet.getByRole('button', { name: words('objects_folder_submit') }).click();
		await rowOf(page, 'May #1').getByRole('link').click();
		await expect(page.getByText(words('objects_empty_folder_title'))).toBeVisible();
		const dropped = await page.evaluateHandle(() => {
			const transfer = new DataTransfer();
			transfer.items.add(new File(['dropped'], 'dropped.txt', { type: 'text/plain' }));
			return transfer;
		});
		const area = page.getByRole('region', { name: words('objects_area') });
		await area.dispatchEvent('dragenter', { dataTransfer: dropped });
		await expect(page.getByText(words('objects_drop_here'))).toBeVisible();
		await area.dispatchEvent('drop', { dataTransfer: dropped });
		await expect(rowOf(page, 'dropped.txt')).toBeVisible();
		await page
			.getByRole('navigation', { name: words('objects_path') })
			.getByRole('link')
			.first()
			.click();
		await expect(rowOf(page, 'film.bin')).toBeVisible();

		// What was cut off goes on after a reload: parts that are there are not sent again.
		const cut = fileOf('cut.bin', randomBytes(40 * MIB));
		await page.route(/partNumber=3/, (route) => route.abort());
		await upload(page, [cut]);
		const kept = () => page.evaluate(() => localStorage.getItem('sh0.uploads') ?? '');
		await expect.poll(kept).toContain('uploadId');
		const { uploadId } = await page.evaluate(() => {
			const all: Record<string, { uploadId: string }> = JSON.parse(
				localStorage.getItem('sh0.uploads') ?? '{}',
			);
			return Object.values(all)[0] ?? { uploadId: '' };
		});
		const parts = async () =>
			(await house.api.objects.listParts.query({ serviceId, bucket: 'photos', key: 'cut.bin', uploadId }))
				.parts;
		await expect.poll(async () => (await parts()).length, { timeout: 30_000 }).toBe(2);
		page.on('dialog', (dialog) => void dialog.accept());
		// In this order: the page tries the part again by itself, and would be done before it is left.
		await reload(page);
		await page.unroute(/partNumber=3/);
		const sent: string[] = [];
		page.on('request', (request) => {
			const number = new URL(request.url()).searchParams.get('partNumber');
			if (number !== null) sent.push(number);
		});
		await upload(page, [cut]);
		await expect(rowOf(page, 'cut.bin')).toBeVisible({ timeout: 30_000 });
		expect(sent).toEqual(['3']);
		await expect.poll(kept).toBe('{}');
		errors.length = 0;

		for (const size of [
			{ width: 1440, height: 900 },
			{ width: 360, height: 780 },
		]) {
			await page.setViewportSize(size);
			const wide = await page.evaluate(() => document.documentElement.scrollWidth);
			expect(wide).toBeLessThanOrEqual(size.width);
			expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
			if (process.env.SH0_LOOK) await page.screenshot({ path: `${process.env.SH0_LOOK}-${size.width}.png` });
		}
		await page.setViewportSize({ width: 1440, height: 900 });

		await page.getByRole('searchbox', { name: words('objects_search') }).fill('cut');
		await expect(rowOf(page, 'film.bin')).toBeHidden();
		await expect(rowOf(page, 'cut.bin')).toBeVisible();
		await page.getByRole('searchbox', { name: words('objects_search') }).fill('');
		await expect(rowOf(page, 'film.bin')).toBeVisible();

		// The whole row opens the object, but for its box.
		const box = rowOf(page, 'cut.bin').getByRole('checkbox');
		await box.click();
		await expect(box).toBeChecked();
		await box.click();

		await page.getByRole('checkbox', { name: words('objects_select_all') }).click();
		await page.getByRole('button', { name: words('objects_remove') }).click();
		const ask = page.getByRole('alertdialog');
		await expect(ask.getByText(words('objects_remove_folders'), { exact: true }).last()).toBeVisible();
		await ask.getByRole('textbox').fill('photos');
		await ask.getByRole('button', { name: words('objects_remove') }).click();
		await expect(page.getByText(words('objects_empty_title'))).toBeVisible({ timeout: 60_000 });

		const other = await pageOf(house.project.people.viewer);
		await visit(other, path);
		await expect(other.getByText(words('objects_needs_admin'))).toBeVisible();
	});
}
