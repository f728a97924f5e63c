import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testedVersions } from '../../../testing/postgres-server';
import { newDatabaseMarker } from './groups';
import { createTable, PostgresUsers, REFUSED, tableStatements } from '../../../testing/postgres-users';

const everybody = { first: 'owner', second: 'owner', writer: 'write', reader: 'read' } as const;

describe.each(testedVersions)('edges of grants on PostgreSQL %s', (version) => {
	let users: PostgresUsers;

	beforeAll(async () => {
		users = await PostgresUsers.start(version, ['first', 'second', 'writer', 'reader', 'nobody']);
		await users.server.admin.createDatabase({ name: 'shop', owner: 'first' });
	});
	afterAll(async () => {
		await users?.server.remove();
	});

	it('completes what an interrupted change left', async () => {
		await users.server.admin.createDatabase({ name: 'broken', owner: 'first' });
		await users.grant('broken', { second: 'owner' });
		expect(await users.as('second', 'broken', 'SET ROLE NONE', createTable('own'))).toBe('ok');
		const root = await users.connect('postgres', 'postgres');
		// As far as the first of its two transactions.
		await root.query(`DO $$ DECLARE db oid := (SELECT oid FROM pg_database WHERE datname = 'broken'); BEGIN
			EXECUTE format('REVOKE sh0_%s_owner FROM second; GRANT sh0_%s_write TO second', db, db); END $$`);
		await root.end();
		expect(await users.as('second', 'broken', tableStatements.alter('own'))).toBe('ok');
		await users.grant('broken', { second: 'write' });
		await users.expectLevel('second', 'write', 'broken', 'own');
	});

	it('takes over a database whose creation was interrupted, and nobody could enter it meanwhile', async () => {
		const marker = newDatabaseMarker('half');
		const interrupted = [
			`CREATE ROLE ${marker} NOLOGIN`,
			`CREATE DATABASE half OWNER ${marker} CONNECTION LIMIT 0`,
		];
		expect(await users.as('postgres', 'postgres', ...interrupted)).toBe('ok');
		expect((await users.server.admin.listUsers()).items.map((user) => user.name)).not.toContain(marker);
		expect(
			(await users.server.admin.listDatabases()).items.find((one) => one.name === 'half')?.owner,
		).toBeNull();
		expect(await users.as('first', 'half', 'SELECT 1')).toBe('53300');
		await users.server.admin.createDatabase({ name: 'half', owner: 'first' });
		expect(await users.as('first', 'half', createTable('whole'))).toBe('ok');
		expect(await users.as('nobody', 'half', 'SELECT 1')).toBe(REFUSED);
		await expect(users.server.admin.createDatabase({ name: 'half', owner: null })).rejects.toMatchObject({
			code: 'DATABASE_EXISTS',
		});
	});

	it('never touches a database of the same name that it did not begin, whatever its limit', async () => {
		// As a dump's restore leaves it, and once more with a marker that an attempt left without its database.
		for (const extra of [[], [`CREATE ROLE ${newDatabaseMarker('foreign1')} NOLOGIN`]]) {
			const name = `foreign${extra.length}`;
			const made = await users.as(
				'postgres',
				'postgres',
				...extra,
				`CREATE DATABASE ${name} CONNECTION LIMIT 0`,
			);
			expect(made).toBe('ok');
			expect(await users.as('postgres', name, createTable('precious'))).toBe('ok');
			for (const owner of [null, 'first']) {
				await expect(users.server.admin.createDatabase({ name, owner })).rejects.toMatchObject({
					code: 'DATABASE_EXISTS',
				});
			}
			expect(await users.owners(name)).toMatchObject({ precious: 'postgres' });
			expect(await users.as('first', name, 'SELECT 1')).toBe('53300');
		}
	});

	it('leaves a taken-over database where it is when it cannot be completed either', async () => {
		const marker = newDatabaseMarker('stuck');
		const interrupted = [
			`CREATE ROLE ${marker} NOLOGIN`,
			`CREATE DATABASE stuck OWNER ${marker} CONNECTION LIMIT 0`,
		];
		expect(await users.as('postgres', 'postgres', ...interrupted)).toBe('ok');
		const block = `ALTER DATABASE stuck ALLOW_CONNECTIONS false`;
		expect(await users.as('postgres', 'postgres', block)).toBe('ok');
		await expect(users.server.admin.createDatabase({ name: 'stuck', owner: null })).rejects.toThrow();
		expect((await users.server.admin.listDatabases()).items.map((one) => one.name)).toContain('stuck');
		await users.server.admin.removeDatabase('stuck');
		const root = await users.connect('postgres', 'postgres');
		const { rows } = await root.query(`SELECT FROM pg_roles WHERE rolname = $1`, [marker]);
		await root.end();
		expect(rows).toEqual([]);
	});

	it("is not misled by what the database's owner set and made", async () => {
		await users.server.admin.createDatabase({ name: 'trap', owner: 'first' });
		expect(
			await users.as(
				'first',
				'trap',
				createTable('bait'),
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
		await users.server.admin.createDatabase({ name: 'elsewhere', owner: null });
		await users.grant('trap', { reader: 'read', writer: 'write' });
		expect(await users.grantsOn('trap')).toEqual({ first: 'owner', reader: 'read', writer: 'write' });
		expect((await users.server.admin.listUsers()).items.filter((user) => user.isSuperuser)).toEqual([]);
		const root = await users.connect('postgres', 'postgres');
		await root.query('ALTER DATABASE trap RESET ALL');
		await root.end();
		for (const user of ['reader', 'writer'] as const)
			await users.expectLevel(user, everybody[user], 'trap', 'bait');
	});

	it('takes a level from an owner whatever that owner set on the database', async () => {
		await users.server.admin.createDatabase({ name: 'fortress', owner: 'first' });
		expect(await users.as('first', 'fortress', createTable('kept'))).toBe('ok');
		const root = await users.connect('postgres', 'postgres');
		const { rows } = await root.query<{ name: string; type: string; least: string; choices: string[] }>(
			`SELECT name, vartype AS type, min_val AS least, enumvals AS choices FROM pg_settings
			WHERE context = 'user' AND name <> 'role' AND (vartype IN ('bool', 'integer', 'real', 'enum'))`,
		);
		const texts: Record<string, string> = {
			search_path: 'evil',
			role: 'nobody',
			local_preload_libraries: 'missing',
			default_tablespace: 'missing',
			datestyle: 'German',
			session_replication_role: 'replica',
		};
		const hostile = new Map(Object.entries(texts).map(([name, text]) => [name, [text]]));
		for (const { name, type, least, choices } of rows) {
			if (type === 'bool') hostile.set(name, ['on', 'off']);
			else if (type === 'enum') hostile.set(name, choices);
			else hostile.set(name, [name.endsWith('timeout') ? '1' : least]);
		}
		const timeouts = rows.map(({ name }) => name).filter((name) => name.endsWith('_timeout'));
		expect(timeouts).toEqual(expect.arrayContaining(['statement_timeout', 'idle_session_timeout']));
		// One after the other on one database would cover each other; together they must not stop us either.
		for (const chosen of [0, 1, 2]) {
			await root.query('ALTER DATABASE fortress RESET ALL');
			const owner = await users.connect('first', 'fortress');
			const refused: string[] = [];
			for (const [name, values] of hostile) {
				const value = values[chosen % values.length] ?? '';
				const set = `ALTER DATABASE fortress SET ${name} = '${value}'`;
				await owner.query(set).catch(() => refused.push(name));
			}
			await owner.end();
			for (const name of timeouts) expect(refused).not.toContain(name);
			await users.server.admin.createDatabase({ name: `away${chosen}`, owner: null });
			await users.grant('fortress', { first: 'none' });
			expect(await users.grantsOn('fortress')).toEqual({});
			await users.grant('fortress', { first: 'owner' });
		}
		await users.grant('fortress', { first: 'none' });
		await root.query('ALTER DATABASE fortress RESET ALL');
		expect(await users.as('first', 'fortress', 'SELECT 1')).toBe(REFUSED);
		await root.end();
	});

	it('leaves members of extensions alone', async () => {
		await users.server.admin.createDatabase({ name: 'ext', owner: 'first' });
		expect(await users.as('first', 'ext', 'CREATE EXTENSION hstore')).toBe('ok');
		expect(await users.as('postgres', 'ext', 'CREATE EXTENSION pg_buffercache WITH SCHEMA public')).toBe(
			'ok',
		);
		await users.grant('ext', { reader: 'read' });
		expect(await users.as('reader', 'ext', 'SELECT count(*) FROM pg_buffercache')).toBe(REFUSED);
	});

	it('takes a database made by hand into its care, with the login that owned it', async () => {
		expect(await users.as('postgres', 'postgres', 'CREATE DATABASE byhand OWNER second')).toBe('ok');
		expect(await users.as('second', 'byhand', createTable('old'))).toBe('ok');
		expect(await users.grantsOn('byhand')).toEqual({ second: 'owner' });
		await users.grant('byhand', { reader: 'read' });
		expect(await users.grantsOn('byhand')).toEqual({ second: 'owner', reader: 'read' });
		expect(await users.as('nobody', 'byhand', 'SELECT 1')).toBe(REFUSED);
		expect(await users.as('second', 'byhand', createTable('young'))).toBe('ok');
		await users.grant('byhand', { writer: 'write' });
		for (const name of ['old', 'young']) {
			await users.expectLevel('reader', 'read', 'byhand', name);
			await users.expectLevel('writer', 'write', 'byhand', name);
		}
	});

	it('refuses what it does not manage', async () => {
		const set = (user: string, database: string) =>
			users.server.admin.grants.set({ user, grants: [{ database, level: 'read' }] });
		await expect(set('reader', 'postgres')).rejects.toMatchObject({ code: 'DATABASE_PROTECTED' });
		await expect(set('reader', 'missing')).rejects.toMatchObject({ code: 'DATABASE_NOT_FOUND' });
		await expect(set('missing', 'shop')).rejects.toMatchObject({ code: 'DATABASE_USER_NOT_FOUND' });
		await expect(set('postgres', 'shop')).rejects.toMatchObject({ code: 'NAME_RESERVED' });
		await expect(users.server.admin.removeDatabase('postgres')).rejects.toMatchObject({
			code: 'DATABASE_PROTECTED',
		});
		await expect(users.server.admin.createDatabase({ name: 'x1', owner: 'missing' })).rejects.toMatchObject({
			code: 'DATABASE_USER_NOT_FOUND',
		});
		expect((await users.server.admin.listDatabases()).items.some((one) => one.name === 'x1')).toBe(false);
	});

	it('removes a user, its sessions first, and leaves its objects to the owner group', async () => {
		await users.server.admin.createUser({ name: 'leaver', password: users.password });
		await users.server.admin.createDatabase({ name: 'left', owner: 'leaver' });
		await users.grant('shop', { leaver: 'write' });
		expect(await users.as('postgres', 'postgres', 'CREATE DATABASE leaverown OWNER leaver')).toBe('ok');
		expect(await users.as('leaver', 'left', 'SET ROLE NONE', createTable('kept'))).toBe('ok');
		expect(await users.as('leaver', 'leaverown', createTable('kepttoo'))).toBe('ok');
		const session = await users.connect('leaver', 'left');
		await users.server.admin.removeUser('leaver');
		await expect(session.query('SELECT 1')).rejects.toThrow();
		expect((await users.owners('left')).kept).toMatch(/^sh0_\d+_owner$/);
		expect((await users.owners('leaverown')).kepttoo).toMatch(/^sh0_\d+_owner$/);
		expect(await users.as('leaver', 'left', 'SELECT 1')).toBe('28P01');
		expect((await users.server.admin.listUsers()).items.map((user) => user.name)).not.toContain('leaver');
		const found = await users.server.admin.findUsers(['first', 'leaver', 'second']);
		expect(found.map((user) => user.name).sort()).toEqual(['first', 'second']);
		expect((await users.server.admin.listDatabases()).items.map((one) => one.name)).toEqual(
			expect.arrayContaining(['left', 'leaverown']),
		);
		await expect(users.server.admin.removeUser('leaver')).rejects.toMatchObject({
			code: 'DATABASE_USER_NOT_FOUND',
		});
	});

	it('drops a database with its sessions and groups', async () => {
		await users.server.admin.createDatabase({ name: 'down', owner: 'first' });
		const session = await users.connect('first', 'down');
		await users.server.admin.removeDatabase('down');
		await expect(session.query('SELECT 1')).rejects.toThrow();
		await expect(users.server.admin.removeDatabase('down')).rejects.toMatchObject({
			code: 'DATABASE_NOT_FOUND',
		});
		const root = await users.connect('postgres', 'postgres');
		const { rows } = await root.query(
			`SELECT rolname FROM pg_roles WHERE rolname ~ '^sh0_' AND split_part(rolname, '_', 2)::oid NOT IN (SELECT oid FROM pg_database)`,
		);
		await root.end();
		expect(rows).toEqual([]);
	});

	it('does two changes at once one after the other', async () => {
		await users.server.admin.createDatabase({ name: 'busy', owner: null });
		await Promise.all(
			(['owner', 'write', 'read', 'write', 'owner'] as const).map((level, index) =>
				users.server.admin.grants.set({
					user: ['first', 'second', 'writer', 'reader', 'nobody'][index] ?? '',
					grants: [{ database: 'busy', level }],
				}),
			),
		);
		expect(await users.grantsOn('busy')).toEqual({
			first: 'owner',
			second: 'write',
			writer: 'read',
			reader: 'write',
			nobody: 'owner',
		});
		const twice = await Promise.allSettled(
			[1, 2].map(() => users.server.admin.createDatabase({ name: 'once', owner: null })),
		);
		expect(twice.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
	});
});
