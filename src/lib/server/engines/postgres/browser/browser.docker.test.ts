import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MIB } from '$lib/shared/units';
import { testedVersions } from '../../../testing/postgres-server';
import { BrowsedShop } from '../../../testing/postgres-browser';
import type { PostgresUsers } from '../../../testing/postgres-users';
import type { DataBrowser } from '../../engine';
import { VISITOR_PREFIX } from '../grants/groups';

describe.each(testedVersions)('looking into a PostgreSQL %s database', (version) => {
	let shop: BrowsedShop;
	let users: PostgresUsers;
	let browser: DataBrowser;

	beforeAll(async () => {
		shop = await BrowsedShop.start(version);
		({ users, browser } = shop);
	});
	afterAll(async () => {
		await users?.server.remove();
	});

	it('lists tables and views of all schemas with estimates and sizes, paged and searched', async () => {
		const all = await browser.collections({ database: 'shop' });
		expect(all.items.map(({ id, kind, rows }) => [id, kind, rows])).toEqual([
			['"We""ird"."Ta.ble"', 'table', 6],
			['public.busy', 'view', null],
			['public.loose', 'table', 90],
			['public.orders', 'table', 120],
		]);
		expect(all.total).toBe(4);
		expect(all.items[3]?.sizeBytes).toBeGreaterThan(8_000);
		const first = await browser.collections({ database: 'shop', limit: 3 });
		const second = await browser.collections({ database: 'shop', limit: 3, cursor: first.nextCursor ?? '' });
		expect([...first.items, ...second.items]).toEqual(all.items);
		expect(second.nextCursor).toBeNull();
		const found = await browser.collections({ database: 'shop', search: 'ORD' });
		expect([found.items.map((item) => item.name), found.total]).toEqual([['orders'], 1]);
		const none = await browser.collections({ database: 'shop', search: 'no such table' });
		expect(none).toEqual({ items: [], nextCursor: null, total: 0 });
	});

	it('pages through a table by its key, without one by place, and through a view', async () => {
		const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1));
		expect((await shop.everyRow('public.orders', 50)).map((row) => row[0])).toEqual(numbers(120));
		expect((await shop.everyRow('public.loose', 40)).map((row) => row[0])).toEqual(numbers(90));
		expect((await shop.everyRow('public.busy', 25)).map((row) => row[0])).toEqual(numbers(60));
		expect(await shop.everyRow('"We""ird"."Ta.ble"', 4)).toHaveLength(6);
		const page = await browser.rows({
			database: 'shop',
			collection: 'public.orders',
			cursor: null,
			limit: 1,
		});
		expect(page.columns).toEqual([
			{ name: 'id', type: 'integer' },
			{ name: 'note', type: 'text' },
			{ name: 'at', type: 'timestamp with time zone' },
			{ name: 'data', type: 'jsonb' },
		]);
		expect(page.rows[0]?.slice(0, 2)).toEqual(['1', 'note 1']);
	});

	it('pages through keys that sort by rules of their own, and through very long ones', async () => {
		const made = await users.as(
			'first',
			'shop',
			'CREATE EXTENSION citext',
			'CREATE TABLE words (word citext PRIMARY KEY)',
			`INSERT INTO words SELECT x || n FROM unnest(ARRAY['a', 'B', 'c', 'D']) x, generate_series(1, 5) n`,
			'CREATE TABLE long (id text PRIMARY KEY)',
			`INSERT INTO long SELECT repeat('k', 1500) || n FROM generate_series(1, 9) n`,
		);
		expect(made).toBe('ok');
		const words = (await shop.everyRow('public.words', 3)).map((row) => row[0]);
		expect([words.length, new Set(words).size]).toEqual([20, 20]);
		const { length } = await shop.everyRow('public.long', 2);
		expect(length).toBe(9);
		expect(await users.as('first', 'shop', 'DROP TABLE words, long')).toBe('ok');
	});

	it.each(['public.missing', 'pg_catalog.pg_authid', 'orders; DROP TABLE orders', '', '"'])(
		'does not find the collection %j',
		async (collection) => {
			const rows = browser.rows({ database: 'shop', collection, cursor: null, limit: 5 });
			await expect(rows).rejects.toMatchObject({ code: 'COLLECTION_NOT_FOUND' });
		},
	);

	it('refuses a cursor that is none of ours, or not of this table', async () => {
		const refusal = { code: 'BAD_INPUT', field: 'cursor' };
		for (const cursor of [
			...['', 'x', '[]', '{"key":["1","2"],"skip":0}', '{"key":["one"],"skip":0}'],
			...['{"place":"(0,1) OR true","skip":0}', '{"place":"(0,1)","skip":0}'],
		]) {
			const rows = browser.rows({ database: 'shop', collection: 'public.orders', cursor, limit: 1 });
			await expect(rows, cursor).rejects.toMatchObject(refusal);
		}
		for (const cursor of ['', 'x', '["one"]'])
			await expect(browser.collections({ database: 'shop', cursor }), cursor).rejects.toMatchObject(refusal);
	});

	it('answers columns with their types, nulls, and long texts cut', async () => {
		const answer = await shop.query(`SELECT 1 AS n, NULL AS nothing, repeat('x', 3000) AS long, true AS yes`);
		expect(answer.columns).toEqual([
			{ name: 'n', type: 'integer' },
			{ name: 'nothing', type: 'text' },
			{ name: 'long', type: 'text' },
			{ name: 'yes', type: 'boolean' },
		]);
		expect(answer.rows).toEqual([['1', null, `${'x'.repeat(999)}…`, 't']]);
		expect(answer).toMatchObject({ isCut: false, affected: null });
		const plan = await shop.query('EXPLAIN SELECT * FROM orders');
		expect(plan.rows[0]?.[0]).toContain('orders');
	});

	it('takes no more rows than asked for, of a billion', async () => {
		const billion = 'SELECT * FROM generate_series(1, 100000) a, generate_series(1, 10000) b';
		const answer = await shop.query(billion, { maxRows: 10 });
		expect([answer.rows.length, answer.isCut]).toEqual([10, true]);
		const exact = await shop.query('SELECT * FROM generate_series(1, 10)', { maxRows: 10 });
		expect([exact.rows.length, exact.isCut]).toEqual([10, false]);
	});

	it('fills no disk with what the server has to keep', async () => {
		const kept = shop.query('SELECT * FROM generate_series(1, 1000000000)', { timeoutMs: 30_000 });
		await expect(kept).rejects.toMatchObject({ code: 'QUERY_REFUSED', details: { text: /temp_file_limit/ } });
	});

	it('cuts an answer of too many bytes', async () => {
		const huge = shop.query(`SELECT repeat('x', 60000000)`);
		await expect(huge).rejects.toMatchObject({
			code: 'QUERY_NOT_ALLOWED',
			details: { reason: 'answerTooLarge', maxBytes: 32 * MIB },
		});
	});

	const hostile: [string, string][] = [
		['a program', `COPY (SELECT 1) TO PROGRAM 'id'`],
		['a program, in brackets', `;;/* a /* b */ */ COPY orders TO PROGRAM 'id'`],
		['a file', `SELECT pg_read_file('/etc/passwd')`],
		['a folder', `SELECT pg_ls_dir('/')`],
		['a large object from a file', `SELECT lo_import('/etc/passwd')`],
		['verifiers', 'SELECT rolpassword FROM pg_authid'],
		['the administrator', 'SET ROLE postgres'],
		['the administrator by function', `SELECT set_config('role', 'postgres', false)`],
		['the session user', 'SET SESSION AUTHORIZATION postgres'],
		['a block', `DO $$ BEGIN DELETE FROM orders; END $$`],
		['another database', `SELECT * FROM dblink('dbname=other', 'SELECT 1') AS t (n int)`],
		['an extension', 'CREATE EXTENSION dblink'],
		['two statements', 'SELECT 1; DROP TABLE orders'],
		['a write', `INSERT INTO orders VALUES (500)`],
		['a write within', `WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone`],
		['a write by explaining', 'EXPLAIN ANALYZE DELETE FROM orders'],
		['a table', 'SELECT * INTO copied FROM orders'],
		['a lock', 'SELECT * FROM orders FOR UPDATE'],
		['a function with more rights', 'SELECT deceive()'],
		['the setting', 'SET default_transaction_read_only = off'],
		['the setting by function', `SELECT set_config('transaction_read_only', 'off', false)`],
		['another session', `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'`],
		['the server', 'SELECT pg_reload_conf()'],
		['a call', 'CALL missing()'],
		['a truncate', 'TRUNCATE orders'],
	];
	it.each(hostile)('reaches not %s', async (_what, text) => {
		const isForTheServer = /^(SELECT|WITH|EXPLAIN)/.test(text);
		await expect(shop.query(text)).rejects.toMatchObject(
			isForTheServer
				? { code: 'QUERY_REFUSED' }
				: { code: 'QUERY_NOT_ALLOWED', details: { reason: expect.stringMatching('notReading|wordRefused') } },
		);
		const rows = await shop.everyRow('public.orders', 200);
		expect(rows).toHaveLength(120);
		expect(await shop.visitors()).toEqual([]);
	});

	it.each([
		`COPY orders TO PROGRAM 'id'`,
		`SELECT pg_read_file('/etc/passwd')`,
		'SET ROLE postgres',
		'SET ROLE first',
		'CREATE EXTENSION dblink',
		'CREATE ROLE more',
		'DROP DATABASE other',
		'ALTER ROLE CURRENT_USER SUPERUSER',
		'COPY orders TO STDOUT',
		'COPY orders FROM STDIN',
		`DO $$ BEGIN EXECUTE 'SET ROLE postgres'; END $$`,
		'SELECT 1; SELECT 2',
	])('refuses %s where writing is allowed too', async (text) => {
		await expect(shop.query(text, { isReadOnly: false })).rejects.toMatchObject({
			code: text.startsWith('COPY') ? 'QUERY_NOT_ALLOWED' : 'QUERY_REFUSED',
		});
		expect(await shop.visitors()).toEqual([]);
	});

	it('reaches no other database with dblink installed', async () => {
		expect(await users.as('postgres', 'shop', 'CREATE EXTENSION dblink')).toBe('ok');
		const text = `SELECT * FROM dblink('dbname=other', 'SELECT 1') AS t (n int)`;
		await expect(shop.query(text)).rejects.toMatchObject({ code: 'QUERY_REFUSED' });
		expect(await users.as('postgres', 'shop', 'DROP EXTENSION dblink')).toBe('ok');
	});

	it('writes as an owner when asked to, and what is made belongs to the owners', async () => {
		const isReadOnly = false;
		await shop.query('CREATE TABLE made (id int)', { isReadOnly });
		expect((await shop.query('INSERT INTO made VALUES (1), (2)', { isReadOnly })).affected).toBe(2);
		expect((await shop.query('UPDATE made SET id = 3 RETURNING id', { isReadOnly })).rows).toEqual([
			['3'],
			['3'],
		]);
		const own = `DO $$ BEGIN SET ROLE NONE; CREATE TEMP TABLE t (n int); END $$`;
		await shop.query(own, { isReadOnly });
		expect((await users.owners('shop')).made).toMatch(/^sh0_\d+_owner$/);
		expect(await users.as('first', 'shop', 'DROP TABLE made')).toBe('ok');
		expect(await shop.visitors()).toEqual([]);
	});

	it('leaves to the owners what a login of a moment made as itself', async () => {
		const isReadOnly = false;
		const grant = `DO $$ BEGIN EXECUTE format('GRANT CREATE ON SCHEMA public TO %I', session_user); END $$`;
		expect(await users.as('first', 'shop', 'GRANT CREATE ON SCHEMA public TO PUBLIC')).toBe('ok');
		await shop.query(`DO $$ BEGIN SET ROLE NONE; CREATE TABLE own (n int); END $$`, { isReadOnly });
		await shop.query(grant, { isReadOnly });
		expect(await shop.visitors()).toEqual([]);
		expect((await users.owners('shop')).own).toMatch(/^sh0_\d+_owner$/);
		expect(await users.as('first', 'shop', 'DROP TABLE own')).toBe('ok');
		expect(await users.as('first', 'shop', 'REVOKE CREATE ON SCHEMA public FROM PUBLIC')).toBe('ok');
	});

	it('ends what takes too long, also what will not be ended, and leaves nothing behind', async () => {
		const limits = { timeoutMs: 1_000, isReadOnly: false };
		await expect(shop.query('SELECT pg_sleep(30)', { timeoutMs: 1_000 })).rejects.toMatchObject({
			code: 'QUERY_TIMEOUT',
		});
		const stubborn = `DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(30); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$`;
		await expect(shop.query(stubborn, limits)).rejects.toMatchObject({ code: 'QUERY_TIMEOUT' });
		expect(await shop.visitors()).toEqual([]);
		const root = await users.connect('postgres', 'postgres');
		const { rows } = await root.query(
			`SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()`,
		);
		await root.end();
		expect(rows).toEqual([]);
	});

	it('drops a login that a crash left, once its time is over', async () => {
		const left = `${VISITOR_PREFIX}${'0'.repeat(32)}`;
		const recent = `${VISITOR_PREFIX}${'1'.repeat(32)}`;
		const made = await users.as(
			'postgres',
			'postgres',
			`CREATE ROLE ${left} LOGIN VALID UNTIL '2026-01-01'`,
			`CREATE ROLE ${recent} LOGIN VALID UNTIL '2100-01-01'`,
		);
		expect(made).toBe('ok');
		const listed = await users.server.admin.listUsers();
		expect(listed.items.map((user) => user.name)).toEqual(['first', 'lone', 'reader']);
		await shop.query('SELECT 1');
		expect(await shop.visitors()).toEqual([recent]);
		expect(await users.as('postgres', 'postgres', `DROP ROLE ${recent}`)).toBe('ok');
	});

	it('goes on though a login that was left cannot be dropped', async () => {
		const stuck = `${VISITOR_PREFIX}${'2'.repeat(32)}`;
		const left = `${VISITOR_PREFIX}${'3'.repeat(32)}`;
		const made = await users.as(
			'postgres',
			'other',
			`CREATE ROLE ${stuck} SUPERUSER LOGIN VALID UNTIL '2026-01-01'`,
			'CREATE TABLE kept (n int)',
			`ALTER TABLE kept OWNER TO ${stuck}`,
			`CREATE ROLE ${left} LOGIN VALID UNTIL '2026-01-01'`,
		);
		expect(made).toBe('ok');
		for (let times = 0; times < 2; times += 1) {
			expect((await shop.query('SELECT 1')).rows).toEqual([['1']]);
			expect(await shop.visitors()).toEqual([stuck]);
		}
		expect(await users.as('postgres', 'other', 'DROP TABLE kept', `DROP ROLE ${stuck}`)).toBe('ok');
	});

	it('is not misled by what the owner set on the database', async () => {
		await users.server.admin.createDatabase({ name: 'trap', owner: 'first' });
		const made = await users.as(
			'first',
			'trap',
			'CREATE TABLE bait (id int PRIMARY KEY)',
			'INSERT INTO bait VALUES (1)',
			'ALTER DATABASE trap SET statement_timeout = 1',
			`ALTER DATABASE trap SET role = 'lone'`,
			'ALTER DATABASE trap SET default_transaction_read_only = on',
			`ALTER DATABASE trap SET local_preload_libraries = 'missing'`,
			`ALTER DATABASE trap SET client_encoding = 'LATIN1'`,
		);
		expect(made).toBe('ok');
		const page = await browser.rows({ database: 'trap', collection: 'public.bait', cursor: null, limit: 5 });
		expect(page.rows).toEqual([['1']]);
		const written = await shop.query('INSERT INTO bait VALUES (2)', { database: 'trap', isReadOnly: false });
		expect(written.affected).toBe(1);
		expect((await shop.query(`SELECT 'é', count(*) FROM bait`, { database: 'trap' })).rows).toEqual([
			['é', '2'],
		]);
	});

	it('says why where it cannot look', async () => {
		expect(await users.as('postgres', 'postgres', 'CREATE DATABASE byhand OWNER lone')).toBe('ok');
		await expect(shop.query('SELECT 1', { database: 'byhand' })).rejects.toMatchObject({
			code: 'QUERY_NOT_ALLOWED',
			details: { reason: 'madeByHand' },
		});
		await users.grant('byhand', { reader: 'read' });
		expect((await shop.query('SELECT 1', { database: 'byhand' })).rows).toEqual([['1']]);
		await expect(shop.query('SELECT 1', { database: 'postgres' })).rejects.toMatchObject({
			code: 'DATABASE_PROTECTED',
		});
		await expect(shop.query('SELECT 1', { database: 'none' })).rejects.toMatchObject({
			code: 'DATABASE_NOT_FOUND',
		});
		expect(await shop.visitors()).toEqual([]);
	});

	it('runs many looks at once with few connections, and names none of them', async () => {
		const looks = Array.from({ length: 12 }, () => shop.query('SELECT pg_sleep(0.05)'));
		const grants = await users.server.admin.grants.list();
		expect(grants.filter((grant) => grant.user.startsWith('sh0_'))).toEqual([]);
		expect((await users.server.admin.listDatabases()).items.find(({ name }) => name === 'shop')?.owner).toBe(
			'first',
		);
		expect((await users.server.admin.statistics()).connections).toBe(0);
		expect(await Promise.all(looks)).toHaveLength(12);
		expect(await shop.visitors()).toEqual([]);
	});

	it('keeps what was typed out of the log', async () => {
		const secret = 'canary-4711-secret';
		await expect(shop.query(`SELECT '${secret}' FROM missing`)).rejects.toMatchObject({
			code: 'QUERY_REFUSED',
		});
		await expect(
			shop.query(`ALTER ROLE first PASSWORD '${secret}'`, { isReadOnly: false }),
		).rejects.toMatchObject({ code: 'QUERY_REFUSED' });
		expect(await users.server.logs()).not.toContain(secret);
	});
});
