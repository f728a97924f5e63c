import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { MysqlServer, testedServers } from '../../../testing/mysql-server';

describe.each(testedServers)('a look at the data of $engine.label $version', (tested) => {
	let server: MysqlServer;

	beforeAll(async () => {
		server = await MysqlServer.start(tested, ['app']);
		for (const name of ['shop', 'secret']) await server.admin.createDatabase({ name, owner: 'app' });
		expect(
			await server.as(
				'app',
				'shop',
				`CREATE TABLE goods (id bigint AUTO_INCREMENT PRIMARY KEY, name varchar(3000), price decimal(20,4), at datetime, raw varbinary(50), data json, note text)`,
				`INSERT INTO goods (name) VALUES ('a'), ('b'), ('c'), ('d'), ('e'), ('f'), ('g')`,
				`UPDATE goods SET price = 12345678901234.5, at = '2026-01-02 03:04:05', raw = x'00ff', data = '{"a":[1]}', note = '' WHERE id = 1`,
				`UPDATE goods SET id = 9007199254740993, name = REPEAT('é', 1500) WHERE id = 7`,
				'CREATE TABLE pairs (a varchar(10) COLLATE utf8mb4_bin, b int, PRIMARY KEY (b, a))',
				`INSERT INTO pairs VALUES ('x', 1), ('y', 1), ('z', 1), ('x', 2), ('B', 2), ('😀', 2)`,
				'CREATE TABLE heap (n int)',
				'INSERT INTO heap VALUES (1), (2), (3), (4), (5)',
				'CREATE TABLE `we``ird ; name` (`co``l` int PRIMARY KEY)',
				'INSERT INTO `we``ird ; name` VALUES (1), (2), (3)',
				'CREATE VIEW cheap AS SELECT id, name FROM goods',
			),
		).toBe('ok');
		expect(
			await server.as('app', 'secret', 'CREATE TABLE hidden (id int)', 'INSERT INTO hidden VALUES (1)'),
		).toBe('ok');
	});
	afterAll(async () => {
		await server?.remove();
	});

	const limits = { timeoutMs: 5_000, maxRows: 100 };
	const read = (text: string, more: Partial<typeof limits> = {}) =>
		server.admin.browser.query({ database: 'shop', text, isReadOnly: true, ...limits, ...more });
	const write = (text: string, more: Partial<typeof limits> = {}) =>
		server.admin.browser.query({ database: 'shop', text, isReadOnly: false, ...limits, ...more });

	async function allRows(collection: string, limit: number): Promise<(string | null)[][]> {
		const rows: (string | null)[][] = [];
		let cursor: string | null = null;
		do {
			const page: Awaited<ReturnType<typeof server.admin.browser.rows>> = await server.admin.browser.rows({
				database: 'shop',
				collection,
				cursor,
				limit,
			});
			expect(page.rows.length).toBeLessThanOrEqual(limit);
			rows.push(...page.rows);
			cursor = page.nextCursor;
		} while (cursor !== null && rows.length < 100);
		return rows;
	}

	async function helpers(): Promise<unknown> {
		return server.asRoot(`SELECT User FROM mysql.user WHERE User LIKE 'sh0\\_%'`);
	}

	it('lists tables and views by page', async () => {
		const { items, total } = await server.admin.browser.collections({ database: 'shop' });
		expect(items.map(({ id, kind }) => [id, kind])).toEqual([
			['cheap', 'view'],
			['goods', 'table'],
			['heap', 'table'],
			['pairs', 'table'],
			['we`ird ; name', 'table'],
		]);
		expect(total).toBe(5);
		expect(items.find(({ id }) => id === 'goods')?.sizeBytes).toBeGreaterThan(0);
		const page = await server.admin.browser.collections({ database: 'shop', limit: 2, search: 'A' });
		expect([page.items.map(({ id }) => id), page.total, page.nextCursor]).toEqual([
			['cheap', 'heap'],
			4,
			'heap',
		]);
	});

	it('shows values as the server does', async () => {
		const page = await server.admin.browser.rows({
			database: 'shop',
			collection: 'goods',
			cursor: null,
			limit: 1,
		});
		expect(page.columns.map(({ name, type }) => [name, type]).slice(0, 5)).toEqual([
			['id', 'bigint'],
			['name', 'varchar'],
			['price', 'decimal'],
			['at', 'datetime'],
			['raw', 'varbinary'],
		]);
		const [row = []] = page.rows;
		expect(row.slice(0, 5)).toEqual(['1', 'a', '12345678901234.5000', '2026-01-02 03:04:05', '0x00FF']);
		expect(JSON.parse(row[5] ?? '')).toEqual({ a: [1] });
		expect(row[6]).toBe('');
		const long = await read('SELECT name, NULL, price FROM goods WHERE id > 100');
		expect(long.rows).toEqual([[`${'é'.repeat(999)}…`, null, null]]);
	});

	it('pages by primary key, however it is made, and by offset without one', async () => {
		for (const limit of [2, 3, 50]) {
			expect((await allRows('goods', limit)).map(([id]) => id)).toEqual([
				'1',
				'2',
				'3',
				'4',
				'5',
				'6',
				'9007199254740993',
			]);
			const pairs = await allRows('pairs', limit);
			expect(pairs).toEqual([
				...[
					['x', '1'],
					['y', '1'],
					['z', '1'],
				],
				...[
					['B', '2'],
					['x', '2'],
					['😀', '2'],
				],
			]);
			expect((await allRows('heap', limit)).map(([n]) => n).sort()).toEqual(['1', '2', '3', '4', '5']);
			expect(await allRows('we`ird ; name', limit)).toEqual([['1'], ['2'], ['3']]);
			expect(await allRows('cheap', limit)).toHaveLength(7);
		}
	});

	it('refuses what is not there and a cursor that is none', async () => {
		const rows = (database: string, collection: string, cursor: string | null = null) =>
			server.admin.browser.rows({ database, collection, cursor, limit: 5 });
		await expect(rows('missing', 'goods')).rejects.toMatchObject({ code: 'DATABASE_NOT_FOUND' });
		await expect(rows('mysql', 'user')).rejects.toMatchObject({ code: 'DATABASE_PROTECTED' });
		await expect(rows('shop', 'missing')).rejects.toMatchObject({ code: 'COLLECTION_NOT_FOUND' });
		await expect(rows('shop', 'secret`.`hidden')).rejects.toMatchObject({ code: 'COLLECTION_NOT_FOUND' });
		const written = (cursor: object) => Buffer.from(JSON.stringify(cursor)).toString('base64url');
		const hex = (text: string) => Buffer.from(text).toString('hex');
		for (const cursor of [
			...['nonsense', '', written({ after: [] }), written({ offset: 3 })],
			...[written({ after: [hex('1 OR 1=1')] }), written({ after: [hex('1'), hex('2')] })],
		])
			await expect(rows('shop', 'goods', cursor), cursor).rejects.toMatchObject({
				...{ code: 'BAD_INPUT', field: 'cursor' },
			});
		const first = written({ after: [hex('1')] });
		expect((await rows('shop', 'goods', first)).rows.map(([id]) => id)).toEqual(['2', '3', '4', '5', '6']);
		expect(await helpers()).toEqual([]);
	});

	it('reads and changes nothing when it is to read', async () => {
		expect((await read('SELECT COUNT(*) AS n FROM goods')).rows).toEqual([['7']]);
		expect((await read('SHOW TABLES')).rows).toHaveLength(5);
		for (const text of [
			...[`INSERT INTO heap VALUES (9)`, `DELETE FROM heap`, `DROP TABLE heap`, `CREATE TABLE x (i int)`],
			...[`LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE heap`, `SET GLOBAL general_log = 1`],
			...[`SELEC`, `USE secret`],
		]) {
			await expect(read(text), text).rejects.toMatchObject({
				code: 'QUERY_NOT_ALLOWED',
				details: { reason: 'notReading', allowed: expect.stringContaining('SELECT, WITH') },
			});
		}
		for (const text of [
			`SELECT * FROM secret.hidden`,
			`SELECT * FROM mysql.user`,
			`SELECT * FROM goods INTO OUTFILE '/tmp/x'`,
			`SELECT 1; SELECT 2`,
		]) {
			await expect(read(text), text).rejects.toMatchObject({
				code: 'QUERY_REFUSED',
				details: { text: expect.any(String) },
			});
		}
		expect((await read(`SELECT LOAD_FILE('/etc/passwd') AS f`)).rows).toEqual([[null]]);
		expect(await server.asRoot('SELECT COUNT(*) AS n FROM shop.heap')).toEqual([{ n: 5 }]);
		expect(await helpers()).toEqual([]);
	});

	it('cannot be made to write through a view that runs with rights of its author', async () => {
		expect(
			await server.as(
				'app',
				'shop',
				`CREATE FUNCTION sneak() RETURNS int MODIFIES SQL DATA BEGIN INSERT INTO heap VALUES (99); RETURN 1; END`,
				'CREATE VIEW trap AS SELECT sneak() AS s',
			),
		).toBe('ok');
		await expect(read('SELECT * FROM trap')).rejects.toMatchObject({ code: 'QUERY_REFUSED' });
		await expect(
			server.admin.browser.rows({ database: 'shop', collection: 'trap', cursor: null, limit: 5 }),
		).rejects.toMatchObject({
			code: 'QUERY_REFUSED',
		});
		expect(await server.asRoot('SELECT COUNT(*) AS n FROM shop.heap')).toEqual([{ n: 5 }]);
		expect(await server.as('app', 'shop', 'DROP VIEW trap', 'DROP FUNCTION sneak')).toBe('ok');
	});

	it('writes when it is to, in that database alone', async () => {
		expect(await write(`INSERT INTO heap VALUES (6), (7)`)).toMatchObject({
			affected: 2,
			rows: [],
			columns: [],
			isCut: false,
		});
		expect(await write(`DELETE FROM heap WHERE n > 5`)).toMatchObject({ affected: 2 });
		expect(await write('CREATE TABLE made (i int)')).toMatchObject({ rows: [] });
		expect(await write('DROP TABLE made')).toMatchObject({ rows: [] });
		for (const text of [
			`INSERT INTO secret.hidden VALUES (2)`,
			`DROP DATABASE secret`,
			`CREATE USER x`,
			`GRANT SELECT ON shop.* TO app`,
		]) {
			await expect(write(text), text).rejects.toMatchObject({ code: 'QUERY_REFUSED' });
		}
		expect(await server.asRoot('SELECT COUNT(*) AS n FROM secret.hidden')).toEqual([{ n: 1 }]);
		expect(await helpers()).toEqual([]);
	});

	it('leaves what it made working, and nobody can log in as its author', async () => {
		await write('CREATE VIEW made AS SELECT name FROM goods');
		expect(await server.as('app', 'shop', 'SELECT * FROM made')).toBe('ok');
		expect((await read('SELECT COUNT(*) FROM made')).rows).toEqual([['7']]);
		expect(await helpers()).toHaveLength(1);
		expect((await server.admin.listUsers()).items.map(({ name }) => name)).toEqual(['app']);
		expect(await server.grantsOn('shop')).toEqual({ app: 'owner' });
		const [helper] = z.array(z.object({ User: z.string() })).parse(await helpers());
		await server.asRoot('DROP VIEW shop.made', `DROP USER '${helper?.User}'`);
	});

	it('reads no more rows than it was asked for', async () => {
		const cross = Array.from({ length: 6 }, (_, index) => `goods g${index}`).join(', ');
		const before = process.memoryUsage().rss;
		const result = await read(`SELECT g0.name FROM ${cross}`, { maxRows: 10, timeoutMs: 30_000 });
		expect([result.rows.length, result.isCut]).toEqual([10, true]);
		expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 ** 2);
		await expect.poll(() => server.admin.sessions.list()).toEqual([]);
		expect(await helpers()).toEqual([]);
	});

	it('ends what takes too long, on the server too', async () => {
		for (const text of [
			'SELECT SLEEP(30)',
			`SELECT COUNT(*) FROM ${Array.from({ length: 11 }, (_, index) => `goods g${index}`).join(', ')} WHERE RAND() < 2`,
		]) {
			const startedAt = Date.now();
			await expect(read(text, { timeoutMs: 500 }), text).rejects.toMatchObject({ code: 'QUERY_TIMEOUT' });
			expect(Date.now() - startedAt).toBeLessThan(5_000);
		}
		await expect(write('DO SLEEP(30)', { timeoutMs: 500 })).rejects.toMatchObject({ code: 'QUERY_TIMEOUT' });
		const running = await server.asRoot(
			`SELECT ID FROM information_schema.processlist WHERE USER LIKE 'sh0\\_%'`,
		);
		expect(running).toEqual([]);
		expect(await helpers()).toEqual([]);
	});

	it('takes away what a crash left, and nothing younger', async () => {
		const old = (Date.now() - 3_600_000).toString(36);
		const young = Date.now().toString(36);
		await server.asRoot(
			`CREATE USER 'sh0_${old}_aa'`,
			`CREATE USER 'sh0_${young}_bb'`,
			`CREATE USER 'sh0_nonsense'`,
		);
		if (!tested.engine.databaseAdmin) throw new Error('it has databases');
		const admin = await tested.engine.databaseAdmin.connect(server.server.target);
		await admin.browser?.collections({ database: 'shop' });
		await admin.close();
		expect(await helpers()).toEqual([{ User: `sh0_${young}_bb` }]);
		await server.asRoot(`DROP USER 'sh0_${young}_bb'`);
	});
});
