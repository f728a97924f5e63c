import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testedVersions } from '../../../testing/postgres-server';
import { createTable, PostgresUsers, REFUSED, tableStatements } from '../../../testing/postgres-users';

const everybody = { first: 'owner', second: 'owner', writer: 'write', reader: 'read' } as const;

describe.each(testedVersions)('grants on PostgreSQL %s', (version) => {
	let users: PostgresUsers;

	beforeAll(async () => {
		users = await PostgresUsers.start(version, ['first', 'second', 'writer', 'reader', 'nobody']);
	});
	afterAll(async () => {
		await users?.server.remove();
	});

	it('covers tables made before and after, by any of the users', async () => {
		await users.server.admin.createDatabase({ name: 'shop', owner: 'first' });
		expect(
			await users.as(
				'first',
				'shop',
				createTable('before_first'),
				'CREATE SCHEMA app',
				createTable('app.before_app'),
			),
		).toBe('ok');
		expect(
			await users.as(
				'postgres',
				'shop',
				createTable('before_root'),
				'CREATE SCHEMA ops',
				createTable('ops.before_ops'),
			),
		).toBe('ok');
		await users.grant('shop', everybody);
		expect(
			await users.as(
				'first',
				'shop',
				createTable('after_first'),
				'CREATE SCHEMA late',
				createTable('late.after_late'),
			),
		).toBe('ok');
		expect(await users.as('second', 'shop', createTable('after_second'))).toBe('ok');
		expect(await users.as('postgres', 'shop', createTable('ops.after_ops'))).toBe('ok');
		const groupTables = ['before_first', 'app.before_app', 'after_first', 'late.after_late', 'after_second'];
		for (const name of groupTables) {
			for (const [user, level] of Object.entries(everybody))
				await users.expectLevel(user, level, 'shop', name);
		}
		expect(await users.as('nobody', 'shop', 'SELECT 1')).toBe(REFUSED);
	});

	it("covers the root user's tables, which only root may alter", async () => {
		expect(await users.as('postgres', 'shop', createTable('after_root'))).toBe('ok');
		for (const name of ['before_root', 'after_root', 'ops.before_ops', 'ops.after_ops']) {
			for (const action of ['select', 'insert', 'update', 'delete', 'truncate'] as const) {
				const answers = await Promise.all(
					['first', 'writer', 'reader'].map((user) => users.as(user, 'shop', tableStatements[action](name))),
				);
				expect([name, action, ...answers]).toEqual([
					name,
					action,
					'ok',
					'ok',
					action === 'select' ? 'ok' : REFUSED,
				]);
			}
			expect(await users.as('first', 'shop', tableStatements.alter(name))).toBe(REFUSED);
		}
	});

	it('covers what an owner makes after SET ROLE NONE, and the next grant moves it to the owner group', async () => {
		expect(
			await users.as(
				'first',
				'shop',
				'SET ROLE NONE',
				createTable('stray'),
				'CREATE SCHEMA aside',
				createTable('aside.stray_aside'),
			),
		).toBe('ok');
		expect((await users.owners('shop')).stray).toBe('first');
		for (const name of ['stray', 'aside.stray_aside']) {
			await users.expectLevel('writer', 'write', 'shop', name);
			await users.expectLevel('reader', 'read', 'shop', name);
			expect(
				await users.as('second', 'shop', tableStatements.insert(name), tableStatements.select(name)),
			).toBe('ok');
		}
		await users.grant('shop', { second: 'owner' });
		const after = await users.owners('shop');
		expect(after.stray).toMatch(/^sh0_\d+_owner$/);
		expect(after.stray_aside).toBe(after.stray);
		for (const name of ['stray', 'aside.stray_aside']) {
			for (const [user, level] of Object.entries(everybody))
				await users.expectLevel(user, level, 'shop', name);
		}
	});

	it('reads the levels back from the server, and shows what somebody changed there', async () => {
		expect(await users.grantsOn('shop')).toEqual(everybody);
		const root = await users.connect('postgres', 'postgres');
		await root.query(`DO $$ BEGIN EXECUTE (SELECT format('REVOKE %I FROM reader', rolname) FROM pg_roles
			WHERE rolname ~ '_read$' AND split_part(rolname, '_', 2) = (SELECT oid::text FROM pg_database WHERE datname = 'shop')); END $$`);
		await root.end();
		expect(await users.grantsOn('shop')).toEqual({ first: 'owner', second: 'owner', writer: 'write' });
		await users.grant('shop', { reader: 'read' });
		expect(await users.grantsOn('shop')).toEqual(everybody);
		await users.expectLevel('reader', 'read', 'shop', 'after_first');
	});

	it('makes each level exact when it goes down, and ends the sessions that had more', async () => {
		await users.server.admin.createDatabase({ name: 'down', owner: 'first' });
		await users.grant('down', { second: 'owner' });
		expect(
			await users.as(
				'second',
				'down',
				createTable('mine'),
				'GRANT ALL ON mine TO second',
				'SET ROLE NONE',
				createTable('own'),
				'GRANT CREATE ON SCHEMA public TO second',
			),
		).toBe('ok');
		const session = await users.connect('second', 'down');
		const elsewhere = await users.connect('second', 'shop');
		await users.grant('down', { second: 'write' });
		await expect(session.query('SELECT 1')).rejects.toThrow();
		expect((await elsewhere.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
		await elsewhere.end();
		expect((await users.owners('down')).own).toMatch(/^sh0_\d+_owner$/);
		for (const name of ['mine', 'own']) await users.expectLevel('second', 'write', 'down', name);
		expect(await users.as('second', 'down', 'CREATE TABLE nope (id int)')).toBe(REFUSED);
		await users.grant('down', { second: 'read' });
		await users.expectLevel('second', 'read', 'down', 'mine');
		const reading = await users.connect('second', 'down');
		await users.grant('down', { second: 'none' });
		await expect(reading.query('SELECT 1')).rejects.toThrow();
		expect(await users.as('second', 'down', 'SELECT 1')).toBe(REFUSED);
		expect(await users.grantsOn('down')).toEqual({ first: 'owner' });
		await users.grant('down', { second: 'owner' });
		await users.expectLevel('second', 'owner', 'down', 'own');
	});

	it('keeps a session that gains rights', async () => {
		await users.grant('down', { writer: 'read' });
		const session = await users.connect('writer', 'down');
		await users.grant('down', { writer: 'write' });
		expect((await session.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
		await session.end();
		await users.expectLevel('writer', 'write', 'down', 'mine');
	});

	it("keeps users out of databases they have no level on, the server's own included", async () => {
		await users.server.admin.createDatabase({ name: 'private', owner: null });
		for (const database of ['private', 'postgres', 'template1']) {
			expect([database, await users.as('reader', database, 'SELECT 1')]).toEqual([database, REFUSED]);
		}
	});

	it('gives no level more than its database: no files, programs, roles or other databases', async () => {
		const attempts = [
			`COPY after_first TO PROGRAM 'id'`,
			`SELECT pg_read_file('/etc/passwd')`,
			`CREATE ROLE more`,
			`CREATE DATABASE more`,
			`ALTER ROLE first SUPERUSER`,
			`GRANT pg_read_all_data TO first`,
			`SELECT rolpassword FROM pg_authid`,
			`SET ROLE postgres`,
			`ALTER SYSTEM SET work_mem = '1MB'`,
		];
		for (const attempt of attempts)
			expect([attempt, await users.as('first', 'shop', attempt)]).toEqual([attempt, REFUSED]);
		expect(
			await users.as(
				'writer',
				'shop',
				'CREATE TRIGGER t BEFORE INSERT ON after_first EXECUTE FUNCTION suppress_redundant_updates_trigger()',
			),
		).toBe(REFUSED);
	});
});
