import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../secret';
import { MongoRefusal } from '../../testing/fake-mongod/command';
import { refusal, startFake, type StartedFake } from '../../testing/fake-mongod/started';
import { hostileStrings } from '../../testing/hostile-strings';
import { codeAs } from '../../testing/mongo-server';
import { mongodb } from './definition';

const password = new Secret('Long-enough-1');
const another = new Secret('Another-one-22');
const changes = ['createUser', 'updateUser', 'dropUser', 'grantRolesToUser', 'revokeRolesFromUser'];

/** By the manual's pages on user management commands; the fake answers as they say. */
describe('what MongoDB is told of users', () => {
	let started: StartedFake;

	beforeEach(async () => {
		started = await startFake();
	});
	afterEach(async () => {
		await started.stop();
	});

	const sent = (...names: string[]) => started.fake.take(...names).map(({ as: _, ...rest }) => rest);

	/** Made by hand, in whatever database. */
	function byHand(user: string, db: string, roles: { role: string; db: string }[], more: object = {}): void {
		const command = { createUser: user, pwd: 'by-hand-pass-1', roles, ...more };
		started.fake.users.createUser({ database: db, command });
	}

	it('a new user lives in admin, has no role and one mechanism', async () => {
		await started.admin.createUser({ name: 'ada', password });
		expect(sent(...changes)).toEqual([
			{
				database: 'admin',
				command: { createUser: 'ada', pwd: 'Long-enough-1', roles: [], mechanisms: ['SCRAM-SHA-256'] },
			},
		]);
		expect(await refusal(started.admin.createUser({ name: 'ada', password }))).toEqual({
			code: 'DATABASE_USER_EXISTS',
			name: 'ada',
		});
		expect(sent(...changes)).toEqual([]);
	});

	it('a level is the one built-in role on its database', async () => {
		const { admin } = started;
		await admin.createUser({ name: 'ada', password });
		await admin.createDatabase({ name: 'shop', owner: null });
		started.fake.take();
		await admin.grants?.set({ user: 'ada', grants: [{ database: 'shop', level: 'read' }] });
		expect(sent(...changes)).toEqual([
			{
				database: 'admin',
				command: { grantRolesToUser: 'ada', roles: [{ role: 'read', db: 'shop' }] },
			},
		]);
		await admin.grants?.set({ user: 'ada', grants: [{ database: 'shop', level: 'owner' }] });
		expect(sent(...changes).map((one) => one.command)).toEqual([
			{ grantRolesToUser: 'ada', roles: [{ role: 'dbOwner', db: 'shop' }] },
			{ revokeRolesFromUser: 'ada', roles: [{ role: 'read', db: 'shop' }] },
		]);
		expect(await admin.grants?.list()).toEqual([{ database: 'shop', user: 'ada', level: 'owner' }]);
		await admin.grants?.set({ user: 'ada', grants: [{ database: 'shop', level: 'owner' }] });
		expect(sent(...changes)).toEqual([]);
		await admin.grants?.set({ user: 'ada', grants: [{ database: 'shop', level: 'none' }] });
		expect(sent(...changes).map((one) => one.command)).toEqual([
			{ revokeRolesFromUser: 'ada', roles: [{ role: 'dbOwner', db: 'shop' }] },
		]);
		expect(await admin.grants?.list()).toEqual([]);
	});

	it('a level takes away the other roles on its database, and leaves those on others', async () => {
		const { admin } = started;
		await admin.createDatabase({ name: 'shop', owner: null });
		byHand('hand', 'admin', [
			{ role: 'readWrite', db: 'shop' },
			{ role: 'dbAdmin', db: 'shop' },
			{ role: 'read', db: 'blog' },
		]);
		expect(await admin.grants?.list({ users: ['hand'] })).toEqual([
			{ database: 'shop', user: 'hand', level: 'write' },
			{ database: 'blog', user: 'hand', level: 'read' },
		]);
		await admin.grants?.set({ user: 'hand', grants: [{ database: 'shop', level: 'write' }] });
		expect(started.fake.users.find('hand', 'admin')?.roles).toEqual([
			{ role: 'readWrite', db: 'shop' },
			{ role: 'read', db: 'blog' },
		]);
		expect(await admin.grants?.list({ databases: ['blog'] })).toHaveLength(1);
	});

	it('levels bite: a reader reads, a writer writes, an owner makes and drops', async () => {
		const { admin, fake, target } = started;
		await admin.createDatabase({ name: 'shop', owner: null });
		const probes = [{ find: 'x' }, { insert: 'x', documents: [{ _id: 1 }] }, { create: 'y' }];
		const expected = {
			none: [13, 13, 13],
			read: [null, 13, 13],
			write: [null, null, 13],
			owner: [null, null, null],
		};
		for (const [level, codes] of Object.entries(expected)) {
			await admin.createUser({ name: level, password });
			if (level === 'read' || level === 'write' || level === 'owner') {
				await admin.grants?.set({ user: level, grants: [{ database: 'shop', level }] });
			}
			const got: (number | null)[] = [];
			for (const command of probes)
				got.push(await codeAs(target, { user: level, password }, 'shop', command));
			expect([level, got]).toEqual([level, codes]);
			fake.data.databases.get('shop')?.delete('y');
			expect(await admin.canLogin({ user: level, password, database: 'shop' })).toBe(level !== 'none');
		}
	});

	it('a password is set where the user lives, and users made elsewhere by hand are told apart', async () => {
		const { admin } = started;
		byHand('ada', 'shop', [{ role: 'read', db: 'shop' }]);
		await admin.createUser({ name: 'ada', password: another });
		expect((await admin.listUsers()).items.map((user) => user.name)).toEqual(['ada', 'ada@shop']);
		started.fake.take();
		await admin.setPassword({ name: 'ada@shop', password, endsSessions: false });
		expect(sent(...changes)).toEqual([
			{
				database: 'shop',
				command: { updateUser: 'ada', pwd: 'Long-enough-1', mechanisms: ['SCRAM-SHA-256'] },
			},
		]);
		expect(await admin.canLogin({ user: 'ada@shop', password, database: 'shop' })).toBe(false);
		started.fake.data.create({ database: 'shop', command: { create: 'x' } });
		expect(await admin.canLogin({ user: 'ada@shop', password, database: 'shop' })).toBe(true);
		expect(await admin.canLogin({ user: 'ada', password, database: null })).toBe(false);
		await admin.removeUser('ada@shop');
		expect((await admin.listUsers()).items.map((user) => user.name)).toEqual(['ada']);
		expect(await refusal(admin.createUser({ name: 'bob@shop', password }))).toMatchObject({
			code: 'NAME_INVALID',
		});
	});

	it('two users that look the same are left alone', async () => {
		byHand('a@b', 'c', []);
		byHand('a', 'b@c', []);
		expect(await refusal(started.admin.removeUser('a@b@c'))).toMatchObject({
			code: 'DATABASE_USER_PROTECTED',
		});
	});

	it('ending sessions ends what they run, and never drops the user', async () => {
		const { admin, fake, target } = started;
		byHand('ada', 'admin', [{ role: 'read', db: 'shop' }], { customData: { team: 'x' } });
		const before = fake.users.find('ada', 'admin');
		const operation = { type: 'op', active: true, effectiveUsers: [{ user: 'ada', db: 'admin' }] };
		const firstBatch = [
			{ ...operation, connectionId: 7, opid: 71 },
			{ ...operation, connectionId: 8, opid: 81, active: false },
			{ ...operation, connectionId: 9, opid: 91, effectiveUsers: [{ user: 'ada', db: 'shop' }] },
			{ ...operation, connectionId: 10, opid: 101, appName: 'sh0' },
		];
		fake.answers.set('aggregate', { cursor: { id: 0n, ns: 'admin.$cmd.aggregate', firstBatch } });
		fake.take();
		await admin.setPassword({ name: 'ada', password, endsSessions: true });
		expect(sent(...changes, 'killAllSessionsByPattern', 'killOp').map((one) => one.command)).toEqual([
			{ updateUser: 'ada', pwd: 'Long-enough-1', mechanisms: ['SCRAM-SHA-256'] },
			{ killAllSessionsByPattern: [{ users: [{ user: 'ada', db: 'admin' }] }] },
			{ killOp: 1, op: 71 },
			{ killOp: 1, op: 101 },
		]);
		expect(fake.users.find('ada', 'admin')).toEqual({ ...before, pwd: 'Long-enough-1' });
		const login = { user: 'ada', password };
		expect(await codeAs(target, login, 'shop', { find: 'x' })).toBeNull();
	});

	it('a password that was set is no refusal when its sessions are not ended', async () => {
		const { admin, fake } = started;
		await admin.createUser({ name: 'ada', password });
		fake.answers.set('killAllSessionsByPattern', new MongoRefusal(13, 'Unauthorized'));
		const attempt = admin.setPassword({ name: 'ada', password: another, endsSessions: true });
		expect(await refusal(attempt)).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
		expect(await admin.canLogin({ user: 'ada', password: another, database: null })).toBe(true);
	});

	it('those that may do everything have no levels and are not touched', async () => {
		const { admin } = started;
		byHand('boss', 'admin', [{ role: 'readWriteAnyDatabase', db: 'admin' }]);
		byHand('watch', 'admin', [{ role: 'clusterMonitor', db: 'admin' }]);
		await admin.createDatabase({ name: 'shop', owner: null });
		expect((await admin.listUsers()).items.map(({ name, isSuperuser }) => [name, isSuperuser])).toEqual([
			['boss', true],
			['watch', false],
		]);
		const grants = [{ database: 'shop', level: 'read' as const }];
		for (const attempt of [admin.grants?.set({ user: 'boss', grants }), admin.removeUser('boss')]) {
			expect(await refusal(attempt)).toMatchObject({ code: 'DATABASE_USER_PROTECTED' });
		}
		expect(await refusal(admin.grants?.set({ user: 'nobody', grants }))).toMatchObject({
			code: 'DATABASE_USER_NOT_FOUND',
		});
		const elsewhere = [{ database: 'nowhere', level: 'read' as const }];
		expect(await refusal(admin.grants?.set({ user: 'watch', grants: elsewhere }))).toMatchObject({
			code: 'DATABASE_NOT_FOUND',
		});
	});

	it('what the server refuses comes as an error of ours, without its words', async () => {
		const { admin, fake } = started;
		await admin.createUser({ name: 'ada', password });
		const codes = [
			[11, 'DATABASE_USER_NOT_FOUND'],
			[13, 'ENGINE_REFUSED'],
			[18, 'ENGINE_UNREACHABLE'],
			[31, 'ENGINE_REFUSED'],
			[91, 'ENGINE_NOT_READY'],
			[51003, 'DATABASE_USER_EXISTS'],
		] as const;
		for (const [code, ours] of codes) {
			fake.answers.set('updateUser', new MongoRefusal(code, 'Name', 'secret words'));
			const attempt = admin.setPassword({ name: 'ada', password: another, endsSessions: false });
			const error: unknown = await attempt.catch((reason: unknown) => reason);
			expect(error).toMatchObject({ code: ours });
			expect(error instanceof Error ? `${error.stack} ${String(error.cause)}` : '').not.toContain(
				'secret words',
			);
			expect(JSON.stringify(error)).not.toContain('secret words');
		}
	});

	it('hostile names go as plain strings where they go at all', { timeout: 120_000 }, async () => {
		const { admin, fake } = started;
		let worked = 0;
		for (const { value } of hostileStrings) {
			fake.take();
			const refused = await refusal(admin.createUser({ name: value, password }));
			const commands = sent(...changes);
			if (refused) {
				expect([value, refused.code]).toEqual([value, expect.stringMatching(/^NAME_/)]);
				expect(commands).toEqual([]);
				continue;
			}
			worked += 1;
			expect(commands).toHaveLength(1);
			expect(commands[0]?.command.createUser).toBe(value);
			expect([value, await admin.canLogin({ user: value, password, database: null })]).toEqual([value, true]);
			await admin.removeUser(value);
			expect(sent('dropUser')).toEqual([{ database: 'admin', command: { dropUser: value } }]);
		}
		expect(worked).toBeGreaterThan(150);
		expect((await admin.listUsers()).items).toEqual([]);
	});

	it('root keeps its own name and gets the one mechanism', async () => {
		const { target } = started;
		started.fake.take();
		await mongodb.lifecycle.setRootPassword(target, another);
		expect(sent()).toEqual([
			{
				database: 'admin',
				command: { updateUser: 'root', pwd: 'Another-one-22', mechanisms: ['SCRAM-SHA-256'] },
			},
		]);
		await mongodb.lifecycle.probe({ ...target, password: another });
		expect(await refusal(mongodb.lifecycle.probe(target))).toEqual({
			code: 'ENGINE_UNREACHABLE',
			reason: 'login',
		});
	});
});
