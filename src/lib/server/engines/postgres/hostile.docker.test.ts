import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../secret';
import { hostileRun, isLongRun, marker, refusal, sendPasswords, tryPasswords } from '../../testing/hostile';
import { hostileStrings } from '../../testing/hostile-strings';
import { startPostgres, testedVersions, type TestServer } from '../../testing/postgres-server';

const newest = '18';
const { strings, limitMs } = hostileRun(200);
/** A database costs a hundred times what a user costs. */
const databaseStrings = isLongRun ? strings : strings.slice(0, hostileStrings.length + 40);

function isEveryFourth(_: string, index: number): boolean {
	return index % 4 === 0;
}

const good = new Secret('Long-enough-1');

/** Written out once more, not taken from the code under test: which names must be refused. */
function mustBeRefused(name: string): boolean {
	return (
		name === '' ||
		!name.isWellFormed() ||
		name !== name.trim() ||
		/[\p{Cc}]/u.test(name) ||
		Buffer.byteLength(name) > 63 ||
		/^(postgres|template[01]|public|none|pg_.*|sh0_.*)$/iu.test(name)
	);
}

describe.each(testedVersions)('hostile strings on PostgreSQL %s', (version) => {
	let server: TestServer;

	beforeAll(async () => {
		server = await startPostgres({ version, inMemory: true });
		await server.admin.createUser({ name: 'canary', password: good });
		await server.admin.createDatabase({ name: 'canary', owner: 'canary' });
		await query('canary', 'CREATE TABLE bird (id int); INSERT INTO bird VALUES (1)', 'canary');
	});
	afterAll(async () => {
		await server?.remove();
	});

	async function query(
		database: string,
		sql: string,
		user = 'postgres',
		password = good,
	): Promise<unknown[]> {
		const { target } = server;
		const client = new pg.Client({
			host: target.host,
			port: target.port,
			user,
			password: (user === 'postgres' ? target.password : password).reveal(),
			database,
		});
		client.on('error', () => undefined);
		try {
			await client.connect();
			return (await client.query(sql)).rows;
		} finally {
			await client.end().catch(() => undefined);
		}
	}

	async function databaseNames(): Promise<string[]> {
		return (await server.admin.listDatabases()).items.map((one) => one.name).sort();
	}

	async function userNames(): Promise<string[]> {
		return (await server.admin.listUsers()).items.map((one) => one.name).sort();
	}

	async function expectNothingElse(): Promise<void> {
		expect(await databaseNames()).toEqual(['canary', 'postgres']);
		expect(await userNames()).toEqual(['canary']);
		expect(await server.admin.grants.list()).toEqual([
			{ database: 'canary', user: 'canary', level: 'owner' },
		]);
		expect(await query('canary', 'SELECT id FROM bird', 'canary')).toEqual([{ id: 1 }]);
	}

	it('database names work exactly or are refused with a reason', { timeout: limitMs }, async () => {
		const wanted = version === newest || isLongRun ? databaseStrings : databaseStrings.filter(isEveryFourth);
		let worked = 0;
		// A few at a time: a database is 8 MB on the disk.
		for (let start = 0; start < wanted.length; start += 10) {
			const accepted: string[] = [];
			for (const name of wanted.slice(start, start + 10)) {
				const code = await refusal(server.admin.createDatabase({ name, owner: null }));
				expect([name, code !== null]).toEqual([name, mustBeRefused(name)]);
				if (code === null) accepted.push(name);
			}
			worked += accepted.length;
			expect(await databaseNames()).toEqual(['canary', 'postgres', ...accepted].sort());
			for (const name of accepted) {
				expect(await query(name, 'SELECT current_database() AS name')).toEqual([{ name }]);
			}
			for (const name of accepted) await server.admin.removeDatabase(name);
			expect(await databaseNames()).toEqual(['canary', 'postgres']);
		}
		expect(worked).toBeGreaterThan(wanted.length / 2);
		await expectNothingElse();
	});

	it('user names work exactly or are refused with a reason', { timeout: limitMs }, async () => {
		await server.admin.createDatabase({ name: 'shared', owner: null });
		let worked = 0;
		for (const name of strings.filter((value) => value !== 'canary')) {
			const code = await refusal(server.admin.createUser({ name, password: good }));
			expect([name, code !== null]).toEqual([name, mustBeRefused(name)]);
			if (code !== null) continue;
			worked += 1;
			expect(await userNames()).toEqual(['canary', name].sort());
			await server.admin.grants.set({ user: name, grants: [{ database: 'shared', level: 'owner' }] });
			expect(await server.admin.grants.list()).toContainEqual({
				database: 'shared',
				user: name,
				level: 'owner',
			});
			expect(await query('shared', 'SELECT session_user::text AS name', name)).toEqual([{ name }]);
			await server.admin.removeUser(name);
		}
		expect(worked).toBeGreaterThan(200);
		await server.admin.removeDatabase('shared');
		await expectNothingElse();
	});

	it('passwords log in exactly or are refused with a reason', { timeout: limitMs }, async () => {
		expect(await tryPasswords(server.admin, strings)).toBeGreaterThan(180);
		await expectNothingElse();
	});

	it('takes every password of printable ASCII, one character to 256', async () => {
		const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');
		await server.admin.createUser({ name: 'ascii', password: new Secret(ascii) });
		for (const value of [ascii, 'a', ' ', 'a'.repeat(256), `${ascii}${ascii}`]) {
			const password = new Secret(value);
			expect(
				await refusal(server.admin.setPassword({ name: 'ascii', password, endsSessions: false })),
			).toBeNull();
			expect(await server.admin.canLogin({ user: 'ascii', password, database: null })).toBe(true);
		}
		const long = server.admin.setPassword({
			name: 'ascii',
			password: new Secret('a'.repeat(257)),
			endsSessions: false,
		});
		expect(await refusal(long)).toBe('PASSWORD_UNUSABLE');
		await server.admin.removeUser('ascii');
	});

	it('leaves no password or verifier in the log, failures included', async () => {
		await query('postgres', `ALTER SYSTEM SET log_statement = 'all'`);
		await query('postgres', `ALTER SYSTEM SET log_min_duration_statement = 0`);
		await query('postgres', 'SELECT pg_reload_conf()');
		expect(await query('postgres', 'SELECT 4711 AS proof')).toEqual([{ proof: 4711 }]);
		await sendPasswords(server.admin);
		const log = await server.logs();
		expect(log).toContain('4711');
		expect(log).not.toContain(marker);
		expect(log).not.toContain('SCRAM-SHA-256$');
		expect(log).not.toContain(server.target.password.reveal());
	});
});
