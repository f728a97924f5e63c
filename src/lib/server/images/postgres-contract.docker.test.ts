import type { Container } from 'dockerode';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ContractHouse, contractVersions, hostilePassword } from '../testing/contract-house';

// The contract of the official PostgreSQL image, held by the images that are built here.

const versions = contractVersions(['14', '15', '16', '17', '18']);
const volumePath = (version: string) =>
	Number(version) >= 18 ? '/var/lib/postgresql' : '/var/lib/postgresql/data';
const house = new ContractHouse({
	id: 'postgres',
	port: 5432,
	tmpfs: { '/var/run/postgresql': 'uid=999,gid=999,mode=3775' },
	volume: volumePath,
});

beforeAll(() => house.open(versions), 1_500_000);
afterEach(() => house.clear());
afterAll(() => house.close());

type Login = { user?: string; password: string; database?: string };

async function logIn(port: number, login: Login): Promise<pg.Client> {
	const client = new pg.Client({
		host: '127.0.0.1',
		port,
		user: login.user ?? 'postgres',
		password: login.password,
		database: login.database ?? 'postgres',
		connectionTimeoutMillis: 5_000,
	});
	client.on('error', () => {});
	await client.connect();
	return client;
}

const waitForLogin = (container: Container, login: Login) =>
	house.untilReady(container, (port) => logIn(port, login));

async function query(client: pg.Client, text: string): Promise<Record<string, unknown>> {
	const { rows } = await client.query<Record<string, unknown>>(text);
	return rows[0] ?? {};
}

describe.each(versions)('PostgreSQL %s', (version) => {
	it('has the official ids, volume, port and stop signal', async () => {
		const config = await house.imageConfig(version);
		expect(Object.keys(config.Volumes)).toEqual([volumePath(version)]);
		expect(config.ExposedPorts).toEqual({ '5432/tcp': {} });
		expect(config).toMatchObject({
			Entrypoint: ['docker-entrypoint.sh'],
			Cmd: ['postgres'],
			StopSignal: 'SIGINT',
		});
		expect(config.Env).toContain('LANG=en_US.utf8');
		expect(config.Env).toContain(`PG_MAJOR=${version}`);
	});

	it('takes any password, keeps its data through SIGKILL and ends well', async () => {
		const volume = house.newVolume();
		const env = { POSTGRES_PASSWORD: hostilePassword };
		const first = await house.start({ version, env, volume });
		const client = await waitForLogin(first, { password: hostilePassword });
		expect(await query(client, 'show server_version_num')).toMatchObject({
			server_version_num: expect.stringMatching(new RegExp(`^${version}\\d{4}$`)),
		});
		expect(
			await query(client, "select datcollate, encoding from pg_database where datname = 'template1'"),
		).toMatchObject({ datcollate: 'en_US.utf8', encoding: 6 });
		await client.query('create table kept (value text)');
		await client.query('insert into kept values ($1)', [hostilePassword]);
		await house.kill(first);

		const second = await house.start({ version, env: { POSTGRES_PASSWORD: 'ignored from now on' }, volume });
		const again = await waitForLogin(second, { password: hostilePassword });
		expect(await query(again, 'select value from kept')).toEqual({ value: hostilePassword });
		await again.end();
		expect(await house.stop(second)).toBe(0);
	});
});

describe('PostgreSQL 18', () => {
	it('lets nobody in over the network with another password or with none', async () => {
		const container = await house.start({ env: { POSTGRES_PASSWORD: 'right' } });
		await (await waitForLogin(container, { password: 'right' })).end();
		const port = await house.portOf(container);
		await expect(logIn(port, { password: 'wrong' })).rejects.toMatchObject({ code: '28P01' });
		await expect(logIn(port, { password: '' })).rejects.toThrow();
	});

	it('runs as 999:999 without any capability', async () => {
		const container = await house.start({
			env: { POSTGRES_PASSWORD: 'secret' },
			user: '999:999',
			capabilities: [],
			volume: house.newVolume(),
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
		const container = await house.start({ env });
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
		const container = await house.start({ env: { POSTGRES_PASSWORD: 'secret', POSTGRES_USER: 'app' } });
		const login = { user: 'app', password: 'secret', database: 'app' };
		await (await waitForLogin(container, login)).end();
	});

	it('reads the password from a file', async () => {
		const env = { POSTGRES_PASSWORD_FILE: '/opt/password' };
		const container = await house.start({ env, secretFile: `${hostilePassword}\n` });
		await (await waitForLogin(container, { password: hostilePassword })).end();
	});

	it('passes arguments on to initdb and to the server', async () => {
		const env = { POSTGRES_PASSWORD: 'secret', POSTGRES_INITDB_ARGS: '--data-checksums --wal-segsize=32' };
		const container = await house.start({ env, command: ['-c', 'max_connections=17'] });
		const client = await waitForLogin(container, { password: 'secret' });
		expect(await query(client, 'show wal_segment_size')).toEqual({ wal_segment_size: '32MB' });
		expect(await query(client, 'show max_connections')).toEqual({ max_connections: '17' });
		await client.end();
	});

	it('keeps the password out of its log and out of the server’s environment', async () => {
		const container = await house.start({ env: { POSTGRES_PASSWORD: 'canary-7f3a', POSTGRES_DB: 'app' } });
		const client = await waitForLogin(container, { password: 'canary-7f3a', database: 'app' });
		expect(await house.logOf(container)).not.toContain('canary-7f3a');
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
		const { code, log } = await house.endOf(await house.start({ env }));
		expect(code).toBe(1);
		expect(log).toMatch(reason);
	});

	it('refuses a volume in the place where older versions had it', async () => {
		const env = { POSTGRES_PASSWORD: 'secret' };
		const container = await house.start({ env, volume: house.newVolume(), path: '/var/lib/postgresql/data' });
		const { code, log } = await house.endOf(container);
		expect(code).toBe(1);
		expect(log).toContain('mount it at /var/lib/postgresql');
	});
});
