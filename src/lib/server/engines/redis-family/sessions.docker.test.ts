import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Redis } from 'ioredis';
import { Secret } from '../../secret';
import { runAs, startRedis, testedServers, type RedisServer } from '../../testing/redis-servers';

const password = new Secret('correct horse battery');

describe.each(testedServers)('sessions of %s %s', (_label, version, engine) => {
	let server: RedisServer;
	const clients: Redis[] = [];
	const root = () => ({ user: 'default', password: server.target.password });

	async function logIn(name: string): Promise<Redis> {
		const { host, port } = server.target;
		const client = new Redis({
			...{ host, port, username: 'app', password: password.reveal(), connectionName: name, db: 3 },
			...{ lazyConnect: true, enableReadyCheck: false, retryStrategy: () => null },
		});
		client.on('error', () => undefined);
		clients.push(client);
		await client.connect();
		return client;
	}

	beforeAll(async () => {
		server = await startRedis(engine, version);
		const access = { keyPatterns: ['*'], channelPatterns: ['*'], commands: ['+@all'] };
		await server.admin.createUser({ name: 'app', password, access });
	});
	afterAll(async () => {
		for (const client of clients) client.disconnect();
		await server?.remove();
	});

	const list = () => server.admin.sessions.list();

	it('are told with what they do, those that are busy first, and none of ours', async () => {
		expect(await list()).toEqual([]);
		await (await logIn('idler')).get('a');
		await (await logIn('changer')).multi({ pipeline: false });
		void (await logIn('waiter')).blpop('nothing', 0).catch(() => undefined);
		await (await logIn('listener')).subscribe('news');
		await expect.poll(async () => (await list())[0]?.state).toBe('active');
		const sessions = await list();
		const shown = { user: 'app', database: '3', client: expect.stringMatching(/^[\d.]+:\d+$/) };
		const dates = { connectedAt: expect.any(Date) };
		expect(sessions[0]).toEqual({
			...{ ...shown, ...dates, id: expect.any(String), application: 'waiter', state: 'active' },
			...{ query: 'blpop', runningMs: expect.any(Number), canEnd: true },
		});
		const states = sessions.map(({ application, state, query }) => [application, state, query]);
		expect(states.sort()).toEqual([
			['changer', 'idleInTransaction', 'multi'],
			['idler', 'idle', 'get'],
			['listener', 'other', 'subscribe'],
			['waiter', 'active', 'blpop'],
		]);
		expect((await server.admin.findUser('app'))?.connections).toBe(4);
		expect((await server.admin.statistics()).connections).toBe(4);
	});

	it('are ended one by one', async () => {
		const waiter = (await list()).find(({ application }) => application === 'waiter');
		await server.admin.sessions.end(waiter?.id ?? '');
		await expect
			.poll(async () => (await list()).map(({ application }) => application))
			.not.toContain('waiter');
		expect(await list()).toHaveLength(3);
		for (const id of [waiter?.id ?? '', '', '5', 'x-5', '0-5', `${waiter?.id ?? ''} ID 4`, '-1'])
			await expect(server.admin.sessions.end(id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
		expect(await list()).toHaveLength(3);
	});

	it('of a former life of the server are not taken for those of the present one', async () => {
		const former = await list();
		await server.crash();
		await logIn('one');
		await logIn('two');
		const numbers = (await list()).map(({ id }) => id.split('-')[1]);
		for (const { id } of former)
			await expect(server.admin.sessions.end(id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
		for (const number of numbers)
			await expect(
				server.admin.sessions.end(`${former[0]?.id.split('-')[0] ?? ''}-${number ?? ''}`),
			).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
		expect(await list()).toHaveLength(2);
	});

	it('cannot hide by the name that ours have', async () => {
		await logIn('sh0');
		expect((await list()).map(({ application }) => application)).toContain('sh0');
	});

	it('leave their slow queries, as they were sent and cut, and none of ours', async () => {
		await runAs(server, root(), [
			['CONFIG', 'SET', 'slowlog-log-slower-than', 0],
			['SLOWLOG', 'RESET'],
		]);
		await runAs(server, { user: 'app', password }, [
			['SET', 'it is', 'a "quote"\n\u202e é'],
			['SET', 'long', 'x'.repeat(5_000)],
			['EVAL', 'local n = 0 for i = 1, 2000000 do n = n + i end return n', 0],
		]);
		await server.admin.listUsers();
		const slow = (await server.admin.sessions.slowQueries?.()) ?? [];
		expect(slow[0]).toEqual({
			text: 'EVAL "local n = 0 for i = 1, 2000000 do n = n + i end return n" 0',
			...{ database: null, calls: null, meanMs: null },
			...{ maxMs: expect.any(Number), lastAt: expect.any(Date) },
		});
		expect(slow[0]?.maxMs).toBeGreaterThan(1);
		const texts = slow.map(({ text }) => text);
		expect(texts).toContain(String.raw`SET "it is" "a \"quote\"\n\xe2\x80\xae \xc3\xa9"`);
		expect(texts.every((text) => text.length <= 2_000)).toBe(true);
		expect(texts.some((text) => /^(ACL|CLIENT) LIST/.test(text))).toBe(false);
		expect(slow.length).toBeLessThanOrEqual(20);
	});
});
