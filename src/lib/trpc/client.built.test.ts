import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { pageClient, startPanel, type Panel, type PanelOptions } from '../../../e2e/panel';
import { owner, setUpOwner } from '../server/http/testing';
import { createClient, toApiError, type Client } from './client';

/** Live subscriptions of scripts, over the wire of the built app. */
const panels: Panel[] = [];
const clients: Client[] = [];

async function open(options: PanelOptions = {}): Promise<Panel> {
	const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'sh0-client-'));
	const panel = await startPanel({
		...options,
		dataDir,
		env: { DOCKER_HOST: `unix://${dataDir}/no-docker.sock`, SH0_LOG_LEVEL: 'error' },
	});
	panels.push(panel);
	return panel;
}

afterEach(async () => {
	for (const client of clients.splice(0)) client.close();
	await Promise.all(panels.map((panel) => panel.stop()));
	for (const panel of panels.splice(0)) panel.remove();
});

/** An owner's page, and a token that may read. */
async function setUp(panel: Panel) {
	const { cookie, projectId } = await setUpOwner(panel);
	const page = pageClient(panel, () => cookie);
	const { token, tokenId } = await page.tokens.create.mutate({
		projectId,
		name: 'watcher',
		scopes: ['read'],
		password: owner.password,
	});
	return { page, projectId, token, tokenId };
}

function connect({ url }: Panel, token: string): Client {
	const client = createClient({ url, token, WebSocket });
	clients.push(client);
	return client;
}

function watch(client: Client, projectId: string) {
	const seen = { started: 0, error: null as unknown };
	client.operations.watchProject.subscribe(
		{ projectId },
		{
			onStarted: () => (seen.started += 1),
			onError: (error) => (seen.error = toApiError(error).code),
		},
	);
	return seen;
}

describe('a script', () => {
	it('holds 20 subscriptions that it began at once', async () => {
		const panel = await open();
		const { projectId, token } = await setUp(panel);
		const client = connect(panel, token);
		const all = Array.from({ length: 20 }, () => watch(client, projectId));
		await expect.poll(() => all.every(({ started }) => started === 1), { timeout: 10_000 }).toBe(true);
	});

	it('is told when its token is worth nothing, from the start or from now on', async () => {
		const panel = await open();
		const { page, projectId, token, tokenId } = await setUp(panel);
		const made = watch(connect(panel, `${token}x`), projectId);
		await expect.poll(() => made.error, { timeout: 10_000 }).toBe('NOT_SIGNED_IN');
		const live = watch(connect(panel, token), projectId);
		await expect.poll(() => live.started, { timeout: 10_000 }).toBe(1);
		await page.tokens.revoke.mutate({ tokenId });
		await expect.poll(() => live.error, { timeout: 10_000 }).toBe('NOT_SIGNED_IN');
	});

	it('is told that its token has too many sockets', async () => {
		const panel = await open();
		const { projectId, token } = await setUp(panel);
		const all = Array.from({ length: 20 }, () => watch(connect(panel, token), projectId));
		await expect.poll(() => all.every(({ started }) => started === 1), { timeout: 10_000 }).toBe(true);
		const late = watch(connect(panel, token), projectId);
		await expect.poll(() => late.error, { timeout: 10_000 }).toBe('THROTTLED');
	});

	it('goes on with its subscriptions after a restart', async () => {
		const panel = await open();
		const { projectId, token } = await setUp(panel);
		const client = connect(panel, token);
		const all = Array.from({ length: 12 }, () => watch(client, projectId));
		await expect.poll(() => all.every(({ started }) => started === 1), { timeout: 10_000 }).toBe(true);
		await panel.stop();
		await open({ dataDir: panel.dataDir, port: Number(new URL(panel.url).port) });
		await expect.poll(() => all.every(({ started }) => started === 2), { timeout: 60_000 }).toBe(true);
		expect(all.every(({ error }) => error === null)).toBe(true);
	});
});
