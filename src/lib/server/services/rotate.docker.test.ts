import { EventEmitter, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { databaseEngineById } from '../engines';
import { Secret } from '../secret';
import { mongodbVersionsHere, skipByName } from '../testing/images-here';
import { TestApp, testCaller } from '../testing/test-app';
import { getService } from './repository';
import { ROOT_SECRET } from './secrets';

const mongodbHere = await mongodbVersionsHere();
skipByName('passwords of', { engine: 'mongodb', all: ['8', '7'], here: mongodbHere });

/** One line an engine. */
const servers = [
	{ engine: 'postgres', version: '18' },
	{ engine: 'mysql', version: '9' },
	{ engine: 'mariadb', version: '11.8' },
	{ engine: 'redis', version: '8' },
	{ engine: 'valkey', version: '9' },
	{ engine: 'ferretdb', version: '2' },
	...mongodbHere.map((version) => ({ engine: 'mongodb', version })),
];

/** Where the panel dies. */
const points = [
	'with the new password stored, before the engine has it',
	'when the engine has it, before anybody knows',
	'before it was seen to log in',
	'when it was seen to log in, before it counts',
] as const;

const START_LIMIT_MS = 180_000;

describe.each(servers)('passwords of $engine $version', ({ engine, version }) => {
	let test: TestApp;
	let serviceId: string;
	const { lifecycle } = databaseEngineById(engine);

	beforeAll(async () => {
		test = new TestApp();
		const input = { engine, version, memoryBytes: lifecycle.minMemoryBytes, name: 'orders' };
		const projectId = test.createProject();
		serviceId = await test.succeeded(test.app.manager.create({ ...input, projectId }, testCaller));
	}, START_LIMIT_MS);
	afterEach(() => vi.restoreAllMocks());
	afterAll(() => test.remove());

	async function logsIn(password: Secret): Promise<boolean> {
		const target = await test.app.broker.target(getService(test.app.db, serviceId), password);
		return lifecycle.probe(target).then(
			() => true,
			() => false,
		);
	}

	/** Holds the work at the point; `isReached` resolves there, and after `letGo` nothing more of it is done. */
	function holdAt(point: (typeof points)[number]) {
		const events = new EventEmitter();
		const isReached = once(events, 'reached');
		const isGone = once(events, 'gone');
		const hold = async (): Promise<never> => {
			events.emit('reached');
			await isGone;
			throw new Error('the panel is gone');
		};
		const { setRootPassword, probe } = lifecycle;
		const isAfter = point.startsWith('when');
		if (point.includes('engine')) {
			vi.spyOn(lifecycle, 'setRootPassword').mockImplementationOnce(async (...args) => {
				if (isAfter) await setRootPassword(...args);
				await hold();
			});
		} else {
			vi.spyOn(lifecycle, 'probe').mockImplementationOnce(async (...args) => {
				if (isAfter) await probe(...args);
				await hold();
			});
		}
		return { isReached, letGo: () => events.emit('gone') };
	}

	it.each(points)('the root password works and sh0 knows it after a death %s', async (point) => {
		const former = test.app.secrets.root(serviceId);
		const held = holdAt(point);
		const { operationId } = test.app.manager.rotateRoot(serviceId, testCaller);
		await held.isReached;
		const rebuilt = test.rebuild();
		await sleep(50);
		held.letGo();
		await rebuilt;
		await test.app.runner.resumeAll();
		expect(await test.app.runner.wait(operationId)).toMatchObject({ status: 'succeeded', attempts: 2 });
		const { secrets } = test.app;
		expect(secrets.find(serviceId, ROOT_SECRET, 'pending')).toBeNull();
		expect(await logsIn(secrets.root(serviceId))).toBe(true);
		expect(await logsIn(former)).toBe(false);
	});

	it('the root password that the engine would not take stays what it was', async () => {
		const former = test.app.secrets.root(serviceId);
		vi.spyOn(lifecycle, 'setRootPassword').mockRejectedValueOnce(new Error('not taken'));
		const ended = await test.ended(test.app.manager.rotateRoot(serviceId, testCaller));
		expect(ended.status).toBe('undone');
		expect(test.app.secrets.find(serviceId, ROOT_SECRET, 'pending')).toBeNull();
		expect(test.app.secrets.root(serviceId).reveal()).toBe(former.reveal());
		expect(await logsIn(former)).toBe(true);
	});

	it.each(['before', 'after'])(
		'a user’s password works and sh0 knows it after a death %s the engine has the new one',
		async (when) => {
			const service = getService(test.app.db, serviceId);
			const name = `app_${when}`;
			const reveal = () => test.app.revealSecret(service, { kind: 'databaseUser', name });
			await test.app.databaseUsers.create(service, { name, password: null, grants: [] });
			const former = await reveal();
			const next = new Secret(`Another-one-${when}`);
			const admin = await test.app.broker.admin(service);
			const { setPassword } = admin;
			vi.spyOn(test.app.broker, 'admin').mockResolvedValueOnce(admin);
			vi.spyOn(admin, 'setPassword').mockImplementationOnce(async (input) => {
				if (when === 'after') await setPassword.call(admin, input);
				throw new Error('the panel is gone');
			});
			const change = { name, password: next, endsSessions: null };
			await expect(test.app.databaseUsers.setPassword(service, change)).rejects.toThrow('the panel is gone');
			await test.rebuild();
			const shown = await reveal();
			expect(shown.reveal()).toBe((when === 'after' ? next : former).reveal());
			const fresh = await test.app.broker.admin(service);
			const works = (password: Secret) => fresh.canLogin({ user: name, password, database: null });
			expect([await works(shown), await works(when === 'after' ? former : next)]).toEqual([true, false]);
		},
	);
});
