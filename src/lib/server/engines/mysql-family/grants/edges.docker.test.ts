import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTable, MysqlServer, REFUSED, testedServers } from '../../../testing/mysql-server';

describe.each(testedServers)('edges of grants on $engine.label $version', (tested) => {
	let server: MysqlServer;

	beforeAll(async () => {
		server = await MysqlServer.start(tested, ['first', 'second', 'writer', 'reader', 'nobody']);
		await server.admin.createDatabase({ name: 'shop', owner: 'first' });
		expect(await server.as('first', 'shop', createTable('goods'), createTable('orders'))).toBe('ok');
	});
	afterAll(async () => {
		await server?.remove();
	});

	it('makes each level exact when it goes down, and ends the sessions that had more', async () => {
		await server.admin.createDatabase({ name: 'down', owner: 'first' });
		expect(await server.as('first', 'down', createTable('mine'))).toBe('ok');
		await server.grant('down', { second: 'owner' });
		await server.grant('shop', { second: 'read' });
		const elsewhere = await server.connect('second', 'shop');
		for (const level of ['write', 'read'] as const) {
			const session = await server.connect('second', 'down');
			await server.grant('down', { second: level });
			await expect(session.query('SELECT 1')).rejects.toThrow();
			await server.expectLevel('second', level, 'down', 'mine');
		}
		const reading = await server.connect('second', 'down');
		await server.grant('down', { second: 'none' });
		await expect(reading.query('SELECT 1')).rejects.toThrow();
		expect(await server.as('second', 'down', 'SELECT 1')).toBe(REFUSED);
		expect(await elsewhere.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
		elsewhere.end();
		expect(await server.grantsOn('down')).toEqual({ first: 'owner' });
	});

	it('keeps a session that gains rights', async () => {
		await server.grant('down', { writer: 'read' });
		const session = await server.connect('writer', 'down');
		await server.grant('down', { writer: 'write' });
		expect(await session.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
		session.end();
		await server.expectLevel('writer', 'write', 'down', 'mine');
	});

	it('takes rights on single tables, columns and routines with a level', async () => {
		await server.asRoot(
			'CREATE PROCEDURE shop.p() SELECT 1',
			`GRANT SELECT, INSERT (note), UPDATE (note) ON shop.goods TO nobody`,
			`GRANT DELETE ON shop.orders TO nobody WITH GRANT OPTION`,
			`GRANT EXECUTE ON PROCEDURE shop.p TO nobody`,
		);
		expect(await server.as('nobody', 'shop', 'SELECT id FROM goods', 'CALL p()')).toBe('ok');
		await server.grant('shop', { nobody: 'none' });
		expect(await server.as('nobody', 'shop', 'SELECT 1')).toBe(REFUSED);
		expect(await server.as('nobody', null, 'SELECT id FROM shop.goods')).toBe(REFUSED);
		expect(await server.as('nobody', null, 'CALL shop.p()')).toBe(REFUSED);
	});

	it('shows what somebody granted by hand, and never more than that', async () => {
		const made: [rights: string, level: string | undefined][] = [
			['SELECT', 'read'],
			['SELECT, INSERT', 'read'],
			['INSERT', undefined],
			['SELECT, INSERT, UPDATE, DELETE', 'write'],
			['SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER', 'write'],
			['ALL PRIVILEGES', 'owner'],
		];
		for (const [rights, level] of made) {
			await server.asRoot(`GRANT ${rights} ON shop.* TO nobody`);
			expect([rights, (await server.grantsOn('shop')).nobody]).toEqual([rights, level]);
			await server.grant('shop', { nobody: 'read' });
			await server.expectLevel('nobody', 'read', 'shop', 'goods');
			await server.grant('shop', { nobody: 'none' });
		}
	});

	it('shows what a pattern or a right on everything opens', async () => {
		for (const name of ['pa_1', 'pa_2', 'pax1']) await server.admin.createDatabase({ name, owner: null });
		const shown = async () =>
			Object.fromEntries(
				(await server.admin.grants.list({ users: ['nobody'] })).map((one) => [one.database, one.level]),
			);
		await server.asRoot('GRANT SELECT ON `pa_1`.* TO nobody');
		expect(await shown()).toEqual({ pa_1: 'read', pax1: 'read' });
		expect(await server.as('nobody', 'pax1', 'SELECT 1')).toBe('ok');
		await server.grant('pa_1', { nobody: 'write' });
		expect(await shown()).toEqual({ pa_1: 'write' });
		expect(await server.as('nobody', 'pax1', 'SELECT 1')).toBe(REFUSED);
		await server.asRoot(String.raw`GRANT SELECT ON ${'`pa\\_%`'}.* TO nobody`);
		expect(await shown()).toEqual({ pa_1: 'write', pa_2: 'read' });
		expect(await server.grantsOn('pa_2')).toEqual({ nobody: 'read' });
		expect(await server.as('nobody', 'pa_2', 'SELECT 1')).toBe('ok');
		await server.asRoot(
			String.raw`REVOKE SELECT ON ${'`pa\\_%`'}.* FROM nobody`,
			'GRANT SELECT ON *.* TO nobody',
		);
		expect(await shown()).toMatchObject({ pa_1: 'write', pa_2: 'read', pax1: 'read', shop: 'read' });
		await server.asRoot('REVOKE SELECT ON *.* FROM nobody');
		await server.grant('pa_1', { nobody: 'none' });
		expect(await shown()).toEqual({});
		for (const name of ['pa_1', 'pa_2', 'pax1']) await server.admin.removeDatabase(name);
	});

	it('leaves one that may do everything alone, and says so', async () => {
		await server.asRoot(`CREATE USER boss`, `GRANT ALL PRIVILEGES ON *.* TO boss WITH GRANT OPTION`);
		expect(await server.admin.findUser('boss')).toMatchObject({ isSuperuser: true });
		expect(await server.admin.grants.list({ users: ['boss'] })).toEqual([]);
		await expect(server.grant('shop', { boss: 'read' })).rejects.toMatchObject({
			code: 'DATABASE_USER_PROTECTED',
		});
		await expect(server.admin.removeUser('boss')).rejects.toMatchObject({ code: 'DATABASE_USER_PROTECTED' });
		await server.asRoot('DROP USER boss');
	});

	it('gives no level more than its database', async () => {
		await server.grant('shop', { writer: 'write', reader: 'read' });
		const attempts = [
			`SELECT * FROM mysql.user`,
			`CREATE DATABASE more`,
			`CREATE USER more`,
			`GRANT ALL PRIVILEGES ON *.* TO first`,
			`GRANT SELECT ON shop.* TO nobody`,
			`SELECT * FROM down.mine`,
			`SELECT id FROM goods INTO OUTFILE '/tmp/x'`,
			`SET GLOBAL max_connections = 10`,
			`SHOW GRANTS FOR root`,
		];
		await server.grant('down', { first: 'none' });
		for (const attempt of attempts)
			expect([attempt, await server.as('first', 'shop', attempt)]).not.toEqual([attempt, 'ok']);
		expect(await server.as('first', 'shop', 'SELECT 1', 'DROP DATABASE mysql')).toBe(REFUSED);
		expect(
			await server.as('writer', 'shop', 'CREATE TRIGGER t BEFORE INSERT ON goods FOR EACH ROW SET @x = 1'),
		).toBe(REFUSED);
		expect(await server.as('first', 'shop', 'CREATE FUNCTION f() RETURNS int DETERMINISTIC RETURN 1')).toBe(
			'ok',
		);
	});

	it('leaves no right to the next database of a name', async () => {
		await server.admin.createDatabase({ name: 'once', owner: 'first' });
		await server.grant('once', { reader: 'read' });
		await server.admin.removeDatabase('once');
		await server.asRoot('CREATE DATABASE once');
		expect(await server.grantsOn('once')).toEqual({});
		for (const user of ['first', 'reader']) expect(await server.as(user, 'once', 'SELECT 1')).toBe(REFUSED);
		// Dropped by its owner, whose sessions and rights nobody looked after.
		await server.grant('once', { first: 'owner', reader: 'write' });
		expect(await server.as('first', 'once', 'DROP DATABASE once')).toBe('ok');
		await server.admin.createDatabase({ name: 'once', owner: 'second' });
		expect(await server.grantsOn('once')).toEqual({ second: 'owner' });
		for (const user of ['first', 'reader']) expect(await server.as(user, 'once', 'SELECT 1')).toBe(REFUSED);
	});

	it('drops a database that open transactions hold, in a moment', async () => {
		await server.admin.createDatabase({ name: 'held', owner: 'first' });
		await server.grant('held', { second: 'write' });
		expect(await server.as('first', 'held', createTable('t'))).toBe('ok');
		const inside = await server.connect('first', 'held');
		await inside.query('START TRANSACTION');
		await inside.query(`INSERT INTO t (note) VALUES ('x')`);
		const outside = await server.connect('second', 'shop');
		await outside.query('START TRANSACTION');
		await outside.query(`INSERT INTO held.t (note) VALUES ('x')`);
		const bystander = await server.connect('reader', 'shop');
		const startedAt = Date.now();
		await server.admin.removeDatabase('held');
		expect(Date.now() - startedAt).toBeLessThan(5_000);
		await expect(inside.query('SELECT 1')).rejects.toThrow();
		expect(await bystander.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
		bystander.end();
		await expect(server.admin.removeDatabase('held')).rejects.toMatchObject({ code: 'DATABASE_NOT_FOUND' });
	});

	it('gives the rights back when a database cannot be dropped', async () => {
		await server.admin.createDatabase({ name: 'stuck', owner: 'first' });
		await server.grant('stuck', { reader: 'read' });
		expect(await server.as('first', 'stuck', createTable('t'))).toBe('ok');
		const root = await server.connect('root', 'mysql');
		await root.query('LOCK TABLES stuck.t WRITE');
		const dropped = await server.admin.removeDatabase('stuck').then(
			() => true,
			() => false,
		);
		// MySQL tells who holds the lock, so that session went; MariaDB does not.
		if (!dropped) expect(await server.grantsOn('stuck')).toEqual({ first: 'owner', reader: 'read' });
		else await expect(root.query('SELECT 1')).rejects.toThrow();
		root.end();
		if (!dropped) await server.admin.removeDatabase('stuck');
	});

	it('refuses what it does not manage', async () => {
		const set = (user: string, database: string) =>
			server.admin.grants.set({ user, grants: [{ database, level: 'read' }] });
		await expect(set('reader', 'mysql')).rejects.toMatchObject({ code: 'DATABASE_PROTECTED' });
		await expect(set('reader', 'missing')).rejects.toMatchObject({ code: 'DATABASE_NOT_FOUND' });
		await expect(set('reader', 'SHOP')).rejects.toMatchObject({ code: 'DATABASE_NOT_FOUND' });
		await expect(set('missing', 'shop')).rejects.toMatchObject({ code: 'DATABASE_USER_NOT_FOUND' });
		await expect(set('Reader', 'shop')).rejects.toMatchObject({ code: 'DATABASE_USER_NOT_FOUND' });
		await expect(set('root', 'shop')).rejects.toMatchObject({ code: 'NAME_RESERVED' });
		await expect(server.admin.removeDatabase('information_schema')).rejects.toMatchObject({
			code: 'DATABASE_PROTECTED',
		});
		await expect(server.admin.createDatabase({ name: 'shop', owner: null })).rejects.toMatchObject({
			code: 'DATABASE_EXISTS',
		});
		await expect(server.admin.createDatabase({ name: 'x1', owner: 'missing' })).rejects.toMatchObject({
			code: 'DATABASE_USER_NOT_FOUND',
		});
		expect((await server.admin.listDatabases({ search: 'x1' })).total).toBe(0);
	});

	it('removes a user with its sessions, and keeps one whose views and triggers others use', async () => {
		await server.admin.createUser({ name: 'leaver', password: server.password });
		await server.grant('shop', { leaver: 'owner' });
		expect(await server.as('leaver', 'shop', 'CREATE VIEW seen AS SELECT id FROM goods')).toBe('ok');
		const session = await server.connect('leaver', 'shop');
		await expect(server.admin.removeUser('leaver')).rejects.toMatchObject({
			code: 'DATABASE_USER_DEFINES_OBJECTS',
		});
		expect(await session.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
		expect(await server.as('first', 'shop', 'DROP VIEW seen')).toBe('ok');
		await server.admin.removeUser('leaver');
		await expect(session.query('SELECT 1')).rejects.toThrow();
		await expect(server.admin.removeUser('leaver')).rejects.toMatchObject({
			code: 'DATABASE_USER_NOT_FOUND',
		});
		expect(await server.asRoot(`SELECT * FROM mysql.db WHERE User = 'leaver'`)).toEqual([]);
	});

	it('does two changes at once one after the other', async () => {
		await server.admin.createDatabase({ name: 'busy', owner: null });
		const levels = {
			first: 'owner',
			second: 'write',
			writer: 'read',
			reader: 'write',
			nobody: 'owner',
		} as const;
		await Promise.all(
			Object.entries(levels).map(([user, level]) =>
				server.admin.grants.set({ user, grants: [{ database: 'busy', level }] }),
			),
		);
		expect(await server.grantsOn('busy')).toEqual(levels);
		const twice = await Promise.allSettled(
			[1, 2].map(() => server.admin.createDatabase({ name: 'twice', owner: null })),
		);
		expect(twice.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
	});

	it('binds a user to addresses', async () => {
		const { admin, password } = server;
		await admin.createDatabase({ name: 'bound', owner: null });
		for (const name of ['app', 'app@10.250.0.%', 'app@10.250.0.0/255.255.0.0', 'far@10.250.0.1']) {
			await admin.createUser({ name, password });
			expect(await admin.findUser(name)).toMatchObject({ name, canLogin: true });
		}
		const found = await admin.findUsers(['far@10.250.0.1', 'noone', 'app', 'app@10.250.0.0/255.255.0.0']);
		expect(found.map(({ name }) => name).sort()).toEqual([
			'app',
			'app@10.250.0.0/255.255.0.0',
			'far@10.250.0.1',
		]);
		expect(await admin.findUsers([])).toEqual([]);
		await expect(admin.createUser({ name: 'app@10.250.0.%', password })).rejects.toMatchObject({
			code: 'DATABASE_USER_EXISTS',
		});
		expect((await admin.listUsers({ search: '10.250' })).items.map(({ name }) => name)).toEqual([
			'app@10.250.0.%',
			'app@10.250.0.0/255.255.0.0',
			'far@10.250.0.1',
		]);
		await admin.grants.set({ user: 'far@10.250.0.1', grants: [{ database: 'bound', level: 'read' }] });
		await admin.grants.set({ user: 'app@10.250.0.%', grants: [{ database: 'bound', level: 'write' }] });
		expect(await server.grantsOn('bound')).toEqual({ 'far@10.250.0.1': 'read', 'app@10.250.0.%': 'write' });
		// What the name alone may do, every account of that name may do.
		await admin.grants.set({ user: 'app', grants: [{ database: 'bound', level: 'read' }] });
		expect((await server.grantsOn('bound'))['app@10.250.0.0/255.255.0.0']).toBe('read');
		expect(await server.as('far', null, 'SELECT 1')).toBe('1045');
		for (const [user, database, isRight] of [
			['far@10.250.0.1', null, true],
			['far@10.250.0.1', 'bound', true],
			['far@10.250.0.1', 'shop', false],
			['far', null, false],
			['app', 'bound', true],
			['app', 'shop', false],
		] as const) {
			expect([user, database, await admin.canLogin({ user, password, database })]).toEqual([
				user,
				database,
				isRight,
			]);
		}
		await admin.removeUser('app@10.250.0.%');
		expect(await admin.findUser('app')).not.toBeNull();
	});
});
