import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findService, type ServiceRow } from '../services/repository';
import { TestApp, testCaller } from '../testing/test-app';

describe('databases of a real service', () => {
	let house: TestApp;
	let service: ServiceRow;

	beforeAll(async () => {
		house = new TestApp();
		await house.app.start();
		const serviceId = await house.createPostgres(house.createProject(), 'shop-server');
		service = current(serviceId);
	});
	afterAll(async () => {
		await house?.remove();
	});

	function current(serviceId: string): ServiceRow {
		const row = findService(house.app.db, serviceId);
		if (!row) throw new Error('no such service');
		return row;
	}

	async function reveal(name: string | null): Promise<string> {
		const kind = name === null ? 'root' : 'databaseUser';
		return (await house.app.revealSecret(service, { kind, name })).reveal();
	}

	/** Logs in as the user with what `secrets.reveal` shows, and runs one statement. */
	async function as(user: string, database: string, sql: string): Promise<Record<string, unknown>[]> {
		const container = await house.app.containers.find(service.id);
		const port = Object.values(container?.hostPorts ?? {})[0] ?? 0;
		const password = await reveal(user === 'postgres' ? null : user);
		const client = new pg.Client({ host: '127.0.0.1', port, user, password, database });
		await client.connect();
		try {
			return (await client.query(sql)).rows;
		} finally {
			await client.end();
		}
	}

	it('are made with their users and grants, and dropped', async () => {
		const { databases, databaseUsers } = house.app;
		await databases.create(service, { name: 'shop', owner: null });
		const made = await databaseUsers.create(service, {
			name: 'app',
			password: null,
			grants: [{ database: 'shop', level: 'owner' }],
		});
		expect(made).toEqual({ name: 'app', generated: true });
		await as('app', 'shop', 'CREATE TABLE orders (id int)');
		expect((await databases.list(service, {})).items).toMatchObject([
			{ name: 'postgres', isProtected: true },
			{ name: 'shop', owner: 'app', encoding: 'UTF8', isProtected: false },
		]);
		expect((await databaseUsers.list(service, {})).items).toMatchObject([
			{
				name: 'app',
				hasPassword: true,
				grants: [{ database: 'shop', level: 'owner', declared: 'owner', hasDrift: false }],
			},
		]);
		const before = await reveal('app');
		await databaseUsers.setPassword(service, { name: 'app', password: null, endsSessions: true });
		expect(await reveal('app')).not.toBe(before);
		expect(await as('app', 'shop', 'SELECT count(*)::int AS n FROM orders')).toEqual([{ n: 0 }]);
		await databaseUsers.remove(service, { name: 'app', confirmName: 'app' });
		await databases.remove(service, { name: 'shop', confirmName: 'shop' });
		expect((await databases.list(service, {})).items.map((item) => item.name)).toEqual(['postgres']);
	});

	it('can be reached again after a restart, and not while stopped', async () => {
		const { databases, databaseUsers, manager } = house.app;
		await databases.create(service, { name: 'stays', owner: null });
		await databaseUsers.create(service, {
			name: 'stayer',
			password: null,
			grants: [{ database: 'stays', level: 'read' }],
		});
		await house.succeeded(manager.stop(service.id, testCaller));
		await expect(databases.list(service, {})).rejects.toMatchObject({ code: 'SERVICE_NOT_RUNNING' });
		await expect(
			databaseUsers.setPassword(service, { name: 'stayer', password: null, endsSessions: true }),
		).rejects.toMatchObject({ code: 'SERVICE_NOT_RUNNING' });
		const known = await reveal('stayer');
		await house.succeeded(manager.start(service.id, testCaller));
		expect((await databases.list(service, {})).items.map((item) => item.name)).toContain('stays');
		expect(await reveal('stayer')).toBe(known);
		expect(await as('stayer', 'stays', 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
	});

	it('go on after the root password was rotated', async () => {
		const before = await reveal(null);
		await house.app.databases.list(service, {});
		await house.succeeded(house.app.manager.rotateRoot(service.id, testCaller));
		expect(await reveal(null)).not.toBe(before);
		expect(await as('postgres', 'postgres', 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
		expect((await house.app.databases.list(service, {})).total).toBeGreaterThan(0);
	});
});
