import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sessions } from '../db/schema';
import { Sessions } from './sessions';
import { openTestAuth, sessionIdentity, testClient } from './testing';

const hour = 3600_000;
const day = 24 * hour;
let world: ReturnType<typeof openTestAuth>;
let user: Awaited<ReturnType<typeof world.createUser>>;

beforeEach(async () => {
	vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-01T00:00:00Z') });
	world = openTestAuth();
	user = await world.createUser('ada@example.org');
});
afterEach(() => {
	vi.useRealTimers();
	world.remove();
});

const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);
const begin = async () => (await world.auth.sessions.create(user.id, testClient)).reveal();
const identify = (token: string) => world.auth.identify({ kind: 'session', token });
const rows = () => world.db.select().from(sessions).all();

function socket() {
	const closed: number[] = [];
	return { closed, close: (code: number) => void closed.push(code) };
}

describe('a session', () => {
	it('is known by its token, of which the database keeps the digest alone', async () => {
		const token = await begin();
		const identity = await identify(token);
		expect(identity).toMatchObject({ user: { id: user.id, email: user.email }, via: { kind: 'session' } });
		expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
		expect(JSON.stringify(rows())).not.toContain(token);
		expect(rows()[0]?.id).toMatch(/^[0-9a-f]{64}$/);
	});

	it('is not known by its digest, nor by anything else', async () => {
		await begin();
		expect(await identify(rows()[0]?.id ?? '')).toBeNull();
		expect(await identify('')).toBeNull();
		expect(await world.auth.identify(null)).toBeNull();
	});

	it('ends after 12 hours without use', async () => {
		const token = await begin();
		pass(12 * hour - 1000);
		expect(await identify(token)).not.toBeNull();
		pass(12 * hour);
		expect(await identify(token)).toBeNull();
		expect(rows()).toEqual([]);
	});

	it('ends after 30 days however much it is used', async () => {
		const token = await begin();
		for (let passed = 0; passed < 30 * day - 6 * hour; passed += 6 * hour) {
			expect(await identify(token)).not.toBeNull();
			pass(6 * hour);
		}
		expect(await identify(token)).not.toBeNull();
		pass(6 * hour);
		expect(await identify(token)).toBeNull();
	});

	it('is written to at most once a minute', async () => {
		const token = await begin();
		pass(30_000);
		await identify(token);
		expect(rows()[0]?.lastSeenAt).toEqual(new Date('2026-01-01T00:00:00Z'));
		pass(40_000);
		await identify(token);
		expect(rows()[0]?.lastSeenAt).toEqual(new Date('2026-01-01T00:01:10Z'));
	});

	it('ends at once when it is revoked, with its WebSockets', async () => {
		const token = await begin();
		const other = await begin();
		const identity = await identify(token);
		const sessionId = identity?.via.kind === 'session' ? identity.via.sessionId : '';
		const [mine, theirs] = [socket(), socket()];
		world.auth.connections.add(sessionId, mine);
		world.auth.connections.add('other', theirs);
		world.auth.sessions.revoke(user.id, sessionId);
		expect(await identify(token)).toBeNull();
		expect(await identify(other)).not.toBeNull();
		expect(mine.closed).toEqual([4401]);
		expect(theirs.closed).toEqual([]);
	});

	it('cannot be revoked by another person: that is as if it did not exist', async () => {
		const token = await begin();
		const stranger = await world.createUser('eve@example.org');
		const id = rows()[0]?.id ?? '';
		expect(() => world.auth.sessions.revoke(stranger.id, id)).toThrow('NOT_FOUND');
		expect(() => world.auth.sessions.revoke(stranger.id, 'f'.repeat(64))).toThrow('NOT_FOUND');
		expect(await identify(token)).not.toBeNull();
	});

	it('still counts when the disk is full and nothing can be noted', async () => {
		const token = await begin();
		pass(hour);
		const full = new Proxy(world.db, {
			get: (target, key) =>
				key === 'transaction'
					? () => {
							throw new Sqlite.SqliteError('database or disk is full', 'SQLITE_FULL');
						}
					: Reflect.get(target, key),
		});
		const sessionsOnFullDisk = new Sessions(full, world.auth.connections);
		expect(await sessionsOnFullDisk.identify(token)).toMatchObject({ user: { id: user.id } });
		pass(13 * hour);
		expect(await sessionsOnFullDisk.identify(token)).toBeNull();
	});

	it('loses its sockets within a purge when another process ended it', async () => {
		await begin();
		const left = socket();
		world.auth.connections.add(rows()[0]?.id ?? '', left);
		world.auth.purge();
		expect(left.closed).toEqual([]);
		world.db.delete(sessions).run();
		world.auth.purge();
		expect(left.closed).toEqual([4401]);
	});

	it('is purged once it is over, and its sockets cut', async () => {
		await begin();
		const left = socket();
		world.auth.connections.add(rows()[0]?.id ?? '', left);
		pass(13 * hour);
		world.auth.purge();
		expect(rows()).toEqual([]);
		expect(left.closed).toEqual([4401]);
	});
});

describe('the list of sessions', () => {
	it('shows the live ones of this person, the current one marked', async () => {
		const first = await begin();
		pass(13 * hour);
		const current = await begin();
		await world.auth.sessions.create((await world.createUser('eve@example.org')).id, testClient);
		const identity = await identify(current);
		expect(identity).not.toBeNull();
		const list = identity === null ? [] : world.auth.sessions.list(identity);
		expect(list).toHaveLength(1);
		expect(list[0]).toMatchObject({ isCurrent: true, ip: testClient.ip, userAgent: testClient.userAgent });
		expect(await identify(first)).toBeNull();
	});

	it('keeps the one that asks when the others are revoked', async () => {
		const kept = await begin();
		const ended = await begin();
		const identity = await identify(kept);
		const keptId = identity?.via.kind === 'session' ? identity.via.sessionId : null;
		world.auth.sessions.revokeOthers(user.id, keptId);
		expect(await identify(kept)).not.toBeNull();
		expect(await identify(ended)).toBeNull();
	});

	it('cuts long user agents', async () => {
		await world.auth.sessions.create(user.id, { ip: '192.0.2.1', userAgent: 'x'.repeat(5000) });
		expect(world.auth.sessions.list(sessionIdentity(user))[0]?.userAgent).toHaveLength(256);
	});
});
