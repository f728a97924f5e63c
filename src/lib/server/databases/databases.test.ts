import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MIB } from '$lib/shared/units';
import { databaseGrants, databaseUsers, projects, services } from '../db/schema/index';
import { openTestDatabase } from '../db/testing';
import { engineById } from '../engines';
import { AppError } from '../errors';
import { newId } from '../ids';
import { Redactor } from '../log';
import { Secret } from '../secret';
import { Crash, FakeDatabaseAdmin } from '../testing/fake-database-admin';
import { openVault } from '../vault';
import { createDatabases } from './index';
import { TestHouse } from './testing';

let database: ReturnType<typeof openTestDatabase>;
let admin: FakeDatabaseAdmin;
let service: { id: string; engine: string; version: string };
let house: ReturnType<typeof createDatabases>;

beforeEach(() => {
	database = openTestDatabase();
	const { db } = database;
	const projectId = newId('project');
	const createdAt = new Date();
	db.insert(projects).values({ id: projectId, name: 'p', networkIndex: 0, createdAt }).run();
	service = { id: newId('service'), engine: 'postgres', version: '18' };
	db.insert(services)
		.values({
			...{
				id: service.id,
				projectId,
				kind: 'database',
				engine: 'postgres',
				version: '18',
				name: 's',
				createdAt,
			},
			...{ memoryBytes: 256 * MIB, desiredState: 'running', phase: 'ready' },
		})
		.run();
	admin = new FakeDatabaseAdmin();
	house = openHouse();
});
afterEach(() => database.remove());

/** As after a restart: nothing is remembered but what is stored. */
function openHouse(): ReturnType<typeof createDatabases> {
	const keyFile = join(database.dataDir, 'master.key');
	return createDatabases({
		db: database.db,
		vault: openVault({ db: database.db, keyFile, instanceId: 'abcdef01', redactor: new Redactor() }),
		broker: { admin: () => Promise.resolve(admin) },
		secrets: { root: () => new Secret('root password') },
		engineById,
	});
}

function create(
	name: string,
	password: string | null = null,
	grants: { database: string; level: 'read' }[] = [],
) {
	return house.databaseUsers.create(service, {
		name,
		password: password === null ? null : new Secret(password),
		grants,
	});
}

function setPassword(name: string, password: string | null = null) {
	return house.databaseUsers.setPassword(service, {
		name,
		password: password === null ? null : new Secret(password),
		endsSessions: true,
	});
}

async function reveal(name: string): Promise<string> {
	return (await house.revealSecret(service, { kind: 'databaseUser', name })).reveal();
}

describe('users', () => {
	it('keeps a generated password so that it can be shown again', async () => {
		expect(await create('app')).toEqual({ name: 'app', generated: true });
		expect(await reveal('app')).toBe(admin.passwords.get('app'));
		expect(await reveal('app')).toMatch(/^[A-Za-z0-9]{32}$/);
		expect(JSON.stringify(database.db.select().from(databaseUsers).all())).not.toContain(await reveal('app'));
	});

	it('creates nothing when a grant cannot be given', async () => {
		await expect(create('app', null, [{ database: 'missing', level: 'read' }])).rejects.toMatchObject({
			code: 'DATABASE_NOT_FOUND',
		});
		expect(admin.passwords.size).toBe(0);
		expect(database.db.select().from(databaseUsers).all()).toEqual([]);
	});

	it('leaves the stored password alone when the name is taken', async () => {
		await create('app', 'first-password');
		await expect(create('app', 'second-password')).rejects.toMatchObject({ code: 'DATABASE_USER_EXISTS' });
		expect(await reveal('app')).toBe('first-password');
	});

	it('does not know the password of a user made by hand until it sets one', async () => {
		admin.passwords.set('byhand', 'unknown');
		await expect(create('byhand')).rejects.toMatchObject({ code: 'DATABASE_USER_EXISTS' });
		await expect(reveal('byhand')).rejects.toMatchObject({ code: 'NOT_FOUND' });
		expect((await house.databaseUsers.list(service, {})).items).toMatchObject([
			{ name: 'byhand', hasPassword: false },
		]);
		await setPassword('byhand', 'known-now');
		expect(await reveal('byhand')).toBe('known-now');
		expect(admin.passwords.get('byhand')).toBe('known-now');
	});

	it.each(['postgres', 'a\0b', '', 'pg_x', 'x'.repeat(64)])(
		'refuses the name %j before it stores anything',
		async (name) => {
			await expect(create(name)).rejects.toMatchObject({ code: expect.stringMatching(/^NAME_/) });
			await expect(setPassword(name)).rejects.toMatchObject({ code: expect.stringMatching(/^NAME_/) });
			expect(database.db.select().from(databaseUsers).all()).toEqual([]);
		},
	);

	it('refuses a password that clients disagree about', async () => {
		await create('app', 'first-password');
		await expect(setPassword('app', 'smile 😀 smile')).rejects.toMatchObject({
			...{ code: 'PASSWORD_UNUSABLE', details: { reason: 'characters' } },
		});
		expect(await reveal('app')).toBe('first-password');
	});

	it('forgets password and grants of a user that was removed', async () => {
		admin.databases.add('shop');
		await create('app', null, [{ database: 'shop', level: 'read' }]);
		await expect(
			house.databaseUsers.remove(service, { name: 'app', confirmName: 'ap' }),
		).rejects.toMatchObject({
			code: 'CONFIRMATION_MISMATCH',
		});
		await house.databaseUsers.remove(service, { name: 'app', confirmName: 'app' });
		expect(database.db.select().from(databaseUsers).all()).toEqual([]);
		expect(database.db.select().from(databaseGrants).all()).toEqual([]);
		await expect(reveal('app')).rejects.toMatchObject({ code: 'NOT_FOUND' });
	});
});

