import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAppError } from '../../../errors';
import { runAs, startRedis, testedServers, type RedisServer } from '../../../testing/redis-servers';

describe.each(testedServers)('the data of %s %s', (_label, version, engine) => {
	let server: RedisServer;

	beforeAll(async () => {
		server = await startRedis(engine, version);
		await fill(server);
	});
	afterAll(async () => {
		await server?.remove();
	});

	const root = () => ({ user: 'default', password: server.target.password });
	const keys = (request: object = {}) =>
		server.admin.browser.collections({ database: '2', limit: 200, ...request });
	const rows = (collection: string, request: object = {}) =>
		server.admin.browser.rows({ database: '2', collection, cursor: null, limit: 3, ...request });
	const query = (text: string, request: object = {}) =>
		server.admin.browser.query({
			...{ database: '2', text, isReadOnly: true, timeoutMs: 5_000, maxRows: 5 },
			...request,
		});
	const refused = (text: string, request: object = {}, code = 'QUERY_REFUSED') =>
		expect(query(text, request), text).rejects.toMatchObject({ code });

	async function all<T>(read: (cursor: string | null) => Promise<{ found: T[]; nextCursor: string | null }>) {
		const items: T[] = [];
		let cursor: string | null = null;
		for (let page = 0; page === 0 || cursor !== null; page += 1) {
			const answer: { found: T[]; nextCursor: string | null } = await read(cursor);
			items.push(...answer.found);
			cursor = answer.nextCursor;
			expect(page).toBeLessThan(1_000);
		}
		return items;
	}

	it('has databases by number, with their keys', async () => {
		const { items, nextCursor, total } = await server.admin.listDatabases({ limit: 12 });
		expect(items.map(({ name }) => name)).toEqual(Array.from({ length: 12 }, (_, number) => String(number)));
		expect(items[2]).toEqual({
			...{ name: '2', owner: null, encoding: null, collation: null, sizeBytes: null },
			...{ objects: 8, isProtected: false },
		});
		expect([nextCursor, total]).toEqual(['11', 16]);
		expect((await server.admin.listDatabases({ cursor: '11' })).items.map(({ name }) => name)).toEqual([
			...['12', '13', '14', '15'],
		]);
		for (const change of [
			server.admin.createDatabase({ name: 'shop', owner: null }),
			server.admin.removeDatabase('3'),
		])
			await expect(change).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
		for (const database of ['16', '99999'])
			await expect(keys({ database })).rejects.toMatchObject({ code: 'DATABASE_NOT_FOUND' });
		for (const database of ['', '-1', '01', 'x', '1 2'])
			await expect(keys({ database })).rejects.toMatchObject({ code: 'NAME_INVALID' });
	});

	it('has keys with type, size and number of elements', async () => {
		const { items, nextCursor, total } = await keys();
		expect([nextCursor, total]).toEqual([null, null]);
		const shown = items.map(({ id, type, rows: count }) => [id, type, count]);
		expect(shown.sort()).toEqual([
			['"a\\x00\\xff\\n"', 'string', 1],
			['hash', 'hash', 500],
			['list', 'list', 10],
			['set', 'set', 3],
			['stream', 'stream', 5],
			['text', 'string', 1],
			['user:[1]*?', 'string', 1],
			['zset', 'zset', 4],
		]);
		expect(items.every(({ name, id, kind, sizeBytes }) => name === id && kind === 'key' && sizeBytes)).toBe(
			true,
		);
	});

	it('has keys in pages, none lost, and finds them by a part of their name', async () => {
		const read = (request: object) => async (cursor: string | null) => {
			const page = await keys({ database: '3', ...request, ...(cursor === null ? {} : { cursor }) });
			expect(page.items.length).toBeLessThanOrEqual(7);
			return { found: page.items.map(({ id }) => id), nextCursor: page.nextCursor };
		};
		expect(new Set(await all(read({ limit: 7 }))).size).toBe(500);
		expect(new Set(await all(read({ limit: 7, search: 'y:49' })))).toEqual(
			new Set(['key:49', ...Array.from({ length: 10 }, (_, at) => `key:49${at}`)]),
		);
		expect((await keys({ search: '[1]*?' })).items.map(({ id }) => id)).toEqual(['user:[1]*?']);
		expect((await keys({ search: '*' })).items.map(({ id }) => id)).toEqual(['user:[1]*?']);
	});

	it('refuses a cursor that is none of ours, or not of this type', async () => {
		const refusal = { code: 'BAD_INPUT', field: 'cursor' };
		for (const cursor of ['nonsense', '', '12', '18446744073709551616.0'])
			await expect(keys({ cursor }), cursor).rejects.toMatchObject(refusal);
		for (const [key, cursor] of [
			...[['list', 'x'] as const, ['list', '1.0'] as const, ['text', '1'] as const],
			...[['stream', '3'] as const, ['stream', '1-18446744073709551616'] as const, ['hash', '3'] as const],
		])
			await expect(rows(key, { cursor }), key).rejects.toMatchObject(refusal);
	});

	it('shows what a key of each type holds, page by page', async () => {
		const column = (name: string) => ({ name, type: null });
		expect(await rows('text')).toEqual({
			...{ columns: [column('value')], rows: [['x'.repeat(999) + '…']], nextCursor: null },
		});
		expect((await rows('"a\\x00\\xff\\n"')).rows).toEqual([['"\\xff\\x00"']]);
		expect(await rows('list', { cursor: '8' })).toEqual({
			columns: [column('index'), column('value')],
			...{
				rows: [
					['8', 'v8'],
					['9', 'v9'],
				],
				nextCursor: null,
			},
		});
		const paged = (key: string) =>
			all(async (cursor) => {
				const page = await rows(key, { cursor, limit: 3 });
				expect(page.rows.length).toBeLessThanOrEqual(3);
				return { found: page.rows, nextCursor: page.nextCursor };
			});
		expect((await paged('list')).map(([, value]) => value)).toEqual(
			Array.from({ length: 10 }, (_, at) => `v${at}`),
		);
		expect(new Map((await paged('hash')).map(([field, value]) => [field, value]))).toEqual(
			new Map(Array.from({ length: 500 }, (_, at) => [`f${at}`, `v${at}`])),
		);
		expect((await paged('set')).flat().sort()).toEqual(['a', 'b', 'c']);
		expect(await paged('zset')).toEqual(
			[
				['a', '1'],
				['b', '1.5'],
				['c', '-0.25'],
				['d', 'inf'],
			].sort(byScore),
		);
		expect(await paged('stream')).toEqual(
			Array.from({ length: 5 }, (_, at) => [`${at + 1}-0`, `n=${at}\nt=é`]),
		);
		for (const missing of ['gone', '', '"', 'text '])
			await expect(rows(missing)).rejects.toMatchObject({ code: 'COLLECTION_NOT_FOUND' });
	});

	it('opens keys whose names take most of what the API carries, and says of longer ones that they are too long', async () => {
		const named = (length: number) => `redis.call('SET', string.rep('\\255', ${length}), 'v${length}')`;
		await runAs(server, root(), [
			['SELECT', 7],
			['EVAL', [named(700), named(800), named(200_000)].join(' '), 0],
		]);
		const { items } = await keys({ database: '7' });
		expect(items.map(({ name }) => name.length)).toEqual([1_000, 1_000, 1_000]);
		const open = items.map(({ id }) =>
			rows(id, { database: '7' }).then(
				(page) => page.rows[0]?.[0],
				(error: unknown) => (isAppError(error) ? error.details.bytes : error),
			),
		);
		expect(new Set(await Promise.all(open))).toEqual(new Set(['v700', 800, 200_000]));
	});

	it('answers a command that reads', async () => {
		expect(await query('lrange list 0 2')).toEqual({
			columns: [
				{ name: '#', type: null },
				{ name: 'value', type: null },
			],
			rows: [
				['1', 'v0'],
				['2', 'v1'],
				['3', 'v2'],
			],
			...{ isCut: false, affected: null, elapsedMs: expect.any(Number) },
		});
		expect(await query('LRANGE list 0 -1')).toMatchObject({ isCut: true, rows: { length: 5 } });
		expect((await query('get nothing')).rows).toEqual([[null]]);
		expect((await query('strlen text')).rows).toEqual([['20000']]);
		expect((await query(String.raw`get "a\x00\xff\n"`)).rows).toEqual([['"\\xff\\x00"']]);
		expect((await query('xrange stream - + count 1')).rows).toEqual([
			['1', '["1-0", ["n", "0", "t", "\\xc3\\xa9"]]'],
		]);
		expect((await query('memory usage text')).rows[0]?.[0]).toMatch(/^\d+$/);
	});

	it('is not changed by a command that only may read', async () => {
		for (const text of [
			...['set text 1', 'del text', 'flushall', 'flushdb', 'expire text 1', 'sort list alpha store x'],
			...['eval "return 1" 0', 'config get maxmemory', 'acl list', 'publish a b', 'getdel text', 'spop set'],
			...['blpop list 0', 'xread block 0 streams stream $', 'debug sleep 1', 'copy text x'],
		])
			await refused(text);
		await refused('client list', {}, 'QUERY_NOT_ALLOWED');
		expect(await query('set text 1').catch((error: unknown) => error)).toMatchObject({
			details: {
				text: expect.stringMatching(/^NOPERM this user has no permissions to run the 'set' command$/i),
			},
		});
		expect((await keys()).items).toHaveLength(8);
	});

	it('is changed by a command that may write, in this database only', async () => {
		const write = { isReadOnly: false };
		expect(await query(`set new 'it''s'`, write).catch((error: unknown) => error)).toMatchObject({
			code: 'QUERY_NOT_ALLOWED',
		});
		expect((await query(String.raw`set new 'it\'s'`, write)).rows).toEqual([['OK']]);
		expect((await query('get new')).rows).toEqual([["it's"]]);
		expect((await query('del new', write)).rows).toEqual([['1']]);
		for (const text of [
			...['move text 3', 'copy text x db 3', 'swapdb 2 3', 'flushall', 'eval "return 1" 0'],
			...['fcall f 0', 'function list', 'script flush', 'config set timeout 5', 'acl setuser x', 'save'],
			...['multi', 'exec', 'watch text', 'subscribe a', 'shutdown nosave', 'nosuchcommand', 'lpush text 1'],
			...['blpop list 0', 'brpoplpush list x 0', 'migrate a 1 b 0 1', 'restore x 0 y'],
			...['replicaof no one', 'module list', 'debug sleep 5'],
		])
			await refused(text, write);
		for (const text of [
			...[
				'select 0',
				'monitor',
				'client kill id 1',
				'wait 1 0',
				'reset',
				'auth default x',
				'hello 3',
				'quit',
			],
			...['sync', 'readonly\r\nset x 1', 'get a\nget b', '', '   ', '"', '"get', '*1'],
		])
			await refused(text, write, 'QUERY_NOT_ALLOWED');
		expect((await server.admin.listDatabases()).items.map(({ objects }) => objects).slice(0, 4)).toEqual([
			...[0, 0, 8, 500],
		]);
	});

	it('is asked as somebody who is gone afterwards', async () => {
		expect(await runAs(server, root(), [['ACL', 'USERS']])).toEqual([['default']]);
		const both = await Promise.allSettled(
			Array.from({ length: 8 }, (_, at) => query(at % 2 === 0 ? 'ping' : 'nosuchcommand')),
		);
		expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
		await expect.poll(() => runAs(server, root(), [['ACL', 'USERS']])).toEqual([['default']]);
		expect((await server.admin.sessions.list()).map(({ user }) => user)).toEqual([]);
	});

	it('is let go when the answer takes too long or is too large', async () => {
		await runAs(server, root(), [
			['SELECT', 5],
			['CLIENT', 'PAUSE', 1_500, 'WRITE'],
		]);
		const startedMs = performance.now();
		await expect(
			query('set paused 1', { database: '5', isReadOnly: false, timeoutMs: 300 }),
		).rejects.toMatchObject({ code: 'QUERY_TIMEOUT' });
		expect(performance.now() - startedMs).toBeLessThan(1_000);
		await expect
			.poll(async () => (await runAs(server, root(), [['ACL', 'USERS']]))[0], { timeout: 30_000 })
			.toEqual(['default']);
		await runAs(server, root(), [['CLIENT', 'UNPAUSE']]);
		expect((await query('exists paused', { database: '5' })).rows).toEqual([['0']]);
		await runAs(server, root(), [
			['SELECT', 5],
			['SET', 'half', 'x'.repeat(8 * 1024 * 1024)],
		]);
		await refused('mget half half half half half', { database: '5' }, 'QUERY_NOT_ALLOWED');
		expect((await rowsOfHalf()).length).toBe(1_000);
	});

	const rowsOfHalf = async (): Promise<string> => (await rows('half', { database: '5' })).rows[0]?.[0] ?? '';
});

