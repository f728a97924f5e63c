import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GIB } from '$lib/shared/units';
import type { ContainerTweak } from '../../testing/engine-server';
import { hostileRun, isLongRun, marker, refusal, sendPasswords, tryPasswords } from '../../testing/hostile';
import { MysqlServer, testedServers } from '../../testing/mysql-server';

const { strings, limitMs } = hostileRun(60);

/** Databases come and go by the hundred here, and none has to outlive the machine. */
const unsynced: ContainerTweak = (spec) => ({
	...spec,
	command: [...spec.command, '--innodb-flush-method=nosync'],
});

/** Written out once more, not taken from the code under test: what no name may be. */
function isUnusable(name: string): boolean {
	return (
		name === '' ||
		!name.isWellFormed() ||
		name !== name.trim() ||
		/\p{Cc}/u.test(name) ||
		/[\u{10000}-\u{10FFFF}]/u.test(name)
	);
}

function mustBeRefusedAsDatabase(name: string): boolean {
	const escaped = name.replace(/[\\_%]/g, '\\$&');
	const folder = [...name].reduce((sum, one) => sum + (/\w/.test(one) && one < '\x7f' ? 1 : 5), 0);
	return (
		isUnusable(name) ||
		Buffer.byteLength(escaped) > 64 ||
		folder > 250 ||
		/^(mysql|sys|information_schema|performance_schema|lost\+found|#mysql50#.*)$/iu.test(name)
	);
}

function mustBeRefusedAsUser(name: string, maxCharacters: number): boolean {
	return (
		isUnusable(name) ||
		/['"`@]/.test(name) ||
		name.length > maxCharacters ||
		Buffer.byteLength(name) > 64 ||
		/^(root|mysql|healthcheck|public|none|mariadb\.sys|mysql\.(sys|session|infoschema)|sh0_.*)$/iu.test(name)
	);
}

describe.each(testedServers)('hostile strings on $engine.label $version', (tested) => {
	const maxCharacters = tested.engine.id === 'mysql' ? 32 : 64;
	let server: MysqlServer;

	beforeAll(async () => {
		// MySQL keeps numbers of every account that ever logged in: thousands do not fit into what one server usually gets.
		const memoryBytes = isLongRun ? 6 * GIB : GIB;
		server = await MysqlServer.start(tested, ['canary'], { memoryBytes, tweak: unsynced });
		await server.admin.createDatabase({ name: 'canary', owner: 'canary' });
		expect(
			await server.as('canary', 'canary', 'CREATE TABLE bird (id int)', 'INSERT INTO bird VALUES (1)'),
		).toBe('ok');
	});
	afterAll(async () => {
		await server?.remove();
	});

	async function databaseNames(): Promise<string[]> {
		return (await server.admin.listDatabases({ limit: 500 })).items.map((one) => one.name).sort();
	}

	async function userNames(): Promise<string[]> {
		return (await server.admin.listUsers({ limit: 500 })).items.map((one) => one.name).sort();
	}

	async function expectNothingElse(): Promise<void> {
		expect(await databaseNames()).toEqual(['canary']);
		expect(await userNames()).toEqual(['canary']);
		expect(await server.admin.grants.list()).toEqual([
			{ database: 'canary', user: 'canary', level: 'owner' },
		]);
		expect(await server.asRoot('SELECT id FROM canary.bird')).toEqual([{ id: 1 }]);
		expect(
			await server.asRoot(`SELECT Db FROM mysql.db WHERE User NOT LIKE '%.%' AND User <> 'canary'`),
		).toEqual([]);
	}

	it('database names work exactly or are refused with a reason', { timeout: limitMs }, async () => {
		await server.admin.createUser({ name: 'guest', password: server.password });
		let worked = 0;
		for (const name of strings.filter((value) => value !== 'canary')) {
			const code = await refusal(server.admin.createDatabase({ name, owner: 'guest' }), 'DATABASE_PROTECTED');
			expect([name, code !== null]).toEqual([name, mustBeRefusedAsDatabase(name)]);
			if (code !== null) continue;
			worked += 1;
			expect(await databaseNames()).toEqual(['canary', name].sort());
			expect((await server.admin.listDatabases({ search: name })).items.map((one) => one.name)).toContain(
				name,
			);
			expect(await server.admin.grants.list({ users: ['guest'] })).toEqual([
				{ database: name, user: 'guest', level: 'owner' },
			]);
			const session = await server.connect('guest', name);
			expect(await session.query('SELECT DATABASE() AS name')).toEqual([{ name }]);
			await session.query('CREATE TABLE t (i int)');
			session.end();
			expect([name, await server.as('guest', 'canary', 'SELECT 1')]).toEqual([name, 'refused']);
			const { items } = await server.admin.browser.collections({ database: name });
			expect(items.map((one) => one.name)).toEqual(['t']);
			await server.admin.removeDatabase(name);
			expect(await databaseNames()).toEqual(['canary']);
		}
		expect(worked).toBeGreaterThan(strings.length / 5);
		await server.admin.removeUser('guest');
		await expectNothingElse();
	});

	it('user names work exactly or are refused with a reason', { timeout: limitMs }, async () => {
		await server.admin.createDatabase({ name: 'shared', owner: null });
		let worked = 0;
		for (const name of strings.filter((value) => value !== 'canary')) {
			const code = await refusal(server.admin.createUser({ name, password: server.password }));
			expect([name, code !== null]).toEqual([name, mustBeRefusedAsUser(name, maxCharacters)]);
			if (code !== null) continue;
			worked += 1;
			expect(await userNames()).toEqual(['canary', name].sort());
			expect(await server.admin.findUser(name)).toMatchObject({ name, canLogin: true });
			await server.admin.grants.set({ user: name, grants: [{ database: 'shared', level: 'read' }] });
			expect(await server.admin.grants.list({ users: [name] })).toEqual([
				{ database: 'shared', user: name, level: 'read' },
			]);
			const session = await server.connect(name, 'shared');
			expect(await session.query(`SELECT CURRENT_USER() AS name`)).toEqual([{ name: `${name}@%` }]);
			session.end();
			await server.admin.removeUser(name);
		}
		expect(worked).toBeGreaterThan(strings.length / 5);
		await server.admin.removeDatabase('shared');
		await expectNothingElse();
	});

	it('passwords log in exactly or are refused with a reason', { timeout: limitMs }, async () => {
		const passwords = [...strings, 'é'.repeat(64), 'a'.repeat(128)];
		const worked = await tryPasswords(server.admin, passwords, {
			other: (value) => `${value.slice(0, 100)}x`,
			mustBeRefused: (value) =>
				value === '' || !value.isWellFormed() || /\p{Cc}/u.test(value) || Buffer.byteLength(value) > 128,
		});
		expect(worked).toBeGreaterThan(strings.length / 2);
		await expectNothingElse();
	});

	it('leaves no clear password in any log or in performance_schema, failures included', async () => {
		await server.asRoot(
			`SET GLOBAL log_output = 'TABLE'`,
			`SET GLOBAL general_log = ON`,
			`SET GLOBAL slow_query_log = ON`,
			`SET GLOBAL long_query_time = 0`,
		);
		await sendPasswords(server.admin);
		await tested.engine.lifecycle.setRootPassword(server.server.target, server.server.target.password);
		const logged = JSON.stringify(
			await server.asRoot(`SELECT CONVERT(argument USING utf8mb4) AS text FROM mysql.general_log`),
		);
		expect(logged).toContain('CREATE USER');
		const slow = JSON.stringify(
			await server.asRoot(`SELECT CONVERT(sql_text USING utf8mb4) AS text FROM mysql.slow_log`),
		);
		const statements = JSON.stringify(
			await server.asRoot(`SELECT SQL_TEXT, MESSAGE_TEXT FROM performance_schema.events_statements_history`),
		);
		const container = await server.server.logs();
		for (const text of [logged, slow, statements, container]) {
			expect(text).not.toContain(marker);
			expect(text).not.toContain(server.server.target.password.reveal());
		}
		await server.asRoot(
			`SET GLOBAL general_log = OFF`,
			`SET GLOBAL slow_query_log = OFF`,
			`SET GLOBAL long_query_time = 10`,
		);
		await expectNothingElse();
	});
});