describe('an interrupted change', () => {
	const unreachable = () => new AppError('ENGINE_UNREACHABLE');

	it.each([
		['before the engine took it', 'setPassword', 'before', 'old-password'],
		['after the engine took it', 'setPassword', 'after', 'new-password'],
		['while it was verified', 'canLogin', 'before', 'new-password'],
	] as const)('of a password, %s, leaves one that works and is known', async (_, method, when, expected) => {
		for (const error of [new Crash(), unreachable()]) {
			admin = new FakeDatabaseAdmin();
			database.db.delete(databaseUsers).run();
			await create('app', 'old-password');
			admin.break(method, when, error);
			await expect(setPassword('app', 'new-password')).rejects.toBe(error);
			house = openHouse();
			expect(await reveal('app')).toBe(expected);
			expect(admin.passwords.get('app')).toBe(expected);
			expect(database.db.select().from(databaseUsers).all()).toMatchObject([{ pendingPasswordCell: null }]);
		}
	});

	it('of a password is forgotten at once when the engine refused it', async () => {
		await create('app', 'old-password');
		admin.break('setPassword', 'before', new AppError('ENGINE_REFUSED'));
		await expect(setPassword('app', 'new-password')).rejects.toMatchObject({ code: 'ENGINE_REFUSED' });
		expect(database.db.select().from(databaseUsers).all()).toMatchObject([{ pendingPasswordCell: null }]);
		expect(await reveal('app')).toBe('old-password');
	});

	it('of a creation can be done again, or is there with its password', async () => {
		admin.break('createUser', 'before', new Crash());
		await expect(create('app')).rejects.toBeInstanceOf(Crash);
		house = openHouse();
		await create('app', 'second-try');
		expect(await reveal('app')).toBe('second-try');

		admin.break('createUser', 'after', new Crash());
		await expect(create('other')).rejects.toBeInstanceOf(Crash);
		house = openHouse();
		expect(await reveal('other')).toBe(admin.passwords.get('other'));
	});

	it('of a creation whose user is missing from the engine is forgotten when asked for', async () => {
		admin.break('createUser', 'before', unreachable());
		await expect(create('app')).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
		await expect(reveal('app')).rejects.toMatchObject({ code: 'NOT_FOUND' });
		expect(database.db.select().from(databaseUsers).all()).toEqual([]);
	});

	it('does two changes of one user one after the other', async () => {
		await create('app');
		await Promise.all([
			setPassword('app', 'one-password'),
			setPassword('app', 'two-password'),
			setPassword('app'),
		]);
		expect(await reveal('app')).toBe(admin.passwords.get('app'));
	});
});

