import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../secret';
import { findService, type ServiceRow } from '../../services/repository';
import { codeAs } from '../../testing/mongo-server';
import { TestApp, testCaller } from '../../testing/test-app';
import { ferretdb } from './definition';

describe('a FerretDB service', () => {
	let house: TestApp;
	let serviceId: string;

	beforeAll(async () => {
		house = new TestApp();
		await house.app.start();
		const wanted = { engine: 'ferretdb', version: '2', memoryBytes: ferretdb.lifecycle.minMemoryBytes };
		const projectId = house.createProject();
		const created = house.app.manager.create({ ...wanted, projectId, name: 'papers' }, testCaller);
		serviceId = await house.succeeded(created);
	});
	afterAll(async () => {
		await house?.remove();
	});

	function service(): ServiceRow {
		const row = findService(house.app.db, serviceId);
		if (!row) throw new Error('no such service');
		return row;
	}

	/** One command as this user with the password that `secrets.reveal` shows. */
	async function as(user: string, command: object): Promise<number | null> {
		const container = await house.app.containers.find(serviceId);
		const port = Object.values(container?.hostPorts ?? {})[0] ?? 0;
		const secret = {
			kind: user === 'root' ? 'root' : 'databaseUser',
			name: user === 'root' ? null : user,
		} as const;
		const password = new Secret((await house.app.revealSecret(service(), secret)).reveal());
		const target = { host: '127.0.0.1', port, user, password, version: '2' };
		return codeAs(target, { user, password }, 'shop', command);
	}

	it('takes databases and users, lets an app in, and keeps all over a restart and a new root password', async () => {
		const { databases, databaseUsers, manager } = house.app;
		await databases.create(service(), { name: 'shop', owner: null });
		await databaseUsers.create(service(), { name: 'app', password: null, grants: [] });
		expect(await as('app', { insert: 'orders', documents: [{ _id: 1 }] })).toBeNull();
		expect(await as('root', { ping: 1 })).toBeNull();
		const denied = databaseUsers.setGrants(service(), {
			...{ name: 'app', grants: [{ database: 'shop', level: 'read' }] },
		});
		await expect(denied).rejects.toMatchObject({ code: 'NOT_SUPPORTED' });
		await house.succeeded(manager.stop(serviceId, testCaller));
		await house.succeeded(manager.start(serviceId, testCaller));
		expect(await as('app', { find: 'orders' })).toBeNull();
		await house.succeeded(manager.rotateRoot(serviceId, testCaller));
		expect(await as('root', { ping: 1 })).toBeNull();
		expect((await databases.list(service(), {})).items).toMatchObject([{ name: 'shop', objects: 2 }]);
		expect((await databaseUsers.list(service(), {})).items).toMatchObject([
			{ name: 'app', hasPassword: true, grants: [] },
		]);
	});
});
