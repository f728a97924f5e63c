import { readFileSync } from 'node:fs';
import { TOTP } from 'otpauth';
import { cookieNames } from '../src/lib/server/http/cookies';
import {
	filesUnder,
	findLeaks,
	leaksIn,
	pagesOf,
	type Secrets,
	type Sink,
} from '../src/lib/server/testing/canary/sinks';
import { tokenScopes } from '../src/lib/shared/roles';
import { createClient, type Client } from '../src/lib/trpc/client';
import { ended, expect, test } from './fixtures';
import { demolish, dockerOf } from './house';
import { pageClient, startPanel, type Panel } from './panel';
import { ask } from './postgres';

test.describe.configure({ timeout: 240_000 });

const email = 'ada@example.test';
const MIB = 1024 ** 2;

/** Signs the first owner up and answers the session's token. */
async function setUp(panel: Panel, secrets: Secrets): Promise<string> {
	const token = new URL(panel.setupUrl ?? '').searchParams.get('token') ?? '';
	const password = 'a quiet harbour at dawn';
	const response = await fetch(`${panel.url}/trpc/auth.setup`, {
		method: 'POST',
		headers: { origin: panel.url, 'content-type': 'application/json' },
		body: JSON.stringify({ json: { token, email, password } }),
	});
	expect(response.status).toBe(200);
	const name = cookieNames(panel.url).session;
	const session = response.headers
		.getSetCookie()
		.map((cookie) => cookie.split(';')[0] ?? '')
		.find((cookie) => cookie.startsWith(`${name}=`));
	secrets.set('setup token', token).set('owner password', password);
	const sessionToken = (session ?? '').slice(name.length + 1);
	secrets.set('session token', sessionToken);
	return sessionToken;
}

/** Makes one of every secret. */
async function makeSecrets(panel: Panel, owner: Client, secrets: Secrets) {
	const password = secrets.get('owner password') ?? '';
	const [project] = await owner.projects.list.query();
	const projectId = project?.id ?? '';
	const { token } = await owner.tokens.create.mutate({
		projectId,
		name: 'canary',
		scopes: [...tokenScopes],
		expiresInDays: 1,
		password,
	});
	secrets.set('API token', token);
	const { path } = await owner.invitations.create.mutate({
		projectId,
		email: 'new@example.test',
		role: 'viewer',
	});
	secrets.set('invitation token', path.split('token=')[1] ?? '');

	const { secret } = await owner.auth.secondFactor.enroll.mutate({ password });
	secrets.set('TOTP secret', secret);
	const { recoveryCodes } = await owner.auth.secondFactor.confirm.mutate({
		code: new TOTP({ secret }).generate(),
	});
	recoveryCodes.forEach((code, index) => secrets.set(`recovery code ${index}`, code));

	const script = createClient({ url: panel.url, token });
	const { operationId, serviceId } = await script.services.create.mutate({
		projectId,
		engine: 'postgres',
		version: '18',
		name: 'canary',
		memoryBytes: 256 * MIB,
	});
	await ended(script, operationId);
	const rootOf = async () => (await script.secrets.reveal.mutate({ serviceId, kind: 'root' })).value;
	secrets.set('first root password', await rootOf());
	await ended(script, (await script.services.rotateRoot.mutate({ serviceId })).operationId);
	secrets.set('root password', await rootOf());

	await script.databases.create.mutate({ serviceId, name: 'shop' });
	const grants = [{ database: 'shop', level: 'write' as const }];
	await script.databaseUsers.create.mutate({ serviceId, name: 'made', grants });
	const madeOf = async () =>
		(await script.secrets.reveal.mutate({ serviceId, kind: 'databaseUser', name: 'made' })).value;
	secrets.set('generated user password', await madeOf());
	await script.databaseUsers.setPassword.mutate({ serviceId, name: 'made' });
	secrets.set('renewed user password', await madeOf());
	const chosen = `ch'os"en \\ $(x) 7f3c91`;
	secrets.set('chosen user password', chosen);
	await script.databaseUsers.create.mutate({ serviceId, name: 'chosen', password: chosen, grants });
	return { script, projectId, serviceId };
}