describe('grants', () => {
	it('are shown as read back, and marked where they differ from what was asked for', async () => {
		admin.databases.add('shop').add('blog').add('wiki');
		await create('app');
		const answer = await house.databaseUsers.setGrants(service, {
			name: 'app',
			grants: [
				{ database: 'shop', level: 'write' },
				{ database: 'blog', level: 'read' },
			],
		});
		expect(answer).toEqual([
			{ database: 'blog', level: 'read', declared: 'read', hasDrift: false },
			{ database: 'shop', level: 'write', declared: 'write', hasDrift: false },
		]);
		admin.levels.set(JSON.stringify(['shop', 'app']), 'owner');
		admin.levels.set(JSON.stringify(['blog', 'app']), 'none');
		admin.levels.set(JSON.stringify(['wiki', 'app']), 'read');
		expect((await house.databaseUsers.list(service, {})).items[0]?.grants).toEqual([
			{ database: 'blog', level: 'none', declared: 'read', hasDrift: true },
			{ database: 'shop', level: 'owner', declared: 'write', hasDrift: true },
			{ database: 'wiki', level: 'read', declared: 'none', hasDrift: true },
		]);
		await house.databaseUsers.setGrants(service, {
			name: 'app',
			grants: [{ database: 'shop', level: 'none' }],
		});
		expect(database.db.select().from(databaseGrants).all()).toMatchObject([
			{ database: 'blog', level: 'read' },
		]);
	});

	it('of a dropped database are forgotten, and do not hold for a new one of its name', async () => {
		await create('app');
		await house.databases.create(service, { name: 'shop', owner: 'app' });
		expect(database.db.select().from(databaseGrants).all()).toMatchObject([
			{ userName: 'app', level: 'owner' },
		]);
		admin.databases.delete('shop');
		await house.databases.create(service, { name: 'shop', owner: null });
		expect(database.db.select().from(databaseGrants).all()).toEqual([]);
		await expect(
			house.databases.remove(service, { name: 'shop', confirmName: 'Shop' }),
		).rejects.toMatchObject({
			code: 'CONFIRMATION_MISMATCH',
		});
		await house.databases.remove(service, { name: 'shop', confirmName: 'shop' });
		expect(admin.databases.has('shop')).toBe(false);
	});
});

describe('a user bound to an address', () => {
	it('is refused for its name or for its address, and says which', async () => {
		const test = new TestHouse(admin, { engine: 'mysql', version: '9' });
		const make = (name: string, host: string) =>
			test.house.databaseUsers.create(test.service, { name, host, password: null, grants: [] });
		await expect(make('app', '10.0.0.0/33')).rejects.toMatchObject({ code: 'NAME_INVALID', field: 'host' });
		await expect(make('root', '10.0.0.0/33')).rejects.toMatchObject({ code: 'NAME_RESERVED', field: 'name' });
		test.database.remove();
	});
});

describe('lists', () => {
	it('come in pages that names added meanwhile do not shift', async () => {
		for (const name of ['b', 'd', 'a', 'c', 'e']) admin.databases.add(name);
		admin.databases.delete('postgres');
		const first = await house.databases.list(service, { limit: 2 });
		expect([first.items.map((item) => item.name), first.nextCursor, first.total]).toEqual([
			['a', 'b'],
			'b',
			5,
		]);
		admin.databases.add('aa');
		const second = await house.databases.list(service, { limit: 2, cursor: first.nextCursor ?? '' });
		expect(second.items.map((item) => item.name)).toEqual(['c', 'd']);
		const last = await house.databases.list(service, { limit: 2, cursor: second.nextCursor ?? '' });
		expect([last.items.map((item) => item.name), last.nextCursor]).toEqual([['e'], null]);
	});

	it('are searched in any case', async () => {
		admin.databases.add('Shop_EU').add('blog');
		const found = await house.databases.list(service, { search: 'shop' });
		expect(found.items.map((item) => item.name)).toEqual(['Shop_EU']);
	});
});

describe('revealSecret', () => {
	it('shows the root password and needs a name for a user', async () => {
		expect((await house.revealSecret(service, { kind: 'root', name: null })).reveal()).toBe('root password');
		await expect(house.revealSecret(service, { kind: 'databaseUser', name: null })).rejects.toMatchObject({
			code: 'BAD_INPUT',
		});
	});
});
