import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settingProblem } from '$lib/shared/settings';
import { MIB } from '$lib/shared/units';
import { runAs, startRedis, testedServers, type RedisServer } from '../../testing/redis-servers';
import { redisConfigurable } from './configurable';

describe.each(testedServers)('settings of %s %s', (_label, version, engine) => {
	let server: RedisServer;
	const root = () => ({ user: 'default', password: server.target.password });
	const read = () => redisConfigurable.read(server.target);
	const apply = (values: Parameters<typeof redisConfigurable.apply>[1]) =>
		redisConfigurable.apply(server.target, values);

	beforeAll(async () => {
		server = await startRedis(engine, version);
	});
	afterAll(async () => {
		await server?.remove();
	});

	it("begin with half of the memory for data, a log of changes, and the server's own defaults", async () => {
		expect(await read()).toEqual({
			maxmemory: 32 * MIB,
			'maxmemory-policy': 'noeviction',
			appendonly: true,
			appendfsync: 'everysec',
			save: '3600 1 300 100 60 10000',
			maxclients: 10_000,
			timeout: 0,
			'tcp-keepalive': 300,
			'slowlog-log-slower-than': 10_000,
			'notify-keyspace-events': '',
			databases: 16,
		});
		expect(redisConfigurable.profile({ version, memoryBytes: 64 * MIB })).toEqual({ maxmemory: 32 * MIB });
	});

	it('keep every key of a new server that is killed', async () => {
		await runAs(server, root(), [['SET', 'first', 1]]);
		await server.crash();
		expect(await runAs(server, root(), [['GET', 'first']])).toEqual(['1']);
	});

	it('are all of values that they themselves allow', async () => {
		const values = await read();
		for (const spec of redisConfigurable.settings(version))
			expect([spec.key, settingProblem(spec, values[spec.key] ?? 'none')]).toEqual([spec.key, null]);
	});

	it('are set together and outlast the end of the server', async () => {
		const wanted = {
			maxmemory: 20 * MIB,
			'maxmemory-policy': 'allkeys-lfu',
			appendfsync: 'always',
			save: '900 1',
			maxclients: 500,
			timeout: 600,
			'tcp-keepalive': 60,
			'slowlog-log-slower-than': -1,
			'notify-keyspace-events': 'KEg$x',
		};
		await apply(wanted);
		expect(await read()).toMatchObject(wanted);
		await server.crash();
		expect(await read()).toMatchObject(wanted);
		await apply(Object.fromEntries(Object.keys(wanted).map((key) => [key, null])));
		expect(await read()).toMatchObject({
			...{ maxmemory: 0, 'maxmemory-policy': 'noeviction', save: '3600 1 300 100 60 10000' },
			...{ maxclients: 10_000, 'notify-keyspace-events': '', 'slowlog-log-slower-than': 10_000 },
		});
		await apply({ save: '' });
		expect((await read()).save).toBe('');
		await apply({ maxmemory: 32 * MIB, save: null });
	});

	it('log changes again when that is taken back', async () => {
		await apply({ appendonly: false });
		await apply({ appendonly: null });
		expect((await read()).appendonly).toBe(true);
	});

	it('keep every key when the log of changes is turned on and the server is killed', async () => {
		await apply({ appendonly: false });
		await runAs(server, root(), [['SET', 'before', 1], ['SAVE'], ['SET', 'unsaved', 1]]);
		await apply({ appendonly: true, appendfsync: 'always' });
		await runAs(server, root(), [['SET', 'after', 1]]);
		await server.crash();
		expect((await read()).appendonly).toBe(true);
		expect(await runAs(server, root(), [['MGET', 'before', 'unsaved', 'after']])).toEqual([['1', '1', '1']]);
	});

	it('keep every key when the log of changes is turned off, and on again', async () => {
		await apply({ save: '' });
		await runAs(server, root(), [['SET', 'logged', 1]]);
		await apply({ appendonly: false });
		await server.crash();
		expect((await read()).appendonly).toBe(false);
		expect(await runAs(server, root(), [['MGET', 'before', 'after', 'logged']])).toEqual([['1', '1', '1']]);
		await runAs(server, root(), [['SET', 'between', 1]]);
		await apply({ appendonly: true, save: null });
		await server.crash();
		expect(await runAs(server, root(), [['MGET', 'before', 'logged', 'between']])).toEqual([['1', '1', '1']]);
		await server.restart();
		expect(await runAs(server, root(), [['MGET', 'before', 'logged', 'between']])).toEqual([['1', '1', '1']]);
	});

	it('are none that could lock somebody out or write elsewhere', async () => {
		const former = await read();
		for (const key of [
			'bind',
			'port',
			'dir',
			'dbfilename',
			'requirepass',
			'aclfile',
			'databases',
			'__proto__',
			'constructor',
		])
			await expect(apply({ timeout: 5, [key]: '1' })).rejects.toMatchObject({
				code: 'SETTING_INVALID',
				details: { key },
			});
		for (const [key, value] of [
			...[['timeout', 1.5] as const, ['timeout', '5 port 1'] as const, ['save', '1 1\nport 1'] as const],
			...[['maxmemory-policy', 'bogus'] as const, ['appendonly', 'yes'] as const, ['maxmemory', -1] as const],
			...[['notify-keyspace-events', 'Q'] as const, ['save', '0 0'] as const, ['maxclients', 0] as const],
		])
			await expect(apply({ [key]: value })).rejects.toMatchObject({ code: 'SETTING_INVALID' });
		expect(await read()).toEqual(former);
	});

	it('stay as they were when the server cannot write them down', async () => {
		const former = await read();
		expect(await server.exec(['chmod', '500', '/data'])).toBe(0);
		await expect(apply({ timeout: 77, 'tcp-keepalive': 88 })).rejects.toMatchObject({
			code: 'SETTING_REFUSED',
		});
		await expect(apply({ maxclients: 77 })).rejects.toMatchObject({
			code: 'SETTING_REFUSED',
			details: { key: 'maxclients' },
		});
		expect(await read()).toEqual(former);
		expect(await server.exec(['chmod', '700', '/data'])).toBe(0);
		await apply({ timeout: 77 });
		expect((await read()).timeout).toBe(77);
	});
});