/** What Docker tells about this panel's containers: environment, arguments, processes, events, logs. */
async function dockersView(panel: Panel, since: number) {
	const docker = dockerOf(panel);
	const { engine } = docker.client;
	const views: Sink[] = [];
	for (const { id, name } of await docker.containers.list()) {
		const container = engine.getContainer(id);
		views.push({ name: `inspect ${name}`, text: JSON.stringify(await container.inspect()) });
		views.push({ name: `top ${name}`, text: JSON.stringify(await container.top()) });
		const lines = await docker.containers.logs(id, { tail: 100_000 });
		expect(lines.length).toBeGreaterThan(0);
		views.push({ name: `log ${name}`, text: lines.map(({ line }) => line).join('\n') });
	}
	const events = await engine.getEvents({ since, until: Math.ceil(Date.now() / 1000) });
	const chunks: Buffer[] = [];
	for await (const chunk of events) chunks.push(Buffer.from(chunk));
	views.push({ name: 'events', text: Buffer.concat(chunks).toString() });
	return views;
}

test('no secret of a run stands anywhere in clear', async () => {
	const since = Math.floor(Date.now() / 1000);
	const panel = await startPanel({ env: { SH0_LOG_LEVEL: 'debug' } });
	try {
		const secrets: Secrets = new Map();
		const sessionToken = await setUp(panel, secrets);
		const cookie = `${cookieNames(panel.url).session}=${sessionToken}`;
		const owner = pageClient(panel, () => cookie);
		const { script, projectId, serviceId } = await makeSecrets(panel, owner, secrets);
		expect(secrets.size).toBeGreaterThan(18);
		for (const [name, value] of secrets) expect(value.length, name).toBeGreaterThan(8);

		// Things that fail are what logs quote.
		const { port } = await script.services.connection.query({ serviceId });
		const wrong = `postgresql://made:${secrets.get('generated user password')}@127.0.0.1:${port}/shop`;
		await expect(ask(wrong, 'select 1')).rejects.toThrow();
		await expect(
			script.databaseUsers.create.mutate({
				serviceId,
				name: 'chosen',
				password: secrets.get('chosen user password') ?? '',
				grants: [],
			}),
		).rejects.toThrow();
		await expect(
			owner.auth.login.mutate({ email, password: secrets.get('owner password') ?? '' }),
		).rejects.toThrow();

		const tabs = ['', '/databases', '/users', '/logs', '/settings'].map(
			(tab) => `/databases/${serviceId}${tab}`,
		);
		const settings = ['', '/members', '/security', '/tokens', '/project'].map((tab) => `/settings${tab}`);
		const sinks = [
			...filesUnder(panel.dataDir),
			...(await pagesOf(panel.url, cookie, [
				'/',
				'/databases',
				'/databases/new',
				'/activity',
				...tabs,
				...settings,
			])),
			...(await dockersView(panel, since)),
			{
				name: 'export',
				text: JSON.stringify(await script.activity.export.query({ projectId, format: 'jsonl' })),
			},
			{
				name: 'output',
				text: panel
					.output()
					.filter((line) => !line.includes('/setup?token='))
					.join('\n'),
			},
			{ name: 'arguments', text: readFileSync(`/proc/${panel.pid}/cmdline`, 'latin1') },
			{ name: 'environment', text: readFileSync(`/proc/${panel.pid}/environ`, 'latin1') },
		];
		expect(findLeaks(sinks, secrets)).toEqual([]);
		// The search itself finds what it looks for.
		for (const [name, value] of secrets) {
			expect(leaksIn(`x ${Buffer.from(value).toString('base64')} x`, new Map([[name, value]]))).toEqual([
				name,
			]);
		}
		expect(leaksIn(panel.output().join('\n'), secrets)).toEqual(['setup token']);
	} finally {
		await demolish(panel);
	}
});
