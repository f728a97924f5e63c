import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MongoRefusal } from '../../testing/fake-mongod/command';
import { refusal, startFake, type StartedFake } from '../../testing/fake-mongod/started';

const limits = { timeoutMs: 2_000, maxRows: 3 };

describe('a look into the data of MongoDB', () => {
	let started: StartedFake;

	beforeEach(async () => {
		started = await startFake();
		const { data } = started.fake;
		data.create({ database: 'shop', command: { create: 'orders' } });
		data.insert({ database: 'shop', command: { insert: 'orders', documents: [{ _id: 1, total: 5 }] } });
	});
	afterEach(async () => {
		vi.useRealTimers();
		await started.stop();
	});

	function query(command: object, isReadOnly = true) {
		const text = JSON.stringify(command);
		return started.admin.browser?.query({ database: 'shop', text, isReadOnly, ...limits });
	}
	const made = () => started.fake.seen.filter((one) => 'createUser' in one.command);
	const left = async () =>
		JSON.stringify(started.fake.users.usersInfo({ database: 'admin', command: { usersInfo: 1 } }));

	it('is taken as a user with one role on one database, which is gone afterwards', async () => {
		const page = await started.admin.browser?.rows({
			...{ database: 'shop', collection: 'orders', cursor: null, limit: 10 },
		});
		expect(page).toEqual({
			columns: [
				{ name: '_id', type: 'int' },
				{ name: 'total', type: 'int' },
			],
			rows: [['1', '5']],
			nextCursor: null,
		});
		const [user] = made();
		const name = String(user?.command.createUser);
		expect(name).toMatch(/^sh0_[a-z0-9]+_[a-f0-9]{12}$/);
		expect(user?.command.roles).toEqual([{ role: 'read', db: 'shop' }]);
		const finds = started.fake.seen.filter((one) => 'find' in one.command);
		expect(finds.map((one) => [one.as, one.database])).toEqual([[`${name}@admin`, 'shop']]);
		expect(finds[0]?.command).toEqual({
			...{ find: 'orders', filter: {}, sort: { _id: 1 }, limit: 11, maxTimeMS: 10_000 },
		});
		expect(await left()).not.toContain('sh0_');
	});

	it('leaves no user behind when the statement fails, and says why in the words of the engine', async () => {
		started.fake.answers.set('find', new MongoRefusal(2, 'BadValue', 'unknown operator: $nonsense'));
		expect(await refusal(query({ find: 'orders', filter: { $nonsense: 1 } }))).toEqual({
			code: 'QUERY_REFUSED',
			text: 'unknown operator: $nonsense',
		});
		started.fake.answers.set('find', new MongoRefusal(50, 'MaxTimeMSExpired'));
		expect(await refusal(query({ find: 'orders' }))).toEqual({ code: 'QUERY_TIMEOUT' });
		started.fake.answers.set('find', new MongoRefusal(13, 'Unauthorized', 'not authorized on shop'));
		expect(await refusal(query({ find: 'orders' }))).toMatchObject({ code: 'QUERY_REFUSED' });
		expect(await left()).not.toContain('sh0_');
	});

	it('writes with the role for it, when that is asked for', async () => {
		const insert = { insert: 'orders', documents: [{ _id: 2 }] };
		expect(await refusal(query(insert))).toEqual({
			code: 'QUERY_NOT_ALLOWED',
			reason: 'changesData',
			command: 'insert',
		});
		expect(made()).toEqual([]);
		expect(await query(insert, false)).toMatchObject({ columns: [], rows: [], affected: 1 });
		expect(made()[0]?.command.roles).toEqual([{ role: 'readWrite', db: 'shop' }]);
		const error = { index: 0, code: 11000, errmsg: 'E11000 duplicate key' };
		started.fake.answers.set('insert', { n: 0, writeErrors: [error] });
		expect(await refusal(query(insert, false))).toEqual({
			code: 'QUERY_REFUSED',
			text: 'E11000 duplicate key',
		});
	});

	it('tells of what changed, whatever the command', async () => {
		const updates = [{ q: {}, u: { $set: { a: 1 } }, multi: true }];
		started.fake.answers.set('update', { n: 5, nModified: 3, upserted: [{ index: 0, _id: 9 }] });
		expect(await query({ update: 'orders', updates }, false)).toMatchObject({ affected: 4 });
		started.fake.answers.set('delete', { n: 2 });
		expect(await query({ delete: 'orders', deletes: [{ q: {}, limit: 0 }] }, false)).toMatchObject({
			affected: 2,
		});
	});

	it('bounds every statement in time and rows', async () => {
		await query({ find: 'orders', limit: 1_000 });
		await query({ find: 'orders', limit: 2 });
		await query({ aggregate: 'orders', pipeline: [{ $match: { total: 5 } }] });
		const sent = started.fake.take('find', 'aggregate').map((one) => one.command);
		expect(sent).toEqual([
			{ find: 'orders', limit: 4, maxTimeMS: 2_000 },
			{ find: 'orders', limit: 2, maxTimeMS: 2_000 },
			{
				...{ aggregate: 'orders', pipeline: [{ $match: { total: 5 } }, { $limit: 4 }] },
				...{ cursor: {}, maxTimeMS: 2_000 },
			},
		]);
	});

	it('cleans up what a crash left, and nothing else', async () => {
		const old = (Date.now() - 3_600_000).toString(36);
		const young = Date.now().toString(36);
		const names = [`sh0_${old}_aa`, `sh0_${young}_bb`, 'sh0x', 'sh0_!'];
		for (const name of names) {
			const command = { createUser: name, pwd: 'x', roles: [] };
			started.fake.users.createUser({ database: 'admin', command });
		}
		expect((await started.admin.listUsers()).items.map((one) => one.name)).toEqual(['sh0x']);
		await started.admin.browser?.collections({ database: 'shop' });
		const there = names.filter((name) => started.fake.users.find(name, 'admin') !== undefined);
		expect(there).toEqual(names.slice(1));
	});

	it('cleans up every ten minutes, and is kept from nothing by a user that cannot be dropped', async () => {
		vi.useFakeTimers({ toFake: ['Date'] });
		const nameOf = (ageMs: number, end: string) => `sh0_${(Date.now() - ageMs).toString(36)}_${end}`;
		const make = (name: string) =>
			started.fake.users.createUser({
				database: 'admin',
				command: { createUser: name, pwd: 'x', roles: [] },
			});
		const collections = () => started.admin.browser?.collections({ database: 'shop' });
		await collections();
		const [stuck, left] = [nameOf(3_600_000, 'aa'), nameOf(3_600_000, 'bb')];
		for (const name of [stuck, left]) make(name);
		started.fake.answers.set('dropUser', (call) => {
			if (call.command.dropUser === stuck) throw new MongoRefusal(1, 'InternalError');
			return started.fake.users.dropUser(call);
		});
		await collections();
		expect(started.fake.users.find(left, 'admin')).toBeDefined();
		vi.setSystemTime(Date.now() + 601_000);
		expect(await collections()).toMatchObject({ total: 1 });
		expect(started.fake.users.find(left, 'admin')).toBeUndefined();
		expect(started.fake.users.find(stuck, 'admin')).toBeDefined();
	});

	it('does not open the databases of the server itself, nor one that is not there', async () => {
		for (const database of ['admin', 'config', 'local', 'Admin']) {
			expect(await refusal(started.admin.browser?.collections({ database }))).toMatchObject({
				code: 'DATABASE_PROTECTED',
			});
		}
		const missing = started.admin.browser?.rows({
			...{ database: 'blog', collection: 'x', cursor: null, limit: 1 },
		});
		expect(await refusal(missing)).toMatchObject({ code: 'DATABASE_NOT_FOUND' });
		expect(made()).toEqual([]);
	});
});
