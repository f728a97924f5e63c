import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatabaseEngineDefinition, RowPage } from '../engines/engine';
import { isAppError, type AppError } from '../errors';
import { Secret } from '../secret';
import { startEngineServer, type EngineServer } from './engine-server';
import { openMongo } from './mongo-server';

const password = new Secret('Long-enough-1');
const another = new Secret('Another-one-22');

async function refusalOf(attempt: Promise<unknown>): Promise<AppError> {
	try {
		await attempt;
	} catch (error) {
		if (isAppError(error)) return error;
		throw error;
	}
	throw new Error('it was carried out');
}

/** What every server that speaks MongoDB's protocol does for sh0, on the real thing and on its stand-in alike. */
export function describeMongo(definition: DatabaseEngineDefinition, version: string): void {
	describe(`${definition.label} ${version}`, () => {
		let server: EngineServer;

		beforeAll(async () => {
			server = await startEngineServer(definition, version);
		});
		afterAll(async () => {
			await server?.remove();
		});

		const root = () => ({ user: server.target.user, password: server.target.password });

		async function fill(database: string, collection: string, documents: object[]): Promise<void> {
			const client = openMongo(server.target, root());
			const { reply } = await client.run(database, { insert: collection, documents });
			await client.close();
			expect(reply).toEqual({ n: documents.length, ok: 1 });
		}

		const databaseNames = async (): Promise<string[]> =>
			(await server.admin.listDatabases()).items.filter((one) => !one.isProtected).map((one) => one.name);
		const userNames = async (): Promise<string[]> =>
			(await server.admin.listUsers()).items.map((one) => one.name);

		function query(database: string, command: object, isReadOnly = true) {
			const text = JSON.stringify(command);
			return server.admin.browser?.query({ database, text, isReadOnly, timeoutMs: 5_000, maxRows: 3 });
		}

		it('makes a database that is there before anything is put into it, and drops it', async () => {
			await server.admin.createDatabase({ name: 'shop', owner: null });
			const [shop] = (await server.admin.listDatabases({ search: 'SHO' })).items;
			expect(shop).toMatchObject({ name: 'shop', owner: null, objects: 1, isProtected: false });
			expect(shop?.sizeBytes).toBeGreaterThan(0);
			for (const name of ['shop', 'Shop']) {
				const error = await refusalOf(server.admin.createDatabase({ name, owner: null }));
				expect(error.code).toBe('DATABASE_EXISTS');
			}
			await server.admin.removeDatabase('shop');
			expect(await databaseNames()).toEqual([]);
			expect((await refusalOf(server.admin.removeDatabase('shop'))).code).toBe('DATABASE_NOT_FOUND');
			for (const name of ['admin', 'config', 'local', 'LOCAL']) {
				expect((await refusalOf(server.admin.removeDatabase(name))).code).toBe('DATABASE_PROTECTED');
				const made = await refusalOf(server.admin.createDatabase({ name, owner: null }));
				expect(made.code).toBe('NAME_RESERVED');
			}
		});

		it('makes users that log in, changes their passwords and removes them', async () => {
			const { admin } = server;
			await admin.createUser({ name: 'ada', password });
			expect(await admin.findUser('ada')).toMatchObject({ name: 'ada', canLogin: true, isSuperuser: false });
			expect(await admin.findUser('bob')).toBeNull();
			expect((await admin.findUsers(['bob', 'ada'])).map(({ name }) => name)).toEqual(['ada']);
			expect(await admin.canLogin({ user: 'ada', password, database: null })).toBe(true);
			expect(await admin.canLogin({ user: 'ada', password: another, database: null })).toBe(false);
			expect(await admin.canLogin({ user: 'bob', password, database: null })).toBe(false);
			expect(await admin.canLogin({ user: 'ada', password, database: 'nowhere' })).toBe(false);
			const again = await refusalOf(admin.createUser({ name: 'ada', password: another }));
			expect(again.code).toBe('DATABASE_USER_EXISTS');
			await admin.setPassword({ name: 'ada', password: another, endsSessions: false });
			expect(await admin.canLogin({ user: 'ada', password, database: null })).toBe(false);
			await admin.setPassword({ name: 'ada', password, endsSessions: true });
			expect(await admin.canLogin({ user: 'ada', password, database: null })).toBe(true);
			expect(await userNames()).toEqual(['ada']);
			await admin.removeUser('ada');
			expect(await admin.canLogin({ user: 'ada', password, database: null })).toBe(false);
			for (const attempt of [
				admin.removeUser('ada'),
				admin.setPassword({ name: 'ada', password, endsSessions: false }),
			]) {
				expect((await refusalOf(attempt)).code).toBe('DATABASE_USER_NOT_FOUND');
			}
			expect(await userNames()).toEqual([]);
		});

		it('lists collections with their counts and sizes', async () => {
			await server.admin.createDatabase({ name: 'look', owner: null });
			await fill('look', 'orders', [{ _id: 1 }, { _id: 2 }]);
			const page = await server.admin.browser?.collections({ database: 'look' });
			expect(page?.items.map(({ name, kind, rows }) => [name, kind, rows])).toEqual([
				['created_by_sh0', 'collection', 0],
				['orders', 'collection', 2],
			]);
			expect(page?.items[1]?.sizeBytes).toBeGreaterThan(0);
			expect(page?.total).toBe(2);
			const first = await server.admin.browser?.collections({ database: 'look', limit: 1 });
			expect(first).toMatchObject({ items: [{ name: 'created_by_sh0' }], nextCursor: 'created_by_sh0' });
			await server.admin.removeDatabase('look');
		});

		it('pages through documents whose ids are of different types, and misses none', async () => {
			await server.admin.createDatabase({ name: 'pages', owner: null });
			const ids = [null, -1.5, 0, 7, 'a', 'b', '$x', { a: 1, b: [2] }, true, new Date(0)];
			await fill(
				'pages',
				'mixed',
				ids.map((_id, index) => ({ index, _id })),
			);
			const seen: string[] = [];
			let cursor: string | null = null;
			do {
				const page: RowPage | undefined = await server.admin.browser?.rows({
					...{ database: 'pages', collection: 'mixed', limit: 3 },
					cursor,
				});
				expect(page?.columns[0]?.name).toBe('_id');
				for (const row of page?.rows ?? []) seen.push(row[1] ?? 'none');
				cursor = page?.nextCursor ?? null;
			} while (cursor !== null);
			expect(seen.toSorted()).toEqual(ids.map((_, index) => String(index)).toSorted());
			const { browser } = server.admin;
			const base = { database: 'pages', limit: 3 };
			const codes = await Promise.all([
				refusalOf(Promise.resolve(browser?.rows({ ...base, collection: 'nope', cursor: null }))),
				refusalOf(Promise.resolve(browser?.rows({ ...base, collection: 'mixed', cursor: '{"$where":1}' }))),
				refusalOf(Promise.resolve(browser?.rows({ ...base, database: 'no', collection: 'x', cursor: null }))),
				refusalOf(Promise.resolve(browser?.collections({ database: 'admin' }))),
			]);
			expect(codes.map((error) => error.code)).toEqual([
				'COLLECTION_NOT_FOUND',
				'BAD_INPUT',
				'DATABASE_NOT_FOUND',
				'DATABASE_PROTECTED',
			]);
			await server.admin.removeDatabase('pages');
		});

		it('runs statements that read', async () => {
			await server.admin.createDatabase({ name: 'ask', owner: null });
			const documents = [1, 2, 3, 4, 5].map((n) => ({
				_id: n,
				tag: n % 2 === 0 ? 'even' : 'odd',
				deep: { n },
			}));
			await fill('ask', 'numbers', documents);
			expect(
				await query('ask', { find: 'numbers', filter: { tag: 'odd' }, sort: { _id: -1 } }),
			).toMatchObject({
				columns: [
					{ name: '_id', type: 'int' },
					{ name: 'tag', type: 'string' },
					{ name: 'deep', type: 'object' },
				],
				rows: [
					['5', 'odd', '{"n":5}'],
					['3', 'odd', '{"n":3}'],
					['1', 'odd', '{"n":1}'],
				],
				isCut: false,
				affected: null,
			});
			expect(await query('ask', { find: 'numbers' })).toMatchObject({ isCut: true, rows: { length: 3 } });
			expect(await query('ask', { find: 'numbers', limit: 2 })).toMatchObject({ isCut: false });
			const grouped = { aggregate: 'numbers', pipeline: [{ $group: { _id: '$tag', n: { $sum: 1 } } }] };
			const { rows } = (await query('ask', grouped)) ?? { rows: [] };
			expect(rows.toSorted()).toEqual([
				['even', '2'],
				['odd', '3'],
			]);
			expect(await query('ask', { count: 'numbers', query: { tag: 'even' } })).toMatchObject({
				rows: [['2']],
			});
			const tags = await query('ask', { distinct: 'numbers', key: 'tag' });
			expect(tags?.rows.flat().toSorted()).toEqual(['even', 'odd']);
			await server.admin.removeDatabase('ask');
		});

		it('refuses what is not on the list, in the words of the engine where it is the engine that refuses', async () => {
			await server.admin.createDatabase({ name: 'guard', owner: null });
			await fill('guard', 'kept', [{ _id: 1 }]);
			const refused = [
				{ drop: 'kept' },
				{ insert: 'kept', documents: [{ _id: 2 }] },
				{ aggregate: 'kept', pipeline: [{ $out: 'copy' }] },
				{ aggregate: 'kept', pipeline: [{ $currentOp: {} }] },
				{ find: 'kept', filter: { $where: 'sleep(1)' } },
			];
			for (const command of refused) {
				const error = await refusalOf(Promise.resolve(query('guard', command)));
				expect([command, error.code]).toEqual([command, 'QUERY_NOT_ALLOWED']);
			}
			const unknown = query('guard', { find: 'kept', filter: { $nonsense: 1 } });
			const error = await refusalOf(Promise.resolve(unknown));
			expect(error.code).toBe('QUERY_REFUSED');
			expect(String(error.details.text).length).toBeGreaterThan(5);
			expect(await query('guard', { find: 'kept' })).toMatchObject({ rows: [['1']] });
			expect((await server.admin.browser?.collections({ database: 'guard' }))?.total).toBe(2);
			await server.admin.removeDatabase('guard');
		});

		it('leaves no user behind that a look made', async () => {
			const { reply } = await openedOnce({ usersInfo: { forAllDBs: true } });
			expect(JSON.stringify(reply)).not.toContain('sh0_');
		});

		async function openedOnce(command: object) {
			const client = openMongo(server.target, root());
			try {
				return await client.run('admin', command);
			} finally {
				await client.close();
			}
		}

		it('stops a statement that takes too long', async () => {
			await server.admin.createDatabase({ name: 'slow', owner: null });
			const documents = Array.from({ length: 20_000 }, (_, index) => ({ _id: index, x: index % 100 }));
			await fill('slow', 'big', documents);
			const join = { from: 'big', localField: 'x', foreignField: 'x', as: 'y' };
			const pipeline = [{ $lookup: join }, { $unwind: '$y' }, { $group: { _id: '$y.x', n: { $sum: 1 } } }];
			const text = JSON.stringify({ aggregate: 'big', pipeline });
			const started = Date.now();
			const asked = server.admin.browser?.query({
				...{ database: 'slow', text, isReadOnly: true, timeoutMs: 500, maxRows: 3 },
			});
			expect((await refusalOf(Promise.resolve(asked))).code).toBe('QUERY_TIMEOUT');
			expect(Date.now() - started).toBeLessThan(4_000);
			await server.admin.removeDatabase('slow');
		});

		it('tells its version, size and start, and refuses a wrong root password as such', async () => {
			const statistics = await server.admin.statistics();
			expect(statistics.version.split('.')[0]).toBe(version);
			expect(statistics.sizeBytes).toBeGreaterThan(0);
			const ageMs = Date.now() - (statistics.startedAt?.getTime() ?? 0);
			expect(ageMs).toBeGreaterThan(0);
			expect(ageMs).toBeLessThan(600_000);
			const { probe, setRootPassword } = definition.lifecycle;
			await probe(server.target);
			const wrong = { ...server.target, password: another };
			expect(await refusalOf(probe(wrong))).toMatchObject({
				code: 'ENGINE_UNREACHABLE',
				details: { reason: 'login' },
			});
			expect((await refusalOf(probe({ ...server.target, port: 1 }))).code).toBe('ENGINE_NOT_READY');
			await setRootPassword(server.target, another);
			expect((await refusalOf(probe(server.target))).code).toBe('ENGINE_UNREACHABLE');
			await probe(wrong);
			await setRootPassword(wrong, server.target.password);
			await probe(server.target);
		});

		it('keeps its data over a restart and a crash, and answers on the connections that were open before', async () => {
			await server.admin.createDatabase({ name: 'kept', owner: null });
			await server.admin.createUser({ name: 'kept', password });
			await server.restart();
			expect(await databaseNames()).toEqual(['kept']);
			await server.crash();
			expect(await databaseNames()).toEqual(['kept']);
			expect(await server.admin.canLogin({ user: 'kept', password, database: null })).toBe(true);
			await server.admin.removeUser('kept');
			await server.admin.removeDatabase('kept');
		});

		it('answers nothing once closed', async () => {
			const admin = await definition.databaseAdmin?.connect(server.target);
			expect((await admin?.listUsers())?.items).toEqual([]);
			await admin?.close();
			expect((await refusalOf(Promise.resolve(admin?.listUsers()))).code).toBe('ENGINE_UNREACHABLE');
		});
	});
}
