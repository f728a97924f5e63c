import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GrantLevel } from '$lib/shared/services';
import { Secret } from '../../secret';
import { startPostgres, testedVersions, type TestServer } from '../../testing/postgres-server';

const password = new Secret('Long-enough-1');
const refused = '42501';

/** What each level may do with a table; `alter` stands for all DDL. */
const rights = {
	owner: { select: true, insert: true, update: true, delete: true, truncate: true, alter: true },
	write: { select: true, insert: true, update: true, delete: true, truncate: true, alter: false },
	read: { select: true, insert: false, update: false, delete: false, truncate: false, alter: false },
} as const;

const statements: Record<keyof (typeof rights)['owner'], (table: string) => string> = {
	select: (table) => `SELECT id FROM ${table}`,
	insert: (table) => `INSERT INTO ${table} (note) VALUES ('x')`,
	update: (table) => `UPDATE ${table} SET note = 'y'`,
	delete: (table) => `DELETE FROM ${table}`,
	truncate: (table) => `TRUNCATE ${table}`,
	alter: (table) => `ALTER TABLE ${table} ADD COLUMN IF NOT EXISTS more int`,
};

describe.each(testedVersions)('grants on PostgreSQL %s', (version) => {
	let server: TestServer;

	beforeAll(async () => {
		server = await startPostgres({ version });
		for (const name of ['first', 'second', 'writer', 'reader', 'nobody']) {
			await server.admin.createUser({ name, password });
		}
	});
	afterAll(async () => {
		await server?.remove();
	});

	async function connect(user: string, database: string): Promise<pg.Client> {
		const { target } = server;
		const isRoot = user === target.user;
		const client = new pg.Client({
			host: target.host,
			port: target.port,
			user,
			password: (isRoot ? target.password : password).reveal(),
			database,
		});
		client.on('error', () => undefined);
		await client.connect();
		return client;
	}

	function stateOf(error: unknown): string {
		return error instanceof pg.DatabaseError ? (error.code ?? '') : String(error);
	}

	/** Runs statements as this user in a session of its own; answers `ok` or the SQLSTATE that refused it. */
	async function as(user: string, database: string, ...sql: string[]): Promise<string> {
		try {
			const client = await connect(user, database);
			try {
				for (const statement of sql) await client.query(statement);
				return 'ok';
			} finally {
				await client.end();
			}
		} catch (error) {
			return stateOf(error);
		}
	}

	async function grant(database: string, levels: Record<string, GrantLevel>): Promise<void> {
		for (const [user, level] of Object.entries(levels)) {
			await server.admin.setGrants({ user, grants: [{ database, level }] });
		}
	}

	async function grantsOn(database: string): Promise<Record<string, GrantLevel>> {
		const grants = await server.admin.listGrants();
		return Object.fromEntries(
			grants.filter((one) => one.database === database).map((one) => [one.user, one.level]),
		);
	}

	async function owners(database: string): Promise<Record<string, string>> {
		const client = await connect('postgres', database);
		const { rows } = await client.query(
			`SELECT relname, pg_get_userbyid(relowner) AS owner FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
			WHERE relkind = 'r' AND nspname !~ '^pg_' AND nspname <> 'information_schema'`,
		);
		await client.end();
		return Object.fromEntries(rows.map((row) => [row.relname, row.owner]));
	}

	async function expectLevel(user: string, level: keyof typeof rights, database: string, table: string) {
		for (const [action, sql] of Object.entries(statements)) {
			const isAllowed = Object.entries(rights[level]).some(([name, allowed]) => name === action && allowed);
			const answer = await as(user, database, sql(table));
			expect(`${user} ${action} ${table}: ${answer}`).toBe(
				`${user} ${action} ${table}: ${isAllowed ? 'ok' : refused}`,
			);
		}
	}

	const table = (name: string): string => `CREATE TABLE ${name} (id serial PRIMARY KEY, note text)`;
	const everybody = { first: 'owner', second: 'owner', writer: 'write', reader: 'read' } as const;

	it('covers tables made before and after, by any of the users', async () => {
		await server.admin.createDatabase({ name: 'shop', owner: 'first' });
		expect(
			await as('first', 'shop', table('before_first'), 'CREATE SCHEMA app', table('app.before_app')),
		).toBe('ok');
		expect(
			await as('postgres', 'shop', table('before_root'), 'CREATE SCHEMA ops', table('ops.before_ops')),
		).toBe('ok');
		await grant('shop', everybody);
		expect(
			await as('first', 'shop', table('after_first'), 'CREATE SCHEMA late', table('late.after_late')),
		).toBe('ok');
		expect(await as('second', 'shop', table('after_second'))).toBe('ok');
		expect(await as('postgres', 'shop', table('ops.after_ops'))).toBe('ok');
		const groupTables = ['before_first', 'app.before_app', 'after_first', 'late.after_late', 'after_second'];
		for (const name of groupTables) {
			for (const [user, level] of Object.entries(everybody)) await expectLevel(user, level, 'shop', name);
		}
		expect(await as('nobody', 'shop', 'SELECT 1')).toBe(refused);
	});

	it("covers the root user's tables, which only root may alter", async () => {
		expect(await as('postgres', 'shop', table('after_root'))).toBe('ok');
		for (const name of ['before_root', 'after_root', 'ops.before_ops', 'ops.after_ops']) {
			for (const action of ['select', 'insert', 'update', 'delete', 'truncate'] as const) {
				const answers = await Promise.all(
					['first', 'writer', 'reader'].map((user) => as(user, 'shop', statements[action](name))),
				);
				expect([name, action, ...answers]).toEqual([
					name,
					action,
					'ok',
					'ok',
					action === 'select' ? 'ok' : refused,
				]);
			}
			expect(await as('first', 'shop', statements.alter(name))).toBe(refused);
		}
	});

	it('covers what an owner makes after SET ROLE NONE, and the next grant moves it to the owner group', async () => {
		expect(
			await as(
				'first',
				'shop',
				'SET ROLE NONE',
				table('stray'),
				'CREATE SCHEMA aside',
				table('aside.stray_aside'),
			),
		).toBe('ok');
		expect((await owners('shop')).stray).toBe('first');
		for (const name of ['stray', 'aside.stray_aside']) {
			await expectLevel('writer', 'write', 'shop', name);
			await expectLevel('reader', 'read', 'shop', name);
			expect(await as('second', 'shop', statements.insert(name), statements.select(name))).toBe('ok');
		}
		await grant('shop', { second: 'owner' });
		const after = await owners('shop');
		expect(after.stray).toMatch(/^sh0_\d+_owner$/);
		expect(after.stray_aside).toBe(after.stray);
		for (const name of ['stray', 'aside.stray_aside']) {
			for (const [user, level] of Object.entries(everybody)) await expectLevel(user, level, 'shop', name);
		}
	});

	it('reads the levels back from the server, and shows what somebody changed there', async () => {
		expect(await grantsOn('shop')).toEqual(everybody);
		const root = await connect('postgres', 'postgres');
		await root.query(`DO $$ BEGIN EXECUTE (SELECT format('REVOKE %I FROM reader', rolname) FROM pg_roles
			WHERE rolname ~ '_read$' AND split_part(rolname, '_', 2) = (SELECT oid::text FROM pg_database WHERE datname = 'shop')); END $$`);
		await root.end();
		expect(await grantsOn('shop')).toEqual({ first: 'owner', second: 'owner', writer: 'write' });
		await grant('shop', { reader: 'read' });
		expect(await grantsOn('shop')).toEqual(everybody);
		await expectLevel('reader', 'read', 'shop', 'after_first');
	});

	it('makes each level exact when it goes down, and ends the sessions that had more', async () => {
		await server.admin.createDatabase({ name: 'down', owner: 'first' });
		await grant('down', { second: 'owner' });
		expect(
			await as(
				'second',
				'down',
				table('mine'),
				'GRANT ALL ON mine TO second',
				'SET ROLE NONE',
				table('own'),
				'GRANT CREATE ON SCHEMA public TO second',
			),
		).toBe('ok');
		const session = await connect('second', 'down');
		const elsewhere = await connect('second', 'shop');
		await grant('down', { second: 'write' });
		await expect(session.query('SELECT 1')).rejects.toThrow();
		expect((await elsewhere.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
		await elsewhere.end();
		expect((await owners('down')).own).toMatch(/^sh0_\d+_owner$/);
		for (const name of ['mine', 'own']) await expectLevel('second', 'write', 'down', name);
		expect(await as('second', 'down', 'CREATE TABLE nope (id int)')).toBe(refused);
		await grant('down', { second: 'read' });
		await expectLevel('second', 'read', 'down', 'mine');
		const reading = await connect('second', 'down');
		await grant('down', { second: 'none' });
		await expect(reading.query('SELECT 1')).rejects.toThrow();
		expect(await as('second', 'down', 'SELECT 1')).toBe(refused);
		expect(await grantsOn('down')).toEqual({ first: 'owner' });
		await grant('down', { second: 'owner' });
		await expectLevel('second', 'owner', 'down', 'own');
	});

	it('completes what an interrupted change left', async () => {
		await server.admin.createDatabase({ name: 'broken', owner: 'first' });
		await grant('broken', { second: 'owner' });
		expect(await as('second', 'broken', 'SET ROLE NONE', table('own'))).toBe('ok');
		const root = await connect('postgres', 'postgres');
		// As far as the first of its two transactions.
		await root.query(`DO $$ DECLARE db oid := (SELECT oid FROM pg_database WHERE datname = 'broken'); BEGIN
			EXECUTE format('REVOKE sh0_%s_owner FROM second; GRANT sh0_%s_write TO second', db, db); END $$`);
		await root.end();
		expect(await as('second', 'broken', statements.alter('own'))).toBe('ok');
		await grant('broken', { second: 'write' });
		await expectLevel('second', 'write', 'broken', 'own');
	});

	it('takes over a database whose creation was interrupted, and nobody could enter it meanwhile', async () => {
		expect(await as('postgres', 'postgres', 'CREATE DATABASE half CONNECTION LIMIT 0')).toBe('ok');
		expect(await as('first', 'half', 'SELECT 1')).toBe('53300');
		await server.admin.createDatabase({ name: 'half', owner: 'first' });
		expect(await as('first', 'half', table('whole'))).toBe('ok');
		expect(await as('nobody', 'half', 'SELECT 1')).toBe(refused);
		await expect(server.admin.createDatabase({ name: 'half', owner: null })).rejects.toMatchObject({
			code: 'DATABASE_EXISTS',
		});
	});

	it('keeps a session that gains rights', async () => {
		await grant('down', { writer: 'read' });
		const session = await connect('writer', 'down');
		await grant('down', { writer: 'write' });
		expect((await session.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
		await session.end();
		await expectLevel('writer', 'write', 'down', 'mine');
	});

	it("keeps users out of databases they have no level on, the server's own included", async () => {
		await server.admin.createDatabase({ name: 'private', owner: null });
		for (const database of ['private', 'postgres', 'template1']) {
			expect([database, await as('reader', database, 'SELECT 1')]).toEqual([database, refused]);
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
			expect([attempt, await as('first', 'shop', attempt)]).toEqual([attempt, refused]);
		expect(
			await as(
				'writer',
				'shop',
				'CREATE TRIGGER t BEFORE INSERT ON after_first EXECUTE FUNCTION suppress_redundant_updates_trigger()',
			),
		).toBe(refused);
	});

	it("is not misled by what the database's owner set and made", async () => {
		await server.admin.createDatabase({ name: 'trap', owner: 'first' });
		expect(
			await as(
				'first',
				'trap',
				table('bait'),
				'CREATE SCHEMA evil',
				'GRANT USAGE ON SCHEMA evil TO PUBLIC',
				`CREATE FUNCTION evil.format(text, VARIADIC text[]) RETURNS text LANGUAGE sql AS $$ SELECT 'ALTER ROLE first SUPERUSER' $$`,
				`CREATE FUNCTION evil.has_table_privilege(text, oid, text) RETURNS boolean LANGUAGE sql AS 'SELECT true'`,
				'ALTER DATABASE trap SET search_path = evil, public, pg_catalog',
				`ALTER DATABASE trap SET role = 'nobody'`,
				`ALTER DATABASE trap SET statement_timeout = '1ms'`,
				`ALTER DATABASE trap SET lock_timeout = '1ms'`,
				'ALTER DATABASE trap SET default_transaction_read_only = on',
			),
		).toBe('ok');
		// The engine's own connection from before the settings were made is not the one to test.
		await server.admin.createDatabase({ name: 'elsewhere', owner: null });
		await grant('trap', { reader: 'read', writer: 'write' });
		expect(await grantsOn('trap')).toEqual({ first: 'owner', reader: 'read', writer: 'write' });
		expect((await server.admin.listUsers()).filter((user) => user.isSuperuser)).toEqual([]);
		const root = await connect('postgres', 'postgres');
		await root.query('ALTER DATABASE trap RESET ALL');
		await root.end();
		for (const user of ['reader', 'writer'] as const)
			await expectLevel(user, everybody[user], 'trap', 'bait');
	});

	it('leaves members of extensions alone', async () => {
		await server.admin.createDatabase({ name: 'ext', owner: 'first' });
		expect(await as('first', 'ext', 'CREATE EXTENSION hstore')).toBe('ok');
		expect(await as('postgres', 'ext', 'CREATE EXTENSION pg_buffercache WITH SCHEMA public')).toBe('ok');
		await grant('ext', { reader: 'read' });
		expect(await as('reader', 'ext', 'SELECT count(*) FROM pg_buffercache')).toBe(refused);
	});

	it('takes a database made by hand into its care, with the login that owned it', async () => {
		expect(await as('postgres', 'postgres', 'CREATE DATABASE byhand OWNER second')).toBe('ok');
		expect(await as('second', 'byhand', table('old'))).toBe('ok');
		expect(await grantsOn('byhand')).toEqual({ second: 'owner' });
		await grant('byhand', { reader: 'read' });
		expect(await grantsOn('byhand')).toEqual({ second: 'owner', reader: 'read' });
		expect(await as('nobody', 'byhand', 'SELECT 1')).toBe(refused);
		expect(await as('second', 'byhand', table('young'))).toBe('ok');
		await grant('byhand', { writer: 'write' });
		for (const name of ['old', 'young']) {
			await expectLevel('reader', 'read', 'byhand', name);
			await expectLevel('writer', 'write', 'byhand', name);
		}
	});

	it('refuses what it does not manage', async () => {
		const set = (user: string, database: string) =>
			server.admin.setGrants({ user, grants: [{ database, level: 'read' }] });
		await expect(set('reader', 'postgres')).rejects.toMatchObject({ code: 'DATABASE_PROTECTED' });
		await expect(set('reader', 'missing')).rejects.toMatchObject({ code: 'DATABASE_NOT_FOUND' });
		await expect(set('missing', 'shop')).rejects.toMatchObject({ code: 'DATABASE_USER_NOT_FOUND' });
		await expect(set('postgres', 'shop')).rejects.toMatchObject({ code: 'NAME_RESERVED' });
		await expect(server.admin.removeDatabase('postgres')).rejects.toMatchObject({
			code: 'DATABASE_PROTECTED',
		});
		await expect(server.admin.createDatabase({ name: 'x1', owner: 'missing' })).rejects.toMatchObject({
			code: 'DATABASE_USER_NOT_FOUND',
		});
		expect((await server.admin.listDatabases()).some((one) => one.name === 'x1')).toBe(false);
	});

	it('removes a user, its sessions first, and leaves its objects to the owner group', async () => {
		await server.admin.createUser({ name: 'leaver', password });
		await server.admin.createDatabase({ name: 'left', owner: 'leaver' });
		await grant('shop', { leaver: 'write' });
		expect(await as('postgres', 'postgres', 'CREATE DATABASE leaverown OWNER leaver')).toBe('ok');
		expect(await as('leaver', 'left', 'SET ROLE NONE', table('kept'))).toBe('ok');
		expect(await as('leaver', 'leaverown', table('kepttoo'))).toBe('ok');
		const session = await connect('leaver', 'left');
		await server.admin.removeUser('leaver');
		await expect(session.query('SELECT 1')).rejects.toThrow();
		expect((await owners('left')).kept).toMatch(/^sh0_\d+_owner$/);
		expect((await owners('leaverown')).kepttoo).toMatch(/^sh0_\d+_owner$/);
		expect(await as('leaver', 'left', 'SELECT 1')).toBe('28P01');
		expect((await server.admin.listUsers()).map((user) => user.name)).not.toContain('leaver');
		expect((await server.admin.listDatabases()).map((one) => one.name)).toEqual(
			expect.arrayContaining(['left', 'leaverown']),
		);
		await expect(server.admin.removeUser('leaver')).rejects.toMatchObject({
			code: 'DATABASE_USER_NOT_FOUND',
		});
	});

	it('drops a database with its sessions and groups', async () => {
		const session = await connect('first', 'down');
		await server.admin.removeDatabase('down');
		await expect(session.query('SELECT 1')).rejects.toThrow();
		await expect(server.admin.removeDatabase('down')).rejects.toMatchObject({ code: 'DATABASE_NOT_FOUND' });
		const root = await connect('postgres', 'postgres');
		const { rows } = await root.query(
			`SELECT rolname FROM pg_roles WHERE rolname ~ '^sh0_' AND split_part(rolname, '_', 2)::oid NOT IN (SELECT oid FROM pg_database)`,
		);
		await root.end();
		expect(rows).toEqual([]);
	});

	it('does two changes at once one after the other', async () => {
		await server.admin.createDatabase({ name: 'busy', owner: null });
		await Promise.all(
			(['owner', 'write', 'read', 'write', 'owner'] as const).map((level, index) =>
				server.admin.setGrants({
					user: ['first', 'second', 'writer', 'reader', 'nobody'][index] ?? '',
					grants: [{ database: 'busy', level }],
				}),
			),
		);
		expect(await grantsOn('busy')).toEqual({
			first: 'owner',
			second: 'write',
			writer: 'read',
			reader: 'write',
			nobody: 'owner',
		});
		const twice = await Promise.allSettled(
			[1, 2].map(() => server.admin.createDatabase({ name: 'once', owner: null })),
		);
		expect(twice.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
	});
});
