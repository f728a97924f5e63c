import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Page } from '@playwright/test';
import { z } from 'zod';
import type { Docker } from '../src/lib/server/docker';
import { LABEL } from '../src/lib/server/docker/labels';
import { loadEnv } from '../src/lib/server/env';
import { RECIPE_LABEL } from '../src/lib/server/images/recipes';
import { OtherImages } from '../src/lib/server/testing/another-image';
import { changeRecipe } from '../src/lib/server/testing/offered-images';
import { seedPeople, seedToken } from '../src/lib/server/testing/surface-seed';
import { tokenScopes } from '../src/lib/shared/roles';
import { createClient } from '../src/lib/trpc/client';
import { openBrowser, visit } from './browser';
import { ended, expect, sessionCookie, test, words } from './fixtures';
import { demolish, dockerOf, openPanelDatabase } from './house';
import { startPanel, type Panel } from './panel';
import { tell } from './redis';

const MIB = 1024 ** 2;
const longWorkMs = 60_000;
const eventSchema = z.object({ id: z.string() });
const wanted = { engine: 'valkey', version: '8' };

/** The image of that recipe, like the present one, and kept by a container until it is let go. */
async function offer(
	docker: Docker,
	others: OtherImages,
	from: string,
	{ ref, hash }: { ref: string; hash: string },
) {
	const { engine } = docker.client;
	const { ref: made, digest } = await others.like(from, `LABEL ${RECIPE_LABEL}=${hash}`);
	const [repo = '', tag = ''] = ref.split(':');
	await engine.getImage(made).tag({ repo, tag });
	const keeper = await engine.createContainer({ Image: ref });
	const remove = async () => {
		await keeper.remove({ v: true });
		await engine.getImage(ref).remove();
	};
	return { digest, remove };
}

test('an update of sh0 brings a newer image: the page offers it, a person cancels, then upgrades, and the data is there', async ({
	browser,
}) => {
	const imagesDir = await mkdtemp(join(tmpdir(), 'sh0-recipes-'));
	await cp(loadEnv({}).imagesDir, imagesDir, { recursive: true });
	const env = { SH0_LOG_LEVEL: 'error', SH0_IMAGES_DIR: imagesDir };
	let panel: Panel = await startPanel({ env });
	const { dataDir, url } = panel;
	const docker = dockerOf(panel);
	const others = new OtherImages(docker.client);
	let removeNewer = () => Promise.resolve();
	try {
		const database = openPanelDatabase(panel);
		const project = seedPeople(database.db, { isOwnersInstance: true });
		const api = createClient({ url, token: seedToken(database.db, project, [...tokenScopes]) });
		database.close();
		const server = { ...wanted, name: 'cache', memoryBytes: 128 * MIB };
		const { projectId } = project;
		const { operationId, serviceId } = await api.services.create.mutate({ projectId, ...server });
		await ended(api, operationId);
		const rootUri = async () => {
			const { host, port, user } = await api.services.connection.query({ serviceId });
			const { value } = await api.secrets.reveal.mutate({ serviceId, kind: 'root' });
			return `redis://${user}:${encodeURIComponent(value)}@${host}:${port}`;
		};
		expect(await tell(await rootUri(), 'SET', 'cart', 'tea')).toBe('OK');
		const { imageRef } = await api.services.get.query({ serviceId });

		await panel.stop();
		const newer = await offer(docker, others, imageRef ?? '', await changeRecipe(imagesDir, wanted));
		removeNewer = newer.remove;
		panel = await startPanel({ dataDir, port: Number(new URL(url).port), env });

		const context = await openBrowser(browser, url);
		await context.addCookies([sessionCookie(url, project.people.owner.sessionToken)]);
		const page = await context.newPage();
		await visit(page, `/databases/${serviceId}/settings`);
		await expect(page.getByText(words('upgrade_reason_recipe'))).toBeVisible();
		await fill(docker, imageRef ?? '');
		const hurry = await slowDown(docker);
		await askForUpgrade(page);
		await expect(page.getByRole('progressbar', { name: words('word_step_keep') })).toBeVisible({
			timeout: longWorkMs,
		});
		await expect(page.getByText(words('upgrade_running'))).toBeVisible();
		await page.getByRole('button', { name: words('operation_cancel'), exact: true }).click();
		await expect(page.getByText(words('upgrade_newest'))).toBeHidden();
		hurry();
		await expect(page.getByText(words('operation_cancelled'), { exact: true })).toBeVisible({
			timeout: longWorkMs,
		});
		await expect(page.getByText(words('operation_cancelled_undone'))).toBeVisible();
		await expect(page.getByText(words('operation_failed'))).toBeHidden();
		await expect(page.locator('#upgrade').getByText(words('upgrade_reason_recipe'))).toBeVisible();
		expect(await tell(await rootUri(), 'GET', 'cart')).toBe('tea');

		await askForUpgrade(page);
		await expect(page.getByText(words('operation_succeeded'), { exact: true })).toBeVisible({
			timeout: longWorkMs,
		});
		await expect(page.getByText(words('upgrade_newest'))).toBeVisible();
		await expect(page.getByText(startOf('upgrade_former_kept'))).toBeVisible();
		await context.close();

		const containers = await docker.containers.list();
		expect(containers.map(({ imageId, status }) => [imageId, status])).toEqual([[newer.digest, 'running']]);
		expect(await tell(await rootUri(), 'GET', 'cart')).toBe('tea');
	} finally {
		await demolish(panel);
		await removeNewer();
		await others.remove();
		await rm(imagesDir, { recursive: true });
	}
});

async function askForUpgrade(page: Page): Promise<void> {
	await page.getByRole('button', { name: words('upgrade_do'), exact: true }).click();
	const dialog = page.getByRole('alertdialog');
	await expect(dialog).toContainText(words('upgrade_returns'));
	await dialog.getByRole('button', { name: words('upgrade_do'), exact: true }).click();
}

/** Makes the one volume large enough that its copy takes a moment. */
async function fill(docker: Docker, image: string): Promise<void> {
	const [{ name: volume } = { name: '' }] = await docker.volumes.list();
	const on = [{ volume, path: '/data', isReadOnly: false }];
	const commands = [['dd', 'if=/dev/zero', 'of=/data/large', 'bs=1M', 'count=512']];
	await docker.runInImage({ image, on, commands });
}

/** Lets the copies of volumes that begin from now on go slowly, so that a person has time to press a button. Ends with what it returns. */
async function slowDown({ client: { engine, instanceId } }: Docker): Promise<() => void> {
	const filters = { event: ['start'], label: [`${LABEL.instance}=${instanceId}`, LABEL.until] };
	const lines = createInterface({ input: await engine.getEvents({ filters }) });
	lines.on('line', (line) => {
		const { id } = eventSchema.parse(JSON.parse(line));
		const slow = engine.getContainer(id).update({ NanoCpus: 20_000_000 });
		// It may be over by then.
		slow.catch(() => {});
	});
	return () => lines.close();
}

/** A sentence up to its first placeholder. */
function startOf(key: string): string {
	return words(key).split('{')[0] ?? '';
}
