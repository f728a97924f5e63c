import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { UserAccess } from '../engines/engine';
import { FakeDatabaseAdmin } from '../testing/fake-database-admin';
import { TestHouse } from './testing';

let test: TestHouse;
let admin: FakeDatabaseAdmin;

beforeEach(() => {
	admin = new FakeDatabaseAdmin({ hasRules: true });
	test = new TestHouse(admin, { engine: 'redis', version: '8' });
});
afterEach(() => test.database.remove());

const reader: UserAccess = { keyPatterns: ['b:*', 'a:*'], channelPatterns: [], commands: ['+@READ'] };
const readerAsTheEngineWritesIt = { ...reader, commands: ['-@all', '+@read'] };

function create(name: string, access: UserAccess | null) {
	return test.house.databaseUsers.create(test.service, { name, password: null, grants: [], access });
}

async function userNamed(name: string) {
	const { users } = await test.house.grantMatrix.read(test.service, {
		users: { search: name },
		databases: {},
	});
	return users[0];
}

describe('rules of a user', () => {
	it('are declared as the engine writes them, so that its own way of writing is no drift', async () => {
		await create('app', reader);
		expect(await userNamed('app')).toMatchObject({
			access: { actual: readerAsTheEngineWritesIt, declared: readerAsTheEngineWritesIt, hasDrift: false },
			grants: [],
			hasDrift: false,
		});
		const answer = await test.house.databaseUsers.setAccess(test.service, {
			name: 'app',
			access: { ...reader, keyPatterns: ['c:*'] },
		});
		expect(answer).toMatchObject({ actual: { keyPatterns: ['c:*'] }, hasDrift: false });
	});

	it('show what somebody changed in the engine, the order of patterns aside, and are mended', async () => {
		await create('app', reader);
		admin.rules.set('app', { ...readerAsTheEngineWritesIt, keyPatterns: ['a:*', 'b:*'] });
		expect((await userNamed('app'))?.hasDrift).toBe(false);
		admin.rules.set('app', { ...readerAsTheEngineWritesIt, commands: ['+@all'] });
		expect(await userNamed('app')).toMatchObject({ hasDrift: true, access: { hasDrift: true } });
		expect(await test.house.grantMatrix.mend(test.service, null)).toEqual({ users: 1, changes: 1 });
		expect((await userNamed('app'))?.hasDrift).toBe(false);
	});

	it('are mended too when somebody let the user do everything', async () => {
		await create('app', reader);
		for (const names of [null, ['app']]) {
			admin.rules.set('app', { ...readerAsTheEngineWritesIt, commands: ['+@all'] });
			admin.superusers.add('app');
			expect(await test.house.grantMatrix.mend(test.service, names)).toEqual({ users: 1, changes: 1 });
			expect((await userNamed('app'))?.hasDrift).toBe(false);
		}
	});

	it('of a superuser made by hand are not touched', async () => {
		admin.passwords.set('boss', 'unknown');
		admin.superusers.add('boss');
		await expect(test.house.grantMatrix.mend(test.service, ['boss'])).rejects.toMatchObject({
			code: 'DATABASE_USER_PROTECTED',
		});
	});

	it('of one made by hand are no drift before something is changed here', async () => {
		admin.passwords.set('byhand', 'unknown');
		admin.rules.set('byhand', reader);
		expect(await userNamed('byhand')).toMatchObject({
			isManaged: false,
			access: { declared: null },
			hasDrift: false,
		});
		await test.house.databaseUsers.setPassword(test.service, {
			name: 'byhand',
			password: null,
			endsSessions: true,
		});
		expect(await userNamed('byhand')).toMatchObject({ isManaged: true, access: { declared: reader } });
	});

	it('leave nothing when they cannot be read back', async () => {
		admin.findUser = () => Promise.reject(new Error('gone'));
		await expect(create('app', reader)).rejects.toThrow('gone');
		expect(admin.passwords.size).toBe(0);
	});
});

describe('what the engine cannot do', () => {
	const refusal = (capability: string, reason: string) => ({
		code: 'NOT_SUPPORTED',
		details: { engine: 'redis', capability, reason },
	});

	it('is refused with its reason, before the engine is asked', async () => {
		const { databases, databaseUsers } = test.house;
		const { service } = test;
		const name = 'app';
		await expect(databases.create(service, { name, owner: null })).rejects.toMatchObject(
			refusal('databases', 'numberedDatabases'),
		);
		await expect(databases.remove(service, { name, confirmName: name })).rejects.toMatchObject(
			refusal('databases', 'numberedDatabases'),
		);
		await expect(databases.charsets(service)).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
		const grants = [{ database: '0', level: 'read' as const }];
		await expect(databaseUsers.setGrants(service, { name, grants })).rejects.toMatchObject(
			refusal('grants', 'accessInstead'),
		);
		await expect(databaseUsers.create(service, { name, password: null, grants })).rejects.toMatchObject(
			refusal('grants', 'accessInstead'),
		);
		await expect(
			databaseUsers.create(service, { name, host: '10.0.0.1', password: null, grants: [] }),
		).rejects.toMatchObject(refusal('hosts', 'anyHost'));
		expect(admin.passwords.size).toBe(0);
	});
});
