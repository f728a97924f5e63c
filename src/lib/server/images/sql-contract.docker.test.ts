import { setTimeout as delay } from 'node:timers/promises';
import type { Container } from 'dockerode';
import { createConnection, type Connection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
	ContractHouse,
	contractVersions,
	hostilePassword,
	type ContractStart,
} from '../testing/contract-house';

// The contract of the official images of MySQL and MariaDB, held by the images that are built here.

const engines = [
	{ id: 'mysql', prefix: 'MYSQL', program: 'mysqld', ports: ['3306/tcp', '33060/tcp'], all: ['9'] },
	{
		id: 'mariadb',
		prefix: 'MARIADB',
		program: 'mariadbd',
		ports: ['3306/tcp'],
		all: ['10.11', '11.4', '11.8'],
	},
].map((engine) => ({ ...engine, versions: contractVersions(engine.all) }));

type Login = { user?: string; password: string; database?: string };

async function logIn(port: number, login: Login): Promise<Connection> {
	const client = await createConnection({
		host: '127.0.0.1',
		port,
		user: login.user ?? 'root',
		password: login.password,
		...(login.database === undefined ? {} : { database: login.database }),
		connectTimeout: 5_000,
	});
	client.on('error', () => {});
	return client;
}

/** The first row, its values as texts. */
async function query(client: Connection, sql: string): Promise<string[]> {
	const [rows] = await client.query({ sql, rowsAsArray: true });
	const first: unknown = Array.isArray(rows) ? rows[0] : undefined;
	return Array.isArray(first) ? first.map(String) : [];
}

describe.each(engines)('$id', ({ id, prefix, program, ports, versions }) => {
	const house = new ContractHouse({
		id,
		port: 3306,
		tmpfs: { '/run/mysqld': 'uid=999,gid=999,mode=755' },
		volume: () => '/var/lib/mysql',
	});
	/** Time zones take a second or two, so most tests do without. */
	const noZones = { [`${prefix}_INITDB_SKIP_TZINFO`]: '1' };
	const rootPassword = (password: string) => ({ [`${prefix}_ROOT_PASSWORD`]: password });

	beforeAll(() => house.open(versions), 1_500_000);
	afterEach(() => house.clear());
	afterAll(() => house.close());

	const start = (options: ContractStart) => house.start({ ...options, env: { ...noZones, ...options.env } });
	const waitForLogin = (container: Container, login: Login) =>
		house.untilReady(container, (port) => logIn(port, login));

	describe.each(versions)('%s', (version) => {
		it('has the official volume, ports and command', async () => {
			const config = await house.imageConfig(version);
			expect(Object.keys(config.Volumes)).toEqual(['/var/lib/mysql']);
			expect(Object.keys(config.ExposedPorts ?? {}).sort()).toEqual(ports);
			expect(config).toMatchObject({ Entrypoint: ['docker-entrypoint.sh'], Cmd: [program] });
		});

		it('takes any password and any name, keeps its data through SIGKILL and ends well', async () => {
			const volume = house.newVolume();
			const [database, user] = ['my `db_%\\', "the 'owner; é"];
			const env = {
				...rootPassword(hostilePassword),
				[`${prefix}_DATABASE`]: database,
				[`${prefix}_USER`]: user,
				[`${prefix}_PASSWORD`]: hostilePassword,
			};
			const first = await house.start({ version, env, volume });
			const root = await waitForLogin(first, { password: hostilePassword });
			expect(await query(root, 'select version()')).toEqual([expect.stringMatching(`^${version}\\.`)]);
			const facts = 'select @@character_set_server, @@skip_name_resolve, @@datadir';
			expect(await query(root, facts)).toEqual(['utf8mb4', '1', '/var/lib/mysql/']);
			expect(await query(root, "select convert_tz('2026-01-01', 'UTC', 'Europe/Berlin')")).not.toEqual([
				'null',
			]);
			expect(await query(root, "select count(*) from mysql.user where user = ''")).toEqual(['0']);
			expect(await house.uidOf(first)).toBe(999);
			expect(await house.logOf(first)).not.toContain(hostilePassword);

			const owner = await waitForLogin(first, { user, password: hostilePassword, database });
			await owner.query('create table kept (value text)');
			await owner.execute('insert into kept values (?)', [hostilePassword]);
			await house.kill(first);

			const second = await house.start({ version, env: rootPassword('ignored from now on'), volume });
			const again = await waitForLogin(second, { password: hostilePassword, database });
			expect(await query(again, 'select value from kept')).toEqual([hostilePassword]);
			await again.end();
			expect(await house.stop(second)).toBe(0);
		});

		it('makes a first start that was interrupted again, whenever that was', async () => {
			const volume = house.newVolume();
			const env = rootPassword('secret');
			for (const milliseconds of [300, 900, 2_500]) {
				const container = await start({ version, env, volume });
				await delay(milliseconds);
				await house.kill(container);
			}
			const client = await waitForLogin(await start({ version, env, volume }), { password: 'secret' });
			expect(await query(client, 'select 1')).toEqual(['1']);
			await client.end();
		});
	});

	it('reads the password from a file and passes arguments on, as 999:999 without any capability', async () => {
		const container = await start({
			env: { [`${prefix}_ROOT_PASSWORD_FILE`]: '/opt/password' },
			secretFile: `${hostilePassword}\n`,
			command: ['--max-connections=17'],
			user: '999:999',
			capabilities: [],
		});
		const client = await waitForLogin(container, { password: hostilePassword });
		expect(await query(client, 'select @@max_connections')).toEqual(['17']);
		await client.end();
		const port = await house.portOf(container);
		await expect(logIn(port, { password: 'wrong' })).rejects.toMatchObject({
			code: 'ER_ACCESS_DENIED_ERROR',
		});
		await expect(logIn(port, { password: '' })).rejects.toThrow();
	});

	it.each([
		['no password', {}, new RegExp(`Set ${prefix}_ROOT_PASSWORD or`)],
		['an empty password', rootPassword(''), new RegExp(`Set ${prefix}_ROOT_PASSWORD or`)],
		[
			'a password and a file for it',
			{ ...rootPassword('a'), [`${prefix}_ROOT_PASSWORD_FILE`]: '/opt/password' },
			/exclude each other/,
		],
		['a user without a password', { ...rootPassword('a'), [`${prefix}_USER`]: 'app' }, /_USER needs/],
		['root as a user', { ...rootPassword('a'), [`${prefix}_USER`]: 'root' }, /cannot be root/],
		[
			'the wish for a password in its log',
			{ ...rootPassword('a'), [`${prefix}_RANDOM_ROOT_PASSWORD`]: 'yes' },
			/would write the password to the log/,
		],
	])('ends with the reason when it gets %s', async (_what, env, reason) => {
		const { code, log } = await house.endOf(await start({ env }));
		expect(code).toBe(1);
		expect(log).toMatch(reason);
	});

	it('touches nothing in a volume with files of something else', async () => {
		const env = rootPassword('secret');
		const { code, log } = await house.endOf(
			await start({ env, volume: house.newVolume(), seed: { 'notes.txt': 'mine' } }),
		);
		expect(code).toBe(1);
		expect(log).toMatch(/holds files, but none of a (MySQL|MariaDB) server; nothing was changed/);
	});
});
