import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startPanel, type Panel } from '../../../../../e2e/panel';
import { objectPath } from '$lib/shared/storage-links';
import { tokenScopes } from '$lib/shared/roles';
import { createClient } from '../../../trpc/client';
import { openDatabase, type Database } from '../../db/client';
import { getOrCreateInstance } from '../../db/instance';
import { createDocker } from '../../docker';
import { garage } from '../../engines/garage/definition';
import { dataFiles, loadEnv } from '../../env';
import { cookieNames } from '../../http/cookies';
import { marker } from '../hostile';
import { removeInstance } from '../house-check';
import { skipByName, versionsHere } from '../images-here';
import { seedProject, seedToken, type SeededProject } from '../surface-seed';
import { filesUnder, findLeaks, pagesOf, rowsOf, textOf, type Secrets } from './sinks';
import { ContainerWatch } from './watch';

const limitMs = 240_000;
const all = garage.versions.map(({ version }) => version);
const here = await versionsHere(garage.id, all);
skipByName('a canary on', { engine: garage.id, all, here });

describe.each(here)('a canary on Garage %s', (version) => {
	const secrets: Secrets = new Map([['content of the object', `${marker}-content`]]);
	const place = { bucket: 'cage', key: 'bird.txt' };
	let panel: Panel;
	let database: Database;
	let project: SeededProject;
	let instanceId: string;
	let watch: ContainerWatch;
	let serviceId: string;

	const api = () => createClient({ url: panel.url, token: secrets.get('API token') ?? '' });
	const cookie = () => `${cookieNames(panel.url).session}=${project.people.owner.sessionToken}`;
	const send = (method: string, path: string, body?: string) =>
		fetch(`${panel.url}${path}`, {
			...{ method, headers: { cookie: cookie(), origin: panel.url } },
			...(body === undefined ? {} : { body }),
		});

	async function ended(operationId: string): Promise<void> {
		const get = () => api().operations.get.query({ operationId });
		await vi.waitUntil(async () => (await get()).status !== 'running', { timeout: limitMs, interval: 200 });
		expect(await get()).toMatchObject({ status: 'succeeded' });
	}

	beforeAll(async () => {
		panel = await startPanel({ env: { SH0_LOG_LEVEL: 'debug' } });
		const { migrationsDir, dockerSocket } = loadEnv({});
		database = openDatabase({ file: dataFiles(panel.dataDir).database, migrationsDir });
		({ instanceId } = getOrCreateInstance(database.db));
		watch = await ContainerWatch.start(createDocker({ socketPath: dockerSocket, instanceId }), instanceId);
		project = seedProject(database.db, { isOwnersInstance: true });
		secrets.set('API token', seedToken(database.db, project, [...tokenScopes]));
		secrets.set('session token', project.people.owner.sessionToken);
		const { projectId } = project;
		const memoryBytes = garage.lifecycle.minMemoryBytes;
		const wanted = { projectId, engine: garage.id, version, memoryBytes, name: 'canary' };
		const started = await api().services.create.mutate(wanted);
		({ serviceId } = started);
		await ended(started.operationId);
	}, limitMs);
	afterAll(async () => {
		await watch?.stop();
		database?.close();
		await panel?.stop();
		if (instanceId) await removeInstance(instanceId);
		panel?.remove();
	});

	const reveal = async (name: string) =>
		secrets.set(name, (await api().secrets.reveal.mutate({ serviceId, kind: 'root' })).value);

	it(
		'keeps an object for a key that works, while the root secret is rotated',
		{ timeout: limitMs },
		async () => {
			await reveal('first root secret');
			await api().buckets.create.mutate({ serviceId, name: place.bucket });
			const { id: keyId, secret } = await api().storageKeys.create.mutate({
				...{ serviceId, description: 'canary' },
				permissions: [{ bucket: place.bucket, read: true, write: true, owner: false }],
			});
			secrets.set('secret of the key', secret);
			const content = secrets.get('content of the object') ?? '';
			expect((await send('PUT', objectPath({ serviceId, ...place }), content)).ok).toBe(true);
			await api().storageKeys.tryOut.mutate({ serviceId, keyId, secret, bucket: place.bucket });
			await ended((await api().services.rotateRoot.mutate({ serviceId })).operationId);
			await reveal('root secret');
			expect(secrets.get('root secret')).not.toBe(secrets.get('first root secret'));
			const read = await send('GET', objectPath({ serviceId, ...place }));
			expect(await read.text()).toBe(content);
		},
	);

	it('leaves no secret in any log, event, file, record or page', { timeout: limitMs }, async () => {
		const bucket = `/storage/${serviceId}/buckets/${place.bucket}`;
		const tabs = ['', '/buckets', '/keys', '/copies', '/logs', '/settings'];
		const pages = ['/', '/storage', '/activity', ...tabs.map((tab) => `/storage/${serviceId}${tab}`)];
		const shown = await pagesOf(panel.url, cookie(), [...pages, bucket, `${bucket}/objects`]);
		const sinks = [
			...shown,
			...(await watch.sinks()),
			...rowsOf(database),
			...filesUnder(panel.dataDir),
			{ name: "sh0's log", text: panel.output().join('\n') },
		];
		expect(secrets.size).toBe(6);
		expect(findLeaks(sinks, secrets)).toEqual([]);
		// What was searched is what was meant: each kind holds what it must.
		expect(textOf(sinks, 'events')).toContain('"Action":"start"');
		expect(textOf(sinks, 'log ').length).toBeGreaterThan(100);
		expect(textOf(sinks, 'table audit')).toContain('storageKeys.create');
		expect(textOf(sinks, `${bucket}/objects`)).toContain(place.key);
		expect(textOf(sinks, "sh0's log").length).toBeGreaterThan(500);
	});
});
