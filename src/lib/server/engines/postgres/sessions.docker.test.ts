import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testedVersions } from '../../testing/postgres-server';
import { PostgresUsers } from '../../testing/postgres-users';
import type { SessionAdmin, SessionInfo } from '../engine';

describe.each(testedVersions)('sessions of PostgreSQL %s', (version) => {
	let users: PostgresUsers;
	let sessions: SessionAdmin;

	beforeAll(async () => {
		users = await PostgresUsers.start(version, ['first']);
		if (!users.server.admin.sessions) throw new Error('no sessions');
		sessions = users.server.admin.sessions;
		await users.server.admin.createDatabase({ name: 'shop', owner: 'first' });
	});
	afterAll(async () => {
		await users?.server.remove();
	});

	async function listed(where: (session: SessionInfo) => boolean): Promise<SessionInfo[]> {
		await expect.poll(async () => (await sessions.list()).filter(where).length).toBeGreaterThan(0);
		return (await sessions.list()).filter(where);
	}

	it('are listed with what they do, without those of sh0, the longest first', async () => {
		// One after the other: those that run nothing are listed in the order in which they came.
		const idle = await users.connect('first', 'shop');
		const open = await users.connect('first', 'shop');
		const busy = await users.connect('first', 'shop');
		await idle.query('SELECT 1 AS idle');
		await open.query('BEGIN');
		const sleeping = busy.query('SELECT pg_sleep(20)').catch((error: unknown) => error);
		await listed((session) => session.state === 'active');
		const all = await sessions.list();
		expect(all.map((session) => [session.user, session.database, session.state, session.canEnd])).toEqual([
			['first', 'shop', 'active', true],
			['first', 'shop', 'idle', true],
			['first', 'shop', 'idleInTransaction', true],
		]);
		expect(all[0]).toMatchObject({ query: 'SELECT pg_sleep(20)', runningMs: expect.any(Number) });
		expect(all[1]).toMatchObject({ query: 'SELECT 1 AS idle', runningMs: null });
		expect(all[0]?.client).toMatch(/^[\d.]+$/);
		expect(all[0]?.connectedAt).toBeInstanceOf(Date);
		await sessions.end(all[0]?.id ?? '');
		expect(await sleeping).toBeInstanceOf(Error);
		expect((await sessions.list()).map((session) => session.state)).toEqual(['idle', 'idleInTransaction']);
		await expect(sessions.end(all[0]?.id ?? '')).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
		await Promise.all([idle.end(), open.end()]);
	});

	it('are ended by nothing but their own id', async () => {
		const session = await users.connect('first', 'shop');
		const [one] = await listed(() => true);
		const [pid = '', began = ''] = (one?.id ?? '').split('-');
		for (const id of [
			'',
			'1',
			`${pid}-0.000000`,
			`${pid}-${began}0`,
			`99999999999-${began}`,
			`${pid}' OR true --`,
		]) {
			await expect(sessions.end(id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
		}
		expect((await session.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
		await session.end();
	});

	it('cannot end one of the server or of sh0', async () => {
		const root = await users.connect('postgres', 'postgres');
		const { rows } = await root.query<{ id: string }>(
			`SELECT pid || '-' || extract(epoch FROM backend_start)::numeric(20, 6) AS id FROM pg_stat_activity
			WHERE backend_type <> 'client backend' OR application_name = 'sh0'`,
		);
		await root.end();
		expect(rows.length).toBeGreaterThan(2);
		for (const { id } of rows) {
			await expect(sessions.end(id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
		}
	});

	it('show no password that somebody sets', async () => {
		const session = await users.connect('postgres', 'postgres');
		const statement = `ALTER USER first PASSWORD 'canary-4711' VALID UNTIL 'infinity'`;
		await session.query(statement);
		const [shown] = await listed((one) => one.user === 'postgres');
		expect(shown?.query).toBe('ALTER USER first PASSWORD …');
		await session.end();
	});

	it('have no record of slow statements', () => {
		expect(sessions.slowQueries).toBeNull();
	});
});
