import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../secret';
import { startPostgres, type TestServer } from '../../testing/postgres-server';
import { connectAdmin } from './admin';
import { postgresLifecycle } from './lifecycle';

const password = new Secret('Long-enough-1');

describe('connections to PostgreSQL', () => {
	let server: TestServer;

	beforeAll(async () => {
		server = await startPostgres({ version: '18', inMemory: true });
	});
	afterAll(async () => {
		await server?.remove();
	});

	async function asRoot(sql: string): Promise<Record<string, unknown>[]> {
		const { host, port, user, password: root } = server.target;
		const client = new pg.Client({ host, port, user, password: root.reveal(), database: 'postgres' });
		await client.connect();
		const { rows } = await client.query(sql);
		await client.end();
		return rows;
	}

	const ours = `SELECT pid FROM pg_stat_activity WHERE application_name = 'sh0'`;

	it('are four at most, and none is left after close', async () => {
		const admin = connectAdmin(server.target);
		let most = 0;
		const work = Promise.all([
			...Array.from({ length: 20 }, () => admin.listUsers()),
			...Array.from({ length: 5 }, (_, index) => admin.createDatabase({ name: `many${index}`, owner: null })),
			...Array.from({ length: 20 }, () => admin.statistics()),
		]);
		let isDone = false;
		const watching = (async () => {
			while (!isDone) most = Math.max(most, (await asRoot(ours)).length);
		})();
		await work;
		isDone = true;
		await watching;
		expect(most).toBeGreaterThan(0);
		expect(most).toBeLessThanOrEqual(4);
		await admin.close();
		await expect.poll(() => asRoot(ours)).toEqual([]);
		await expect(admin.listUsers()).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
	});

	it('are made anew after the server ended them', async () => {
		const admin = connectAdmin(server.target);
		await admin.createDatabase({ name: 'again', owner: null });
		await asRoot(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sh0'`);
		await expect.poll(() => admin.listUsers().catch(() => 'not yet')).toMatchObject({ items: [], total: 0 });
		await admin.createUser({ name: 'later', password });
		await admin.grants.set({ user: 'later', grants: [{ database: 'again', level: 'read' }] });
		await admin.close();
	});

	it('leave a database soon, so that its owner can drop it', async () => {
		const admin = connectAdmin(server.target);
		await admin.createDatabase({ name: 'brief', owner: null });
		const inBrief = `SELECT pid FROM pg_stat_activity WHERE datname = 'brief'`;
		await expect.poll(() => asRoot(inBrief), { timeout: 30_000 }).toEqual([]);
		await asRoot('DROP DATABASE brief');
		await admin.close();
	});

	it('say whether the server is not there yet or refuses the login', async () => {
		const { target } = server;
		await expect(postgresLifecycle.probe(target)).resolves.toBeUndefined();
		await expect(postgresLifecycle.probe({ ...target, port: 1 })).rejects.toMatchObject({
			code: 'ENGINE_NOT_READY',
		});
		const wrong = { ...target, password: new Secret('not the password') };
		await expect(postgresLifecycle.probe(wrong)).rejects.toMatchObject({
			code: 'ENGINE_UNREACHABLE',
			details: { reason: 'login' },
		});
		await expect(connectAdmin(wrong).listUsers()).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
		await expect(
			connectAdmin({ ...target, port: 1 }).canLogin({ user: 'x', password, database: null }),
		).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
		await expect(postgresLifecycle.probe(target, AbortSignal.abort())).rejects.toThrow();
	});

	it('rotate the root password: the old one stops, the new one works', async () => {
		const next = new Secret('Another-root-1');
		await postgresLifecycle.setRootPassword(server.target, next);
		await expect(postgresLifecycle.probe(server.target)).rejects.toMatchObject({
			code: 'ENGINE_UNREACHABLE',
		});
		await postgresLifecycle.probe({ ...server.target, password: next });
		await postgresLifecycle.setRootPassword({ ...server.target, password: next }, server.target.password);
		await postgresLifecycle.probe(server.target);
	});

	it('measure sizes and count what others use', async () => {
		const admin = connectAdmin(server.target);
		await expect
			.poll(async () => (await admin.listDatabases()).items.every((one) => (one.sizeBytes ?? 0) > 1_000_000))
			.toBe(true);
		const { target } = server;
		const client = new pg.Client({
			...{ host: target.host, port: target.port, user: target.user, database: 'postgres' },
			password: target.password.reveal(),
		});
		await client.connect();
		const statistics = await admin.statistics();
		await client.end();
		expect(statistics).toMatchObject({ connections: 1, maxConnections: 128 });
		expect(statistics.version).toMatch(/^18\.\d+$/);
		expect(statistics.sizeBytes).toBeGreaterThan(1_000_000);
		expect(statistics.startedAt).toBeInstanceOf(Date);
		await admin.close();
	});
});
