import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Container, ContainerCreateOptions } from 'dockerode';
import pg from 'pg';
import { pack } from 'tar-fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DockerClient } from '../docker/client';
import { loadEnv } from '../env';
import { createImages } from './images';

// The contract of the official PostgreSQL image, held by the images that are built here.

const { dockerSocket, imagesDir } = loadEnv();
const docker = new DockerClient(dockerSocket);
const rootCapabilities = ['CHOWN', 'SETUID', 'SETGID', 'DAC_OVERRIDE', 'FOWNER'];
const hostilePassword = `a'b"c$(id)\`x\`\\ ;--é %s ${'$'}{HOME}`;
const versions = ['14', '15', '16', '17', '18'];

let dataDir: string;
let containers: Container[] = [];
let volumes: string[] = [];
const refs = new Map<string, string>();

beforeAll(async () => {
	dataDir = await mkdtemp(join(tmpdir(), 'sh0-contract-'));
	const digests = { find: () => undefined, record: () => {} };
	const images = createImages({ docker, digests, imagesDir, dataDir });
	for (const version of versions) {
		refs.set(version, (await images.buildImage({ engine: 'postgres', version })).ref);
	}
}, 1_500_000);

afterAll(() => rm(dataDir, { recursive: true }));

afterEach(async () => {
	for (const container of containers) await container.remove({ force: true, v: true });
	for (const name of volumes) await docker.engine.getVolume(name).remove();
	containers = [];
	volumes = [];
});

function newVolume(): string {
	const name = `sh0-contract-${randomBytes(6).toString('hex')}`;
	volumes.push(name);
	return name;
}

function volumePath(version: string): string {
	return Number(version) >= 18 ? '/var/lib/postgresql' : '/var/lib/postgresql/data';
}

type Start = {
	version?: string;
	env?: Record<string, string>;
	volume?: string;
	path?: string;
	user?: string;
	capabilities?: string[];
	secretFile?: string;
	command?: string[];
};

/** Starts it the way sh0 does: no capabilities but the given ones, read-only root, port on 127.0.0.1. */
async function start(options: Start): Promise<Container> {
	const { version = '18', env = {}, volume, path = volumePath(version) } = options;
	const request: ContainerCreateOptions = {
		Image: refs.get(version) ?? '',
		Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
		Cmd: options.command ?? [],
		User: options.user ?? '',
		HostConfig: {
			CapDrop: ['ALL'],
			CapAdd: options.capabilities ?? rootCapabilities,
			SecurityOpt: ['no-new-privileges'],
			ReadonlyRootfs: options.secretFile === undefined,
			Tmpfs: { '/tmp': '', '/var/run/postgresql': 'uid=999,gid=999,mode=3775' },
			PortBindings: { '5432/tcp': [{ HostIp: '127.0.0.1', HostPort: '0' }] },
			Mounts: volume === undefined ? [] : [{ Type: 'volume', Source: volume, Target: path }],
		},
	};
	const container = await docker.engine.createContainer(request);
	containers.push(container);
	if (options.secretFile !== undefined) {
		const folder = await mkdtemp(join(dataDir, 'secret-'));
		await writeFile(join(folder, 'password'), options.secretFile);
		await container.putArchive(pack(folder), { path: '/opt' });
	}
	await container.start();
	return container;
}

async function portOf(container: Container): Promise<number> {
	const info = await container.inspect();
	return Number(info.NetworkSettings.Ports['5432/tcp']?.[0]?.HostPort);
}

type Login = { user?: string; password: string; database?: string };

async function logIn(container: Container, login: Login): Promise<pg.Client> {
	const client = new pg.Client({
		host: '127.0.0.1',
		port: await portOf(container),
		user: login.user ?? 'postgres',
		password: login.password,
		database: login.database ?? 'postgres',
		connectionTimeoutMillis: 5_000,
	});
	client.on('error', () => {});
	await client.connect();
	return client;
}

/** Waits for the first login that works; a server that ended instead fails with its log. */
async function waitForLogin(container: Container, login: Login): Promise<pg.Client> {
	const endsAt = Date.now() + 60_000;
	for (;;) {
		try {
			return await logIn(container, login);
		} catch (error) {
			const { State } = await container.inspect();
			if (!State.Running || Date.now() > endsAt) {
				throw new Error(`not ready:\n${await logOf(container)}`, { cause: error });
			}
			await new Promise((resolve) => setTimeout(resolve, 100));
		}
	}
}

async function logOf(container: Container): Promise<string> {
	return (await container.logs({ stdout: true, stderr: true })).toString('utf8');
}

async function endOf(container: Container): Promise<{ code: number; log: string }> {
	const { StatusCode } = await container.wait();
	return { code: StatusCode, log: await logOf(container) };
}

async function query(client: pg.Client, text: string): Promise<Record<string, unknown>> {
	const { rows } = await client.query<Record<string, unknown>>(text);
	return rows[0] ?? {};
}

