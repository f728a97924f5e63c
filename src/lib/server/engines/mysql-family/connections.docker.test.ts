import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../secret';
import { MysqlServer, testedServers, type Session } from '../../testing/mysql-server';

const password = new Secret('Long-enough-1');

describe.each(testedServers)('connections to $engine.label $version', (tested) => {
	const { lifecycle, databaseAdmin } = tested.engine;
	let server: MysqlServer;

	beforeAll(async () => {
		server = await MysqlServer.start(tested);
	});
	afterAll(async () => {
		await server?.remove();
	});

	function connect(target = server.server.target) {
		if (!databaseAdmin) throw new Error('it has databases');
		return databaseAdmin.connect(target);
	}

	/** Sessions of the administrator, but for the one that asks. */
	async function rootSessions(watcher?: Session): Promise<number> {
		const sql = `SELECT ID AS id FROM information_schema.processlist WHERE USER = 'root' AND ID <> CONNECTION_ID()`;
		const rows = await (watcher ? watcher.query(sql) : server.asRoot(sql));
		return Array.isArray(rows) ? rows.length : Number.NaN;
	}

	it('are three at most, and none is left after close', async () => {
		await server.server.admin.close();
		await expect.poll(() => rootSessions()).toBe(0);
		const admin = await connect();
		let most = 0;
		let isDone = false;
		// One session that watches: those that end take a moment, and would be counted.
		const watcher = await server.connect('root');
		const watching = (async () => {
			while (!isDone) most = Math.max(most, await rootSessions(watcher));
		})();
		await Promise.all([
			...Array.from({ length: 20 }, () => admin.listUsers()),
			...Array.from({ length: 5 }, (_, index) => admin.createDatabase({ name: `many${index}`, owner: null })),
			...Array.from({ length: 20 }, () => admin.statistics()),
		]);
		isDone = true;
		await watching;
		watcher.end();
		expect(most).toBeGreaterThan(0);
		expect(most).toBeLessThanOrEqual(3);
		await admin.close();
		await expect.poll(() => rootSessions()).toBe(0);
		await expect(admin.listUsers()).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
	});

	it('are made anew after the server ended them', async () => {
		const admin = await connect();
		await admin.createDatabase({ name: 'again', owner: null });
		await server.killRoot();
		await expect
			.poll(() =>
				admin.listUsers().then(
					({ items }) => items,
					() => 'not yet',
				),
			)
			.toEqual([]);
		await admin.createUser({ name: 'later', password });
		await admin.grants?.set({ user: 'later', grants: [{ database: 'again', level: 'read' }] });
		await admin.removeUser('later');
		await admin.close();
	});

	it('say whether the server is not there yet or refuses the login', async () => {
		const { target } = server.server;
		await expect(lifecycle.probe(target)).resolves.toBeUndefined();
		await expect(lifecycle.probe({ ...target, port: 1 })).rejects.toMatchObject({ code: 'ENGINE_NOT_READY' });
		const wrong = { ...target, password: new Secret('not the password') };
		await expect(lifecycle.probe(wrong)).rejects.toMatchObject({
			code: 'ENGINE_UNREACHABLE',
			details: { reason: 'login' },
		});
		await expect((await connect(wrong)).listUsers()).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
		await expect(
			(await connect({ ...target, port: 1 })).canLogin({ user: 'x', password, database: null }),
		).rejects.toMatchObject({
			code: 'ENGINE_UNREACHABLE',
		});
		await expect(lifecycle.probe(target, AbortSignal.abort())).rejects.toThrow();
	});

	it('rotate the root password on every address: the old one stops, the new one works', async () => {
		const { target } = server.server;
		await server.asRoot(`CREATE USER 'root'@'10.99.0.1'`);
		const next = new Secret(`Another'"\\root-1`);
		await lifecycle.setRootPassword(target, next);
		await expect(lifecycle.probe(target)).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
		await lifecycle.probe({ ...target, password: next });
		await lifecycle.setRootPassword({ ...target, password: next }, target.password);
		await lifecycle.probe(target);
		const hashes = await server.asRoot(
			`SELECT COUNT(*) AS count FROM mysql.user WHERE User = 'root' AND Host IN ('%', 'localhost', '10.99.0.1') AND LENGTH(authentication_string) < 41`,
		);
		expect(hashes).toEqual([{ count: 0 }]);
	});

	it('ignore what NO_BACKSLASH_ESCAPES and other modes of the server would make of a statement', async () => {
		await server.asRoot(`SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES,PIPES_AS_CONCAT'`);
		const admin = await connect();
		const hostile = `\\' OR 1=1 -- `.trim();
		await admin.createDatabase({ name: 'kept', owner: null });
		expect((await admin.listDatabases({ search: hostile })).items).toEqual([]);
		await admin.createDatabase({ name: hostile, owner: null });
		expect((await admin.listDatabases({ search: hostile })).items.map(({ name }) => name)).toEqual([hostile]);
		await admin.removeDatabase(hostile);
		await server.asRoot(`SET GLOBAL sql_mode = DEFAULT`);
		await admin.close();
	});

	it('count what others use, and measure sizes', async () => {
		const admin = await connect();
		await admin.createUser({ name: 'app', password });
		await admin.createDatabase({ name: 'sized', owner: 'app' });
		const rows = Array.from({ length: 11 }, () => `INSERT INTO big SELECT NULL, t FROM big`);
		expect(
			await server.as(
				'app',
				'sized',
				'CREATE TABLE big (id int AUTO_INCREMENT PRIMARY KEY, t varchar(2000))',
				`INSERT INTO big VALUES (NULL, REPEAT('x', 1900))`,
				...rows,
			),
		).toBe('ok');
		await expect
			.poll(async () => (await admin.listDatabases({ search: 'sized' })).items[0]?.sizeBytes ?? 0, {
				timeout: 20_000,
			})
			.toBeGreaterThan(1_000_000);
		expect((await admin.listDatabases({ search: 'sized' })).items).toMatchObject([
			{ name: 'sized', owner: 'app', objects: 1, encoding: 'utf8mb4', isProtected: false },
		]);
		const session = await server.connect('app', 'sized');
		const statistics = await admin.statistics();
		expect(statistics).toMatchObject({ connections: 1 });
		expect((await admin.findUser('app'))?.connections).toBe(1);
		session.end();
		expect(statistics.version.startsWith(`${tested.version}.`)).toBe(true);
		expect(statistics.sizeBytes).toBeGreaterThan(1_000_000);
		expect(Date.now() - (statistics.startedAt?.getTime() ?? 0)).toBeLessThan(600_000);
		await admin.close();
	});

	it('lists a thousand databases and users in no time', { timeout: 600_000 }, async () => {
		const admin = await connect();
		const numbers = Array.from({ length: 1_000 }, (_, index) => String(index).padStart(4, '0'));
		await server.asRoot(
			...numbers.map((number) => `CREATE DATABASE \`d_${number}\``),
			...numbers.map((number) => `CREATE TABLE \`d_${number}\`.t (i int)`),
			...numbers.map((number) => `CREATE USER 'u_${number}'`),
			...numbers.map((number) => `GRANT SELECT ON \`d\\_${number}\`.* TO 'u_${number}'`),
		);
		const timed = async (work: () => Promise<unknown>): Promise<number> => {
			const times: number[] = [];
			for (let run = 0; run < 5; run += 1) {
				const startedAt = performance.now();
				await work();
				times.push(performance.now() - startedAt);
			}
			return times.sort((a, b) => a - b)[2] ?? Number.NaN;
		};
		const times = {
			databases: await timed(() => admin.listDatabases()),
			search: await timed(() => admin.listDatabases({ search: '_099' })),
			users: await timed(() => admin.listUsers()),
			grants: await timed(
				() => admin.grants?.list({ users: ['u_0500'] }) ?? Promise.reject(new Error('none')),
			),
			statistics: await timed(() => admin.statistics()),
		};
		expect(Object.entries(times).filter(([, ms]) => !(ms < 300))).toEqual([]);
		const first = await admin.listDatabases({ search: 'd_', limit: 300 });
		expect([first.total, first.items.length]).toEqual([1_000, 300]);
		const names: string[] = [];
		for (let cursor: string | undefined; ;) {
			const page = await admin.listUsers({ search: 'U_', limit: 300, cursor });
			names.push(...page.items.map(({ name }) => name));
			if (page.nextCursor === null) break;
			cursor = page.nextCursor;
		}
		expect(names).toEqual(numbers.map((number) => `u_${number}`));
		await admin.close();
	});
});
