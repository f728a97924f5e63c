import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { GrantLevel } from '$lib/shared/services';
import { databaseGrants } from '../db/schema/index';
import { AppError } from '../errors';
import { FakeDatabaseAdmin } from '../testing/fake-database-admin';
import type { Matrix } from './matrix';
import { TestHouse } from './testing';

let test: TestHouse;
let admin: FakeDatabaseAdmin;

beforeEach(async () => {
	admin = new FakeDatabaseAdmin();
	test = new TestHouse(admin, { engine: 'postgres', version: '18' });
	admin.databases.add('shop').add('blog').add('wiki');
	await create('app', [
		{ database: 'shop', level: 'write' },
		{ database: 'blog', level: 'read' },
	]);
	await create('tool', []);
	admin.passwords.set('byhand', 'unknown');
	setActual('wiki', 'byhand', 'owner');
});
afterEach(() => test.database.remove());

function create(name: string, grants: { database: string; level: GrantLevel }[]) {
	return test.house.databaseUsers.create(test.service, { name, password: null, grants });
}

/** As if somebody had done it in the engine itself. */
function setActual(database: string, user: string, level: GrantLevel): void {
	admin.levels.set(JSON.stringify([database, user]), level);
}

function actual(database: string, user: string): GrantLevel {
	return admin.levels.get(JSON.stringify([database, user])) ?? 'none';
}

function read(request: Partial<Parameters<typeof test.house.grantMatrix.read>[1]> = {}): Promise<Matrix> {
	return test.house.grantMatrix.read(test.service, { users: {}, databases: {}, ...request });
}

function mend(...names: string[]) {
	return test.house.grantMatrix.mend(test.service, names.length === 0 ? null : names);
}

function declared(): string[] {
	const rows = test.database.db.select().from(databaseGrants).all();
	return rows.map((row) => `${row.userName} ${row.level} ${row.database}`).sort();
}

describe('the matrix', () => {
	it('measures no database', async () => {
		await read();
		await mend();
		expect(admin.measured).toBe(0);
		await test.house.databases.list(test.service, {});
		expect(admin.measured).toBe(4);
	});

	it('shows users on databases, declared beside what the engine has', async () => {
		setActual('shop', 'app', 'owner');
		const matrix = await read();
		expect(matrix.databases.map(({ name, isProtected }) => [name, isProtected])).toEqual([
			['blog', false],
			['postgres', true],
			['shop', false],
			['wiki', false],
		]);
		expect(matrix.users.map(({ name, isManaged, hasDrift }) => [name, isManaged, hasDrift])).toEqual([
			['app', true, true],
			['byhand', false, false],
			['tool', true, false],
		]);
		expect(matrix.users[0]?.grants).toEqual([
			{ database: 'blog', level: 'read', declared: 'read', hasDrift: false },
			{ database: 'shop', level: 'owner', declared: 'write', hasDrift: true },
		]);
		expect(matrix.users[1]?.grants).toEqual([
			{ database: 'wiki', level: 'owner', declared: 'none', hasDrift: false },
		]);
	});

	it('is searched and paged both ways, and asks the engine once for what is shown', async () => {
		admin.grantQuestions.length = 0;
		const page = await read({ users: { limit: 1 }, databases: { search: 'O', limit: 2 } });
		expect(page.users.map((user) => user.name)).toEqual(['app']);
		expect([page.nextCursor, page.total]).toEqual(['app', 3]);
		expect(page.databases.map((database) => database.name)).toEqual(['blog', 'postgres']);
		expect([page.nextDatabaseCursor, page.databaseTotal]).toEqual(['postgres', 3]);
		expect(page.users[0]?.grants.map((grant) => grant.database)).toEqual(['blog']);
		expect(admin.grantQuestions).toEqual([{ users: ['app'], databases: ['blog', 'postgres'] }]);
		const next = await read({ users: { cursor: 'app' }, databases: { cursor: 'postgres' } });
		expect(next.users.map((user) => user.name)).toEqual(['byhand', 'tool']);
		expect(next.databases.map((database) => database.name)).toEqual(['shop', 'wiki']);
	});
});

