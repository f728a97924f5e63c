import { BSON } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refusal, startFake, type StartedFake } from '../../testing/fake-mongod/started';

/** By the manual's page on $currentOp: its fields for a connection that runs something, one that does not, and a transaction. */
const running = {
	...{ type: 'op', host: 'mongo:27017', desc: 'conn7', connectionId: 7, client: '172.18.0.5:40404' },
	...{ appName: 'shop', active: true, opid: 4711, op: 'command', ns: 'shop.orders' },
	effectiveUsers: [{ user: 'ada', db: 'admin' }],
	secs_running: 3,
	microsecs_running: BSON.Long.fromNumber(3_456_789),
	command: { find: 'orders', filter: { total: { $gt: 10 } }, lsid: { id: 1 }, $db: 'shop' },
};
const idle = {
	...{ type: 'op', host: 'mongo:27017', desc: 'conn8', connectionId: 8, client: '172.18.0.6:40405' },
	...{ active: false, effectiveUsers: [{ user: 'bob', db: 'shop' }] },
};
const lsid = { id: new BSON.UUID(), uid: new BSON.Binary(Buffer.alloc(32, 1)) };
const waiting = {
	...{ type: 'idleSession', host: 'mongo:27017', desc: 'inactive transaction', connectionId: 9 },
	...{ client: '172.18.0.7:40406', active: false, lsid, transaction: { parameters: { txnNumber: 1 } } },
	effectiveUsers: [{ user: 'ada', db: 'admin' }],
};
const ours = {
	type: 'op',
	connectionId: 10,
	appName: 'sh0',
	effectiveUsers: [{ user: 'root', db: 'admin' }],
};
const imitated = { ...ours, connectionId: 11, effectiveUsers: [{ user: 'eve', db: 'admin' }], active: false };
const ofTheServer = { type: 'op', desc: 'TTLMonitor', active: false };

describe('sessions of MongoDB', () => {
	let started: StartedFake;

	beforeEach(async () => {
		started = await startFake();
	});
	afterEach(async () => {
		await started.stop();
	});

	/** What the next $currentOp answers. */
	function now(...firstBatch: object[]): void {
		started.fake.answers.set('aggregate', { cursor: { id: 0n, ns: 'admin.$cmd.aggregate', firstBatch } });
	}
	const all = [idle, ofTheServer, running, ours, waiting, imitated];
	const sent = (...names: string[]) => started.fake.take(...names).map(({ as: _, ...rest }) => rest);

	async function idOf(user: string, client: string): Promise<string> {
		now(...all);
		const list = (await started.admin.sessions?.list()) ?? [];
		return list.find((one) => one.user === user && one.client?.startsWith(client))?.id ?? '';
	}

	it('are asked for by $currentOp and told by what they do, the longest first', async () => {
		now(...all);
		const list = await started.admin.sessions?.list();
		expect(sent('aggregate')).toEqual([
			{
				database: 'admin',
				command: {
					aggregate: 1,
					pipeline: [{ $currentOp: { allUsers: true, idleConnections: true, idleSessions: true } }],
					cursor: {},
				},
			},
		]);
		const server = started.fake.processId.toHexString();
		expect(list?.[0]).toEqual({
			id: `${server}:7`,
			user: 'ada',
			database: 'shop',
			client: '172.18.0.5:40404',
			application: 'shop',
			state: 'active',
			query: '{"find":"orders","filter":{"total":{"$gt":10}}}',
			connectedAt: null,
			runningMs: 3456,
			canEnd: true,
		});
		expect(list?.map(({ user, state, canEnd }) => [user, state, canEnd])).toEqual([
			['ada', 'active', true],
			['bob@shop', 'idle', false],
			['ada', 'idleInTransaction', true],
			['eve', 'idle', false],
		]);
	});

	it('end by killOp of what they run', async () => {
		const id = await idOf('ada', '172.18.0.5');
		now(...all);
		await started.admin.sessions?.end(id);
		expect(sent('killOp', 'killAllSessionsByPattern')).toEqual([
			{ database: 'admin', command: { killOp: 1, op: 4711 } },
		]);
	});

	it('end by the pattern of a transaction that waits', async () => {
		const id = await idOf('ada', '172.18.0.7');
		now(...all);
		await started.admin.sessions?.end(id);
		const [killed] = sent('killOp', 'killAllSessionsByPattern');
		expect(killed?.database).toBe('admin');
		expect(BSON.EJSON.stringify(killed?.command)).toBe(
			BSON.EJSON.stringify({ killAllSessionsByPattern: [{ lsid }] }),
		);
	});

	it('that do nothing have nothing to end, and those that are gone are not found', async () => {
		const id = await idOf('bob@shop', '172.18.0.6');
		now(...all);
		expect(await refusal(started.admin.sessions?.end(id))).toMatchObject({
			code: 'NOT_SUPPORTED',
			reason: 'idleConnections',
		});
		now(running);
		expect(await refusal(started.admin.sessions?.end(id))).toMatchObject({ code: 'SESSION_NOT_FOUND' });
		for (const hostile of ['', ':', '7', '{"$gt":0}', `${started.fake.processId.toHexString()}:7 `]) {
			now(running);
			const error = await refusal(started.admin.sessions?.end(hostile));
			expect([hostile, error?.code]).toEqual([hostile, 'SESSION_NOT_FOUND']);
		}
		expect(sent('killOp', 'killAllSessionsByPattern')).toEqual([]);
	});

	it('of a server that started anew are others, though their numbers are the same', async () => {
		const id = await idOf('ada', '172.18.0.5');
		started.fake.processId = new BSON.ObjectId();
		now(...all);
		expect(await refusal(started.admin.sessions?.end(id))).toMatchObject({ code: 'SESSION_NOT_FOUND' });
	});

	it('are counted for each user', async () => {
		const command = { createUser: 'ada', pwd: 'by-hand-pass-1', roles: [] };
		started.fake.users.createUser({ database: 'admin', command });
		now(...all);
		expect((await started.admin.listUsers()).items).toEqual([
			{ name: 'ada', canLogin: true, isSuperuser: false, connections: 2, access: null },
		]);
	});

	it('of sh0 are not in the statistics', async () => {
		started.fake.answers.set('serverStatus', {
			version: '8.0.4',
			localTime: new Date(100_000),
			uptimeMillis: BSON.Long.fromNumber(40_000),
			connections: { current: 12, available: 388 },
		});
		started.fake.answers.set('buildInfo', { version: '8.0.4' });
		started.fake.answers.set('listDatabases', { databases: [], totalSize: 8192 });
		now({ own: 4 });
		expect(await started.admin.statistics()).toEqual({
			connections: 8,
			maxConnections: 400,
			sizeBytes: 8192,
			startedAt: new Date(60_000),
			version: '8.0.4',
		});
	});
});