const byScore = (a: string[], b: string[]): number => scoreOf(a) - scoreOf(b);
const scoreOf = ([, score]: string[]): number => (score === 'inf' ? Infinity : Number(score));

async function fill(server: RedisServer): Promise<void> {
	const five = Array.from({ length: 5 }, (_, at) => at);
	await runAs(server, { user: 'default', password: server.target.password }, [
		['SELECT', 2],
		['SET', 'text', 'x'.repeat(20_000)],
		['SET', 'user:[1]*?', 1],
		['RPUSH', 'list', ...Array.from({ length: 10 }, (_, at) => `v${at}`)],
		['HSET', 'hash', ...Array.from({ length: 500 }, (_, at) => [`f${at}`, `v${at}`]).flat()],
		['SADD', 'set', 'a', 'b', 'c'],
		['ZADD', 'zset', 1, 'a', 1.5, 'b', -0.25, 'c', 'inf', 'd'],
		...five.map((at): [string, ...string[]] => ['XADD', 'stream', `${at + 1}-0`, 'n', String(at), 't', 'é']),
		['EVAL', `redis.call('SET', 'a\\000\\255\\n', '\\255\\000')`, 0],
		['SELECT', 3],
		['MSET', ...Array.from({ length: 500 }, (_, at) => [`key:${at}`, 'x']).flat()],
	]);
}