describe('mending', () => {
	beforeEach(() => {
		setActual('shop', 'app', 'owner');
		setActual('blog', 'app', 'none');
		setActual('wiki', 'tool', 'read');
	});

	it('makes what all users have what was declared, and leaves those made by hand alone', async () => {
		expect(await mend()).toEqual({ users: 2, changes: 3 });
		expect([actual('shop', 'app'), actual('blog', 'app'), actual('wiki', 'tool')]).toEqual([
			'write',
			'read',
			'none',
		]);
		expect(actual('wiki', 'byhand')).toBe('owner');
		expect((await read()).users.some((user) => user.hasDrift)).toBe(false);
		expect(await mend()).toEqual({ users: 0, changes: 0 });
	});

	it('keeps to one user when asked to', async () => {
		expect(await mend('tool')).toEqual({ users: 1, changes: 1 });
		expect(actual('shop', 'app')).toBe('owner');
		await expect(mend('nobody')).rejects.toMatchObject({ code: 'DATABASE_USER_NOT_FOUND' });
		admin.superusers.add('byhand');
		await expect(mend('byhand')).rejects.toMatchObject({ code: 'DATABASE_USER_PROTECTED' });
	});

	it('lists the databases and finds the users once for several, and goes through all of them', async () => {
		const listDatabases = vi.spyOn(admin, 'listDatabases');
		admin.grantQuestions.length = 0;
		await expect(mend('nobody', 'tool', 'app')).rejects.toMatchObject({
			...{ code: 'DATABASE_USER_NOT_FOUND', details: { name: 'nobody' } },
		});
		expect(listDatabases).toHaveBeenCalledTimes(1);
		expect(admin.grantQuestions).toEqual([{ users: ['nobody', 'tool', 'app'] }]);
		expect(admin.userQuestions).toEqual([['nobody', 'tool', 'app']]);
		expect([actual('shop', 'app'), actual('wiki', 'tool')]).toEqual(['write', 'none']);
	});

	it('keeps what was declared for a user that may do everything by now', async () => {
		admin.superusers.add('app');
		await mend();
		expect(declared()).toEqual(['app read blog', 'app write shop']);
	});

	it('forgets what was declared for databases and users that are gone', async () => {
		admin.databases.delete('shop');
		admin.passwords.delete('app');
		await create('other', [{ database: 'wiki', level: 'read' }]);
		expect(await mend()).toEqual({ users: 1, changes: 1 });
		expect(declared()).toEqual(['other read wiki']);
	});

	it('forgets no user that it was not asked about', async () => {
		admin.passwords.delete('app');
		await mend('tool');
		expect(declared()).toEqual(['app read blog', 'app write shop']);
	});

	it('goes through all before it tells what stopped one', async () => {
		const error = new AppError('ENGINE_REFUSED');
		admin.break('setGrants', 'before', error);
		await expect(mend()).rejects.toBe(error);
		expect(actual('wiki', 'tool')).toBe('none');
		expect(await mend()).toEqual({ users: 1, changes: 2 });
	});
});

describe('a user made by hand', () => {
	it('keeps what it has without drift when something is changed here', async () => {
		await test.house.databaseUsers.setGrants(test.service, {
			name: 'byhand',
			grants: [{ database: 'shop', level: 'read' }],
		});
		expect(declared()).toContain('byhand owner wiki');
		const [user] = (await read({ users: { search: 'byhand' } })).users;
		expect([user?.isManaged, user?.hasPassword, user?.hasDrift]).toEqual([true, false, false]);
		setActual('wiki', 'byhand', 'read');
		expect(await mend()).toEqual({ users: 1, changes: 1 });
		expect(actual('wiki', 'byhand')).toBe('owner');
	});

	it('keeps it too when its password is set here', async () => {
		await test.house.databaseUsers.setPassword(test.service, {
			name: 'byhand',
			password: null,
			endsSessions: true,
		});
		const [user] = (await read({ users: { search: 'byhand' } })).users;
		expect([user?.hasPassword, user?.hasDrift]).toEqual([true, false]);
		expect(await mend()).toEqual({ users: 0, changes: 0 });
	});
});
