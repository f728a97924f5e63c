import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { apiTokens, members } from '../db/schema';
import { changePassword } from './accounts';
import { sha256Hex } from './opaque-token';
import { openTestAuth, sessionIdentity, testPassword } from './testing';
import { createToken, listTokens, revokeToken } from './tokens';

const day = 24 * 3600_000;
let world: ReturnType<typeof openTestAuth>;
let user: Awaited<ReturnType<typeof world.createUser>>;
let projectId: string;

beforeEach(async () => {
	vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-01T00:00:00Z') });
	world = openTestAuth();
	user = await world.createUser('ada@example.org');
	projectId = world.createProject('one', { [user.id]: 'admin' }).id;
});
afterEach(() => {
	vi.useRealTimers();
	world.remove();
});

type Wanted = { expiresInDays?: number; userId?: string; projectId?: string; scopes?: 'read'[] };
const create = (wanted: Wanted = {}) =>
	createToken(world, {
		...{ userId: user.id, projectId, name: 'ci', scopes: ['read', 'read', 'manage'], expiresInDays: 30 },
		...wanted,
	});
const identify = (token: string) => world.auth.identify({ kind: 'token', token });
const pass = (ms: number) => vi.setSystemTime(Date.now() + ms);

it('says who made it, for which project and for what; the database keeps its digest alone', async () => {
	const { token, tokenId } = create();
	expect(token.reveal()).toMatch(/^sh0_[A-Za-z0-9_-]{43}$/);
	expect(await identify(token.reveal())).toEqual({
		user: { id: user.id, email: user.email, isInstanceOwner: false },
		via: { kind: 'token', tokenId, tokenName: 'ci', projectId, scopes: ['read', 'manage'] },
	});
	expect(JSON.stringify(world.db.select().from(apiTokens).all())).not.toContain(token.reveal());
	expect(world.redactor.redact(`x ${token.reveal()}`)).toBe('x [redacted]');
});

it.each(['', 'sh0_', `sh0_${'a'.repeat(43)}`, `xsh0_${'a'.repeat(43)}`, 'a'.repeat(10_000)])(
	'knows nobody by %.20s',
	async (text) => {
		create();
		expect(await identify(text)).toBeNull();
	},
);

it('ends with its time, with its revocation and with its maker’s membership', async () => {
	const expiring = create({ expiresInDays: 1 }).token.reveal();
	const revoked = create();
	const left = create().token.reveal();
	pass(day);
	expect(await identify(expiring)).toBeNull();
	expect(revokeToken(world.db, revoked.tokenId)).toMatch(/^[0-9a-f]{64}$/);
	expect(revokeToken(world.db, revoked.tokenId)).toBeNull();
	expect(await identify(revoked.token.reveal())).toBeNull();
	expect(await identify(left)).not.toBeNull();
	world.db.delete(members).where(eq(members.userId, user.id)).run();
	expect(await identify(left)).toBeNull();
});

it('lives 365 days at most, and is for members alone', async () => {
	for (const expiresInDays of [0, 366, 1.5, -1, Number.NaN]) {
		expect(() => create({ expiresInDays })).toThrow('BAD_INPUT');
	}
	const stranger = await world.createUser('eve@example.org');
	expect(() => create({ userId: stranger.id })).toThrow('NOT_FOUND');
});

it('notes its last use at most once a minute', async () => {
	const token = create().token.reveal();
	const lastUse = () => world.db.select().from(apiTokens).get()?.lastUsedAt;
	await identify(token);
	pass(30_000);
	await identify(token);
	expect(lastUse()).toEqual(new Date('2026-01-01T00:00:00Z'));
	pass(31_000);
	await identify(token);
	expect(lastUse()).toEqual(new Date('2026-01-01T00:01:01Z'));
});

it('is listed to its maker and to admins, until it is revoked', async () => {
	const grace = await world.createUser('grace@example.org');
	world.db
		.insert(members)
		.values({ projectId, userId: grace.id, role: 'viewer', createdAt: new Date() })
		.run();
	const mine = create();
	const hers = create({ userId: grace.id, scopes: ['read'] });
	const ids = (userId: string, isAdmin: boolean) =>
		listTokens(world.db, { projectId, userId, isAdmin }).map(({ id, isOwn }) => [id, isOwn]);
	expect(ids(grace.id, false)).toEqual([[hers.tokenId, true]]);
	expect(new Map(ids(user.id, true) as [string, boolean][])).toEqual(
		new Map([
			[mine.tokenId, true],
			[hers.tokenId, false],
		]),
	);
	revokeToken(world.db, hers.tokenId);
	expect(ids(grace.id, false)).toEqual([]);
});

it.each([
	['viewer', ['read'], ['operate', 'manage', 'secrets', 'members']],
	['operator', ['read', 'operate'], ['manage', 'secrets', 'members']],
	['admin', ['read', 'operate', 'manage', 'secrets', 'members'], []],
] as const)('is given to a %s for what that role may do alone', async (role, able, unable) => {
	const grace = await world.createUser('grace@example.org');
	world.db.insert(members).values({ projectId, userId: grace.id, role, createdAt: new Date() }).run();
	const wanted = { userId: grace.id, projectId, name: 'ci', expiresInDays: 1 };
	expect(createToken(world, { ...wanted, scopes: [...able] }).tokenId).toMatch(/^tok_/);
	for (const scope of unable) {
		expect(() => createToken(world, { ...wanted, scopes: ['read', scope] })).toThrow('ROLE_TOO_LOW');
	}
});

it('ends when its maker changes the password, in every project', async () => {
	const other = world.createProject('two', { [user.id]: 'owner' });
	const tokens = [create().token.reveal(), create({ projectId: other.id }).token.reveal()];
	const close = vi.fn();
	world.auth.connections.add(sha256Hex(tokens[0] ?? ''), { close });
	await changePassword(world.auth, sessionIdentity(user), {
		...{ currentPassword: testPassword, newPassword: 'a very new one 48', code: null, deviceToken: null },
	});
	expect(await Promise.all(tokens.map(identify))).toEqual([null, null]);
	expect(close).toHaveBeenCalledOnce();
});
