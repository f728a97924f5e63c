import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { presetCommands, type AccessPreset } from '$lib/shared/redis-access';
import { Secret } from '../../../secret';
import { runAs, startRedis, testedServers, type RedisServer } from '../../../testing/redis-servers';
import type { UserAccess } from '../../engine';
import { connectAdmin } from '../admin';

const password = new Secret('correct horse battery');
const other = new Secret('another password');

const preset = (name: AccessPreset, prefix: string): UserAccess => ({
	keyPatterns: [`${prefix}*`],
	channelPatterns: [`${prefix}*`],
	commands: [...presetCommands[name]],
});

describe.each(testedServers)('users of %s %s', (_label, version, engine) => {
	let server: RedisServer;
	const root = () => ({ user: 'default', password: server.target.password });

	beforeAll(async () => {
		server = await startRedis(engine, version);
		await runAs(server, root(), [
			['SET', 'app:a', 1],
			['SET', 'foreign', 2],
			['RPUSH', 'app:list', 1],
		]);
	});
	afterAll(async () => {
		await server?.remove();
	});

	const can = async (user: string, ...commands: Parameters<typeof runAs>[2]): Promise<unknown[]> =>
		runAs(server, { user, password }, commands);

	/** Redis 7.0 answers what the commands amount to, in words of its own. */
	const expectAccess = async (name: string, wanted: UserAccess): Promise<void> => {
		const { access } = (await server.admin.findUser(name)) ?? {};
		const isDescribed = (await server.admin.statistics()).version.startsWith('7.0.');
		expect(access).toEqual(isDescribed ? { ...wanted, commands: expect.any(Array) } : wanted);
	};

	it('can log in and nothing else unless they are given more', async () => {
		await server.admin.createUser({ name: 'bare', password });
		expect(await server.admin.findUser('bare')).toEqual({
			...{ name: 'bare', canLogin: true, isSuperuser: false, connections: 0 },
			access: { keyPatterns: [], channelPatterns: [], commands: ['+ping'] },
		});
		expect(await can('bare', ['PING'], ['GET', 'app:a'], ['KEYS', '*'], ['ACL', 'WHOAMI'])).toEqual([
			...['PONG', '-NOPERM', '-NOPERM', '-NOPERM'],
		]);
		expect(await server.admin.canLogin({ user: 'bare', password, database: null })).toBe(true);
		expect(await server.admin.canLogin({ user: 'bare', password, database: '0' })).toBe(true);
		expect(await server.admin.canLogin({ user: 'bare', password, database: '3' })).toBe(false);
		expect(await server.admin.canLogin({ user: 'bare', password: other, database: null })).toBe(false);
		expect(await server.admin.canLogin({ user: 'nobody', password, database: null })).toBe(false);
		expect((await server.admin.findUsers(['nobody', 'bare'])).map(({ name }) => name)).toEqual(['bare']);
		await expect(server.admin.createUser({ name: 'bare', password: other })).rejects.toMatchObject({
			code: 'DATABASE_USER_EXISTS',
		});
		expect(await server.admin.canLogin({ user: 'bare', password, database: null })).toBe(true);
		await server.admin.removeUser('bare');
	});

	it('are kept to their keys, channels and commands by each preset, as it is read back', async () => {
		const rightsOf = async (name: AccessPreset): Promise<unknown[]> => {
			const access = preset(name, 'app:');
			await server.admin.createUser({ name, password, access });
			await expectAccess(name, access);
			return can(
				name,
				...([
					['GET', 'app:a'],
					['GET', 'foreign'],
					['SET', 'app:b', 1],
					['SET', 'foreign', 1],
					['PUBLISH', 'app:news', 'x'],
					['PUBLISH', 'news', 'x'],
					['SCAN', 0],
					['SELECT', 1],
					['FLUSHALL'],
					['EVAL', 'return 1', 0],
					['ACL', 'LIST'],
					['CONFIG', 'SET', 'maxmemory', '1gb'],
					['SHUTDOWN'],
				] satisfies Parameters<typeof runAs>[2]),
			);
		};
		const no = '-NOPERM';
		expect(await rightsOf('read')).toEqual(['1', no, no, no, no, no, no, no, no, no, no, no, no]);
		expect(await rightsOf('write')).toEqual(['1', no, 'OK', no, 0, no, no, no, no, no, no, no, no]);
		const app = await rightsOf('app');
		expect(app).toEqual(['1', no, 'OK', no, 0, no, expect.any(Array), 'OK', 'OK', 1, no, no, no]);
		await runAs(server, root(), [['SET', 'app:a', 1]]);
	});

	it('get other rules at once, also in sessions that are open, and keep their password', async () => {
		await server.admin.createUser({ name: 'changed', password, access: preset('write', 'app:') });
		await server.admin.access.set({ user: 'changed', access: preset('read', 'other:') });
		await expectAccess('changed', preset('read', 'other:'));
		expect(await can('changed', ['GET', 'app:a'], ['GET', 'other:a'], ['SET', 'other:a', 1])).toEqual([
			...['-NOPERM', null, '-NOPERM'],
		]);
		const rules: UserAccess = {
			keyPatterns: ['%R~app:*', '%W~log:*', 'own:[ab]?'],
			channelPatterns: [],
			commands: ['+@all', '-@dangerous', '+config|get', '-get', '+@hash'],
		};
		await server.admin.access.set({ user: 'changed', access: rules });
		await expectAccess('changed', rules);
		await expect(
			server.admin.access.set({ user: 'nobody', access: preset('read', '') }),
		).rejects.toMatchObject({ code: 'DATABASE_USER_NOT_FOUND' });
	});

	it.each([
		...[
			'+@nothing',
			'+nothing',
			'+config|nothing',
			'-@all ~*',
			'~*',
			'>secret',
			'nopass',
			'on',
			'+@',
			'+',
			'',
		],
		...['@read', '+GET\n', `+get'`, '+get|x y', '+@read|x', 'allcommands', 'resetpass', '(+get)', '#abc'],
	])('are not changed by the unknown command rule %j', async (rule) => {
		await expect(
			server.admin.createUser({
				...{ name: 'refused', password },
				access: { ...preset('read', ''), commands: ['+get', rule] },
			}),
		).rejects.toMatchObject({ code: 'ACCESS_INVALID', details: { rule } });
		expect(await server.admin.findUser('refused')).toBeNull();
	});

	it.each(['', 'a b', `a"b`, `a'b`, 'a\nb', 'a\0b', '\ud800', 'x'.repeat(1_001)])(
		'are not changed by the pattern %j',
		async (pattern) => {
			const before = await server.admin.findUser('changed');
			for (const access of [
				{ keyPatterns: [pattern], channelPatterns: [], commands: [] },
				{ keyPatterns: [], channelPatterns: [pattern], commands: [] },
			])
				await expect(server.admin.access.set({ user: 'changed', access })).rejects.toMatchObject({
					code: 'ACCESS_INVALID',
					details: { rule: pattern.slice(0, 100) },
				});
			expect(await server.admin.findUser('changed')).toEqual(before);
		},
	);

	it('can be kept to some of the databases', async () => {
		const access = { keyPatterns: ['*'], channelPatterns: [], commands: ['+get', '+select|0', '+select|3'] };
		await server.admin.createUser({ name: 'third', password, access });
		await expectAccess('third', access);
		expect(await can('third', ['SELECT', 3], ['SELECT', 4], ['GET', 'a'])).toEqual(['OK', '-NOPERM', null]);
		expect(await server.admin.canLogin({ user: 'third', password, database: '3' })).toBe(true);
		expect(await server.admin.canLogin({ user: 'third', password, database: '4' })).toBe(false);
		await server.admin.removeUser('third');
	});

	it('are told of a rule that only the server can judge', async () => {
		const access = { keyPatterns: [], channelPatterns: [], commands: ['-get|first'] };
		await expect(server.admin.access.set({ user: 'changed', access })).rejects.toMatchObject({
			code: 'ACCESS_INVALID',
			details: { rule: '-get|first' },
		});
	});

	it('keep their sessions at a new password, or lose them when asked', async () => {
		await server.admin.createUser({ name: 'live', password, access: preset('app', '') });
		const session = async (endsSessions: boolean, next: Secret): Promise<unknown[]> => {
			const before = { user: 'live', password: next === other ? password : other };
			const client = runAs(server, before, [['SET', 'ready', 1], ['BLPOP', 'wait', 5], ['PING']]).catch(
				() => ['cut'],
			);
			await expect.poll(async () => (await server.admin.findUser('live'))?.connections).toBe(1);
			await expect
				.poll(async () => (await server.admin.sessions.list()).some(({ state }) => state === 'active'))
				.toBe(true);
			await server.admin.setPassword({ name: 'live', password: next, endsSessions });
			await runAs(server, root(), [['RPUSH', 'wait', 'go']]);
			const answers = await client;
			await runAs(server, root(), [['DEL', 'wait']]);
			return answers;
		};
		expect(await session(false, other)).toEqual(['OK', ['wait', 'go'], 'PONG']);
		expect(await server.admin.canLogin({ user: 'live', password, database: null })).toBe(false);
		expect(await server.admin.canLogin({ user: 'live', password: other, database: null })).toBe(true);
		const cut = await session(true, password);
		expect(cut).not.toContain('PONG');
		await expect(
			server.admin.setPassword({ name: 'nobody', password, endsSessions: true }),
		).rejects.toMatchObject({ code: 'DATABASE_USER_NOT_FOUND' });
	});

	it('survive the server being killed, with their rules and passwords', async () => {
		const before = (await server.admin.listUsers()).items.map((user) => ({ ...user, connections: 0 }));
		expect(before.map(({ name }) => name)).toEqual(['app', 'changed', 'live', 'read', 'write']);
		await server.admin.removeUser('live');
		await server.crash();
		const after = (await server.admin.listUsers()).items.map((user) => ({ ...user, connections: 0 }));
		expect(after).toEqual(before.filter(({ name }) => name !== 'live'));
		expect(await server.admin.canLogin({ user: 'read', password, database: null })).toBe(true);
	});

	it('are left as they were when the server cannot write a change down', async () => {
		const users = async () =>
			(await server.admin.listUsers()).items.map((user) => ({ ...user, connections: 0 }));
		const former = await users();
		expect(await server.exec(['chmod', '500', '/data'])).toBe(0);
		const { admin } = server;
		for (const change of [
			() => admin.createUser({ name: 'unwritten', password }),
			() => admin.removeUser('read'),
			() => admin.setPassword({ name: 'write', password: other, endsSessions: true }),
			() => admin.access.set({ user: 'changed', access: preset('app', '') }),
			() => engine.lifecycle.setRootPassword(server.target, other),
		])
			await expect(change()).rejects.toMatchObject({ code: 'ENGINE_REFUSED' });
		expect(await server.exec(['chmod', '700', '/data'])).toBe(0);
		expect(await users()).toEqual(former);
		for (const user of ['read', 'write'])
			expect(await admin.canLogin({ user, password, database: null })).toBe(true);
		await engine.lifecycle.probe(server.target);
	});

	it('end with their sessions', async () => {
		const client = runAs(server, { user: 'app', password }, [['BLPOP', 'app:wait', 5]]).catch(() => 'cut');
		await expect.poll(async () => (await server.admin.findUser('app'))?.connections).toBe(1);
		await server.admin.removeUser('app');
		expect(await client).not.toEqual([null]);
		expect(await server.admin.findUser('app')).toBeNull();
		expect(await server.admin.canLogin({ user: 'app', password, database: null })).toBe(false);
		await expect(server.admin.removeUser('app')).rejects.toMatchObject({ code: 'DATABASE_USER_NOT_FOUND' });
	});

	it('made by hand are shown as they are, and root and our own are not', async () => {
		await runAs(server, root(), [
			['ACL', 'SETUSER', 'byhand', 'on', 'nopass', 'allkeys', 'allchannels', 'allcommands'],
			['ACL', 'SETUSER', 'odd', 'off', '~%R~x', '(~sel* +get)', '+get'],
			['ACL', 'SETUSER', 'sh0_guest', 'on', '+get'],
		]);
		const users = (await server.admin.listUsers()).items;
		expect(users.find(({ name }) => name === 'byhand')).toMatchObject({
			...{ canLogin: true, isSuperuser: true },
			access: { keyPatterns: ['*'], channelPatterns: ['*'], commands: ['+@all'] },
		});
		expect(users.find(({ name }) => name === 'odd')).toMatchObject({
			...{ canLogin: false, isSuperuser: false },
			access: { keyPatterns: ['\\%R~x'], channelPatterns: [], commands: ['+get'] },
		});
		expect(users.map(({ name }) => name)).toEqual(['byhand', 'changed', 'odd', 'read', 'write']);
		for (const name of ['default', 'DEFAULT', 'sh0_guest'])
			await expect(server.admin.removeUser(name)).rejects.toMatchObject({ code: 'NAME_RESERVED' });
		for (const name of ['byhand', 'odd']) await server.admin.removeUser(name);
	});

	it("give root a new password without cutting a session, and keep it through the server's end", async () => {
		const next = new Secret(`${other.reveal()} next`);
		const isWaiting = runAs(server, root(), [['BLPOP', 'rotated', 5], ['PING']]);
		await expect.poll(async () => (await server.admin.sessions.list()).length).toBe(1);
		await engine.lifecycle.setRootPassword(server.target, next);
		await runAs(server, { user: 'default', password: next }, [['RPUSH', 'rotated', 1]]);
		expect(await isWaiting).toEqual([['rotated', '1'], 'PONG']);
		const { password: former } = server.target;
		await expect(engine.lifecycle.probe(server.target)).rejects.toMatchObject({
			code: 'ENGINE_UNREACHABLE',
			details: { reason: 'login' },
		});
		server.target.password = next;
		await server.crash();
		await engine.lifecycle.probe(server.target);
		expect(await server.admin.canLogin({ user: 'default', password: former, database: null })).toBe(false);
	});

	it('show no password anywhere: in the container, the log, the slow log or the list of clients', async () => {
		await runAs(server, root(), [['CONFIG', 'SET', 'slowlog-log-slower-than', 0]]);
		// As the broker does when root's password has changed.
		const admin = connectAdmin(server.target);
		await admin.createUser({ name: 'quiet', password: new Secret('hush-hush-hush') });
		await admin.setPassword({ name: 'quiet', password: new Secret('hush-hush-more'), endsSessions: true });
		await admin.canLogin({ user: 'quiet', password: new Secret('hush-hush-wrong'), database: null });
		const [slow, clients, log] = await runAs(server, root(), [
			['SLOWLOG', 'GET', -1],
			['CLIENT', 'LIST'],
			['ACL', 'LOG'],
		]);
		const seen = [JSON.stringify([slow, clients, log]), await server.inspect(), await server.logs()].join();
		expect(seen).toContain('SETUSER');
		for (const secret of ['hush-hush', server.target.password.reveal(), other.reveal(), password.reveal()]) {
			expect(seen).not.toContain(secret);
			expect(seen).not.toContain(createHash('sha256').update(secret).digest('hex'));
		}
		await admin.close();
	});
});