describe.each(versions)('PostgreSQL %s', (version) => {
	it('has the official ids, volume, port and stop signal', async () => {
		const { Config } = await docker.engine.getImage(refs.get(version) ?? '').inspect();
		expect(Object.keys(Config.Volumes)).toEqual([volumePath(version)]);
		expect(Config.ExposedPorts).toEqual({ '5432/tcp': {} });
		expect(Config).toMatchObject({
			Entrypoint: ['docker-entrypoint.sh'],
			Cmd: ['postgres'],
			StopSignal: 'SIGINT',
		});
		expect(Config.Env).toContain('LANG=en_US.utf8');
		expect(Config.Env).toContain(`PG_MAJOR=${version}`);
	});

	it('takes any password, keeps its data through SIGKILL and ends well', async () => {
		const volume = newVolume();
		const env = { POSTGRES_PASSWORD: hostilePassword };
		const first = await start({ version, env, volume });
		const client = await waitForLogin(first, { password: hostilePassword });
		expect(await query(client, 'show server_version_num')).toMatchObject({
			server_version_num: expect.stringMatching(new RegExp(`^${version}\\d{4}$`)),
		});
		expect(
			await query(client, "select datcollate, encoding from pg_database where datname = 'template1'"),
		).toMatchObject({ datcollate: 'en_US.utf8', encoding: 6 });
		await client.query('create table kept (value text)');
		await client.query('insert into kept values ($1)', [hostilePassword]);
		await first.kill({ signal: 'SIGKILL' });
		await first.remove();
		containers = [];

		const second = await start({ version, env: { POSTGRES_PASSWORD: 'ignored from now on' }, volume });
		const again = await waitForLogin(second, { password: hostilePassword });
		expect(await query(again, 'select value from kept')).toEqual({ value: hostilePassword });
		await again.end();
		await second.stop({ t: 30 });
		expect((await second.inspect()).State.ExitCode).toBe(0);
	});
});

describe('PostgreSQL 18', () => {
	it('lets nobody in over the network with another password or with none', async () => {
		const container = await start({ env: { POSTGRES_PASSWORD: 'right' } });
		await (await waitForLogin(container, { password: 'right' })).end();
		await expect(logIn(container, { password: 'wrong' })).rejects.toMatchObject({ code: '28P01' });
		await expect(logIn(container, { password: '' })).rejects.toThrow();
	});

	it('runs as 999:999 without any capability', async () => {
		const container = await start({
			env: { POSTGRES_PASSWORD: 'secret' },
			user: '999:999',
			capabilities: [],
			volume: newVolume(),
		});
		const client = await waitForLogin(container, { password: 'secret' });
		expect(await query(client, 'show data_directory')).toEqual({
			data_directory: '/var/lib/postgresql/18/docker',
		});
		await client.end();
	});

	it('makes the user and the database of the environment, with hostile names', async () => {
		const env = {
			POSTGRES_PASSWORD: 'secret',
			POSTGRES_USER: 'the owner; é',
			POSTGRES_DB: 'my "db"; drop\\',
		};
		const container = await start({ env });
		const login = { user: env.POSTGRES_USER, password: 'secret', database: env.POSTGRES_DB };
		const client = await waitForLogin(container, login);
		expect(
			await query(client, 'select current_database(), usesuper from pg_user where usename = user'),
		).toEqual({
			current_database: env.POSTGRES_DB,
			usesuper: true,
		});
		await client.end();
	});

	it('names the database after the user when only a user is given', async () => {
		const container = await start({ env: { POSTGRES_PASSWORD: 'secret', POSTGRES_USER: 'app' } });
		const login = { user: 'app', password: 'secret', database: 'app' };
		await (await waitForLogin(container, login)).end();
	});

	it('reads the password from a file', async () => {
		const env = { POSTGRES_PASSWORD_FILE: '/opt/password' };
		const container = await start({ env, secretFile: `${hostilePassword}\n` });
		await (await waitForLogin(container, { password: hostilePassword })).end();
	});

	it('passes arguments on to initdb and to the server', async () => {
		const env = { POSTGRES_PASSWORD: 'secret', POSTGRES_INITDB_ARGS: '--data-checksums --wal-segsize=32' };
		const container = await start({ env, command: ['-c', 'max_connections=17'] });
		const client = await waitForLogin(container, { password: 'secret' });
		expect(await query(client, 'show wal_segment_size')).toEqual({ wal_segment_size: '32MB' });
		expect(await query(client, 'show max_connections')).toEqual({ max_connections: '17' });
		await client.end();
	});

	it('keeps the password out of its log and out of the server’s environment', async () => {
		const container = await start({ env: { POSTGRES_PASSWORD: 'canary-7f3a', POSTGRES_DB: 'app' } });
		const client = await waitForLogin(container, { password: 'canary-7f3a', database: 'app' });
		expect(await logOf(container)).not.toContain('canary-7f3a');
		const environment = await query(
			client,
			"select encode(pg_read_binary_file('/proc/1/environ', 0, 100000), 'escape') as text",
		);
		expect(environment['text']).toContain('PGDATA=');
		expect(environment['text']).not.toContain('canary-7f3a');
		await client.end();
	});

	it.each([
		['no password', {}, /Set POSTGRES_PASSWORD/],
		['an empty password', { POSTGRES_PASSWORD: '' }, /Set POSTGRES_PASSWORD/],
		['a password of two lines', { POSTGRES_PASSWORD: 'a\nb' }, /must be one line/],
		[
			'a password and a file for it',
			{ POSTGRES_PASSWORD: 'a', POSTGRES_PASSWORD_FILE: '/opt/password' },
			/exclude each other/,
		],
	])('ends with the reason when it gets %s', async (_what, env, reason) => {
		const { code, log } = await endOf(await start({ env }));
		expect(code).toBe(1);
		expect(log).toMatch(reason);
	});

	it('refuses a volume in the place where older versions had it', async () => {
		const env = { POSTGRES_PASSWORD: 'secret' };
		const container = await start({ env, volume: newVolume(), path: '/var/lib/postgresql/data' });
		const { code, log } = await endOf(container);
		expect(code).toBe(1);
		expect(log).toContain('mount it at /var/lib/postgresql');
	});
});
