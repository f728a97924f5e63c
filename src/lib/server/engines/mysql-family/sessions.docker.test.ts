import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../secret';
import { createTable, MysqlServer, testedServers } from '../../testing/mysql-server';

/** What InnoDB tells of transactions it keeps until it was not asked for 100 ms. */
const poll = { timeout: 10_000, interval: 250 };

describe.each(testedServers)('sessions and settings on $engine.label $version', (tested) => {
	const { configurable, databaseAdmin } = tested.engine;
	let server: MysqlServer;

	beforeAll(async () => {
		server = await MysqlServer.start(tested, ['app', 'App']);
		await server.admin.createDatabase({ name: 'shop', owner: 'app' });
		expect(
			await server.as('app', 'shop', createTable('goods'), `INSERT INTO goods (note) VALUES ('x')`),
		).toBe('ok');
	});
	afterAll(async () => {
		await server?.remove();
	});

	it('lists what others do, longest-running first, and ends exactly the one that is meant', async () => {
		const { sessions } = server.admin;
		await expect.poll(() => sessions.list(), poll).toEqual([]);
		const idle = await server.connect('app', 'shop');
		const waiting = await server.connect('app', 'shop');
		await waiting.query('START TRANSACTION');
		await waiting.query(`UPDATE goods SET note = 'y'`);
		const busy = await server.connect('app', 'shop');
		const sleeping = busy.query('SELECT SLEEP(60)').catch((error: unknown) => error);
		await expect
			.poll(async () => (await sessions.list()).map(({ state }) => state), poll)
			.toEqual(['active', 'idleInTransaction', 'idle']);
		const [first, second] = await sessions.list();
		expect(first).toMatchObject({
			user: 'app',
			database: 'shop',
			query: 'SELECT SLEEP(60)',
			state: 'active',
		});
		expect(first?.client).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
		await expect
			.poll(async () => (await sessions.list())[0]?.runningMs ?? 0, { timeout: 30_000 })
			.toBeGreaterThan(500);
		expect(second?.runningMs).toBeNull();
		const [id = '', check = ''] = (first?.id ?? '').split('-');
		for (const wrong of [
			'',
			'1',
			id,
			`${id}-`,
			`${id}-${'0'.repeat(16)}`,
			`${Number(id) + 9_999}-${check}`,
			`${id}-${check}; SELECT 1`,
		]) {
			await expect(sessions.end(wrong)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
		}
		await sessions.end(first?.id ?? '');
		expect(await sleeping).toBeInstanceOf(Error);
		await expect(sessions.end(first?.id ?? '')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
		expect((await sessions.list()).map(({ state }) => state)).toEqual(['idleInTransaction', 'idle']);
		await sessions.end(second?.id ?? '');
		expect(await server.asRoot('SELECT note FROM shop.goods')).toEqual([{ note: 'x' }]);
		expect(await idle.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
		idle.end();
	});

	it('ends sessions with a password, but not those of another user of a like name', async () => {
		const session = await server.connect('app', 'shop');
		const other = await server.connect('App');
		await server.admin.setPassword({ name: 'app', password: server.password, endsSessions: false });
		expect(await session.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
		await server.admin.setPassword({ name: 'app', password: server.password, endsSessions: true });
		await expect(session.query('SELECT 1')).rejects.toThrow();
		expect(await other.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
		expect((await server.admin.findUser('App'))?.connections).toBe(1);
		other.end();
		const wrong = new Secret('not the password');
		const right = server.password;
		for (const [user, password, database, isRight] of [
			['app', right, null, true],
			['app', right, 'shop', true],
			['app', wrong, null, false],
			['App', right, 'shop', false],
			['app', right, 'missing', false],
			['missing', right, null, false],
			['app', new Secret(''), null, false],
			['app', new Secret('x'.repeat(5_000)), null, false],
		] as const) {
			expect([user, database, await server.admin.canLogin({ user, password, database })]).toEqual([
				user,
				database,
				isRight,
			]);
		}
	});

	it('shows no password of a statement that runs', async () => {
		const running = await server.connect('app', 'shop');
		const text = `SELECT SLEEP(60) /* IDENTIFIED BY 's3cret-one' */`;
		const asleep = running.query(text).catch((error: unknown) => error);
		const shown = async (): Promise<(string | null)[]> =>
			(await server.admin.sessions.list()).map(({ query }) => query).filter((query) => query !== null);
		await expect.poll(shown).toEqual(['SELECT SLEEP(60) /* IDENTIFIED …']);
		const [session] = await server.admin.sessions.list();
		await server.admin.sessions.end(session?.id ?? '');
		expect(await asleep).toBeInstanceOf(Error);
	});

	it('keeps slow statements exactly when its matrix says so', async () => {
		const { slowQueries } = server.admin.sessions;
		const reason = databaseAdmin?.capabilities(tested.version).slowQueries;
		expect(slowQueries === null).toBe(reason !== null);
		if (!slowQueries) return;
		expect(await server.as('app', 'shop', 'SELECT SLEEP(0.3), 4711')).toBe('ok');
		// Others slept before, how long depends on the machine.
		const slowest = (await slowQueries()).find(({ text }) => /SLEEP.*,/.test(text));
		expect(slowest).toMatchObject({ database: 'shop', calls: 1 });
		expect(slowest?.text).toContain('SLEEP');
		expect(slowest?.text).not.toContain('4711');
		expect(slowest?.maxMs).toBeGreaterThan(250);
		expect(slowest?.maxMs).toBeLessThan(60_000);
		expect(Math.abs(Date.now() - (slowest?.lastAt?.getTime() ?? 0))).toBeLessThan(60_000);
	});

	it('shows no connection of ours, however many the pool opens at once', async () => {
		const admin = await databaseAdmin?.connect(server.server.target);
		if (!admin?.sessions) throw new Error('it has sessions');
		const { sessions } = admin;
		const all = Array.from({ length: 6 }, async () => {
			await admin.statistics({ isMeasured: false });
			return sessions.list();
		});
		const seen = (await Promise.all([sessions.list(), ...all])).flat();
		// Those of the server's other pool, which stay as they are meanwhile.
		const others = (await sessions.list()).map(({ id }) => id);
		expect(seen.filter(({ id }) => !others.includes(id))).toEqual([]);
		await admin.close();
	});

	it('offers character sets, the default first, and takes what was chosen', async () => {
		const { admin } = server;
		const charsets = await admin.listCharsets();
		expect(charsets[0]?.encoding).toBe('utf8mb4');
		const collation = charsets[0]?.collations[0];
		expect(charsets.map(({ encoding }) => encoding)).toContain('latin1');
		await admin.createDatabase({ name: 'c_default', owner: null });
		await admin.createDatabase({ name: 'c_latin', owner: null, encoding: 'latin1' });
		await admin.createDatabase({ name: 'c_bin', owner: null, collation: 'utf8mb4_bin' });
		const { items } = await admin.listDatabases({ search: 'c_' });
		expect(items.map((one) => [one.name, one.encoding, one.collation])).toEqual([
			['c_bin', 'utf8mb4', 'utf8mb4_bin'],
			['c_default', 'utf8mb4', collation],
			['c_latin', 'latin1', 'latin1_swedish_ci'],
		]);
		for (const [encoding, wanted] of [
			['nothing', null],
			['utf8mb4', 'latin1_bin'],
			[null, 'x` COLLATE y'],
		] as const) {
			await expect(
				admin.createDatabase({ name: 'c_wrong', owner: null, encoding, collation: wanted }),
			).rejects.toMatchObject({
				code: 'CHARSET_UNKNOWN',
			});
		}
		for (const encoding of charsets.map((one) => one.encoding)) {
			await admin.createDatabase({ name: `all_${encoding}`, owner: null, encoding });
			await admin.removeDatabase(`all_${encoding}`);
		}
		const unicode = charsets[0]?.collations ?? [];
		for (const wanted of unicode.filter((_, index) => index % 10 === 0)) {
			await admin.createDatabase({ name: 'each', owner: null, encoding: 'utf8mb4', collation: wanted });
			expect((await admin.listDatabases({ search: 'each' })).items[0]?.collation).toBe(wanted);
			await admin.removeDatabase('each');
		}
	});

	it(
		'starts with the profile of its memory, and sets and keeps what is asked for',
		{ timeout: 300_000 },
		async () => {
			if (!configurable) throw new Error('it has settings');
			const { target } = server.server;
			const profile = configurable.profile({ version: tested.version, memoryBytes: 1024 ** 3 });
			const before = await configurable.read(target);
			expect(Object.keys(before)).toEqual(configurable.settings(tested.version).map(({ key }) => key));
			expect(before.max_connections).toBe(profile.max_connections);
			expect(
				Math.abs(Number(before.innodb_buffer_pool_size) - Number(profile.innodb_buffer_pool_size)),
			).toBeLessThan(8 * 1024 ** 2);
			expect([before.log_bin, before.performance_schema]).toEqual([false, profile.performance_schema]);
			const modes = configurable.settings(tested.version).find(({ key }) => key === 'sql_mode');
			const values = {
				max_connections: 77,
				innodb_buffer_pool_size: 192 * 1024 ** 2,
				wait_timeout: 600,
				slow_query_log: true,
				long_query_time: 0.25,
				innodb_flush_log_at_trx_commit: '2',
				max_allowed_packet: 32 * 1024 ** 2,
				sql_mode: modes?.type === 'choice' ? (modes.choices[1] ?? '') : '',
			};
			await configurable.apply(target, values);
			// Older servers shrink the pool behind the caller's back.
			const poolOff = async (): Promise<number> =>
				Math.abs(
					Number((await configurable.read(target)).innodb_buffer_pool_size) - values.innodb_buffer_pool_size,
				);
			await expect.poll(poolOff, { timeout: 30_000 }).toBeLessThan(8 * 1024 ** 2);
			const read = await configurable.read(target);
			expect(read).toMatchObject({ ...values, innodb_buffer_pool_size: expect.any(Number) });
			await server.server.restart();
			const restarted = await configurable.read(target);
			if (tested.engine.id === 'mysql') expect(restarted).toEqual(read);
			else await configurable.apply(target, values);
			await expect.poll(() => configurable.read(target), { timeout: 30_000 }).toEqual(read);
			await configurable.apply(target, {
				wait_timeout: null,
				sql_mode: null,
				long_query_time: null,
				slow_query_log: null,
			});
			expect(await configurable.read(target)).toMatchObject({
				...read,
				wait_timeout: 28_800,
				long_query_time: 10,
				slow_query_log: false,
				sql_mode: before.sql_mode,
			});
			expect((await server.admin.statistics()).maxConnections).toBe(77);
		},
	);

	it('sets all or nothing, and nothing that is not on its list', async () => {
		if (!configurable) throw new Error('it has settings');
		const { target } = server.server;
		const before = await configurable.read(target);
		for (const [key, value] of [
			['max_connections', 5],
			['max_connections', 1e9],
			['wait_timeout', '1; DROP DATABASE shop'],
			['sql_mode', 'ANSI_QUOTES'],
			['log_bin', true],
			['general_log', true],
			['wait_timeout = 1, GLOBAL general_log', 1],
		] as const) {
			await expect(configurable.apply(target, { long_query_time: 3, [key]: value })).rejects.toMatchObject({
				code: 'SETTING_REFUSED',
				details: { key },
			});
		}
		expect(await configurable.read(target)).toEqual(before);
	});
});
