import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../secret';
import { MongoRefusal } from '../../testing/fake-mongod/command';
import { refusal, startFake, type StartedFake } from '../../testing/fake-mongod/started';

const password = new Secret('Long-enough-1');

describe('what MongoDB is told of databases', () => {
	let started: StartedFake;

	beforeEach(async () => {
		started = await startFake();
	});
	afterEach(async () => {
		await started.stop();
	});

	const sent = (...names: string[]) => started.fake.take(...names).map(({ as: _, ...rest }) => rest);

	it('a new one gets a first collection, and its owner the role', async () => {
		const { admin } = started;
		await admin.createUser({ name: 'ada', password });
		started.fake.take();
		await admin.createDatabase({ name: 'shop', owner: 'ada' });
		expect(sent('create', 'grantRolesToUser')).toEqual([
			{
				database: 'admin',
				command: { grantRolesToUser: 'ada', roles: [{ role: 'dbOwner', db: 'shop' }] },
			},
			{ database: 'shop', command: { create: 'created_by_sh0' } },
		]);
		expect((await admin.listDatabases()).items).toEqual([
			{
				...{ name: 'shop', owner: 'ada', encoding: null, collation: null },
				...{ sizeBytes: 8192, objects: 1, isProtected: false },
			},
		]);
	});

	it('one without its owner is not left behind', async () => {
		const { admin, fake } = started;
		expect(await refusal(admin.createDatabase({ name: 'shop', owner: 'nobody' }))).toMatchObject({
			code: 'DATABASE_USER_NOT_FOUND',
		});
		await admin.createUser({ name: 'ada', password });
		fake.answers.set('grantRolesToUser', new MongoRefusal(31, 'RoleNotFound'));
		expect(await refusal(admin.createDatabase({ name: 'shop', owner: 'ada' }))).toEqual({
			code: 'ENGINE_REFUSED',
			engineCode: 31,
		});
		expect((await admin.listDatabases()).items).toEqual([]);
	});

	it('interrupted before its first collection, it is completed by doing it again', async () => {
		const { admin, fake } = started;
		await admin.createUser({ name: 'ada', password });
		await admin.createUser({ name: 'bob', password });
		fake.answers.set('create', () => {
			throw new MongoRefusal(91, 'ShutdownInProgress');
		});
		fake.answers.set('revokeRolesFromUser', new MongoRefusal(91, 'ShutdownInProgress'));
		expect(await refusal(admin.createDatabase({ name: 'shop', owner: 'ada' }))).toEqual({
			code: 'ENGINE_NOT_READY',
		});
		fake.answers.clear();
		expect(await admin.grants?.list()).toEqual([{ database: 'shop', user: 'ada', level: 'owner' }]);
		await admin.createDatabase({ name: 'shop', owner: 'bob' });
		expect(await admin.grants?.list()).toEqual([{ database: 'shop', user: 'bob', level: 'owner' }]);
	});

	it('one that could not be made gives nobody rights', async () => {
		const { admin, fake } = started;
		await admin.createUser({ name: 'ada', password });
		fake.answers.set('create', new MongoRefusal(48, 'NamespaceExists'));
		expect(await refusal(admin.createDatabase({ name: 'shop', owner: 'ada' }))).toEqual({
			code: 'DATABASE_EXISTS',
		});
		expect(await admin.grants?.list()).toEqual([]);
	});

	it('a name that differs in case only is taken, whoever notices', async () => {
		const { admin, fake } = started;
		await admin.createDatabase({ name: 'shop', owner: null });
		const taken = { code: 'DATABASE_EXISTS' };
		expect(await refusal(admin.createDatabase({ name: 'SHOP', owner: null }))).toMatchObject(taken);
		fake.answers.set('listDatabases', { databases: [] });
		expect(await refusal(admin.createDatabase({ name: 'SHOP', owner: null }))).toMatchObject(taken);
		fake.answers.set('listDatabases', { databases: [] });
		expect(await refusal(admin.createDatabase({ name: 'shop', owner: null }))).toMatchObject(taken);
	});

	it('dropping one takes every right on it first, and no other', async () => {
		const { admin } = started;
		await admin.createUser({ name: 'ada', password });
		await admin.createDatabase({ name: 'shop', owner: 'ada' });
		await admin.createDatabase({ name: 'blog', owner: 'ada' });
		started.fake.take();
		await admin.removeDatabase('shop');
		expect(sent('revokeRolesFromUser', 'dropAllRolesFromDatabase', 'dropDatabase')).toEqual([
			{
				database: 'admin',
				command: { revokeRolesFromUser: 'ada', roles: [{ role: 'dbOwner', db: 'shop' }] },
			},
			{ database: 'shop', command: { dropAllRolesFromDatabase: 1 } },
			{ database: 'shop', command: { dropDatabase: 1 } },
		]);
		expect(await admin.grants?.list()).toEqual([{ database: 'blog', user: 'ada', level: 'owner' }]);
	});

	it('the page names all and measures its own', async () => {
		const { admin } = started;
		for (const name of ['c', 'a', 'b']) await admin.createDatabase({ name, owner: null });
		started.fake.take();
		const page = await admin.listDatabases({ limit: 2 });
		expect([page.items.map((one) => one.name), page.total, page.nextCursor]).toEqual([['a', 'b'], 3, 'b']);
		expect(sent('dbStats').map((one) => one.database)).toEqual(['a', 'b']);
	});
});
