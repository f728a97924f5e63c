import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Role } from '$lib/shared/roles';
import { acceptInvitation, previewInvitation } from '../auth/invitation-acceptance';
import { openTestAuth, sessionIdentity, testClient, testPassword } from '../auth/testing';
import { createToken } from '../auth/tokens';
import { invitations, members, projects, users } from '../db/schema';
import * as service from './service';

const day = 24 * 3600_000;
let world: ReturnType<typeof openTestAuth>;
let owner: Awaited<ReturnType<typeof world.createUser>>;
let project: ReturnType<typeof world.createProject>;

beforeEach(async () => {
	vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-01T00:00:00Z') });
	world = openTestAuth();
	owner = await world.createUser('owner@example.org');
	project = world.createProject('ours', { [owner.id]: 'owner' });
});
afterEach(() => {
	vi.useRealTimers();
	world.remove();
});

const roleOf = (userId: string) =>
	world.db.select().from(members).where(eq(members.userId, userId)).get()?.role ?? null;
const membership = (userId: string) => ({ projectId: project.id, userId });

async function addMember(email: string, role: Role) {
	const user = await world.createUser(email);
	world.db
		.insert(members)
		.values({ ...membership(user.id), role, createdAt: new Date() })
		.run();
	return user;
}

function invite(email: string, role: Role, as: { id: string; email: string } = owner) {
	const caller = {
		identity: sessionIdentity(as),
		project: { id: project.id, name: project.name, role: roleOf(as.id) ?? 'viewer' },
	};
	return service.createInvitation(world, caller, { email, role });
}

const accept = (token: string, password = testPassword) =>
	acceptInvitation(world.auth, { token, password, code: null, ...testClient });

describe('projects', () => {
	it('belong to who made them, each with a network of its own', () => {
		const made = service.createProject(world.db, sessionIdentity(owner), 'second');
		expect(service.listProjects(world.db, sessionIdentity(owner))).toMatchObject([
			{ name: 'ours', role: 'owner' },
			{ id: made.id, name: 'second', role: 'owner' },
		]);
		const indexes = world.db.select().from(projects).all();
		expect(indexes.map(({ networkIndex }) => networkIndex)).toEqual([0, 1]);
	});
});

describe('members', () => {
	it('always leave an owner behind', async () => {
		const admin = await addMember('admin@example.org', 'admin');
		expect(() => service.setRole(world, membership(owner.id), 'admin')).toThrow('LAST_OWNER');
		expect(() => service.removeMember(world, membership(owner.id))).toThrow('LAST_OWNER');
		service.setRole(world, membership(owner.id), 'owner');
		service.setRole(world, membership(admin.id), 'owner');
		service.setRole(world, membership(owner.id), 'viewer');
		expect(roleOf(owner.id)).toBe('viewer');
		expect(() => service.removeMember(world, membership(admin.id))).toThrow('LAST_OWNER');
		service.removeMember(world, membership(owner.id));
		expect(roleOf(owner.id)).toBeNull();
	});

	it('are unknown when they are not in the project', async () => {
		const stranger = await world.createUser('stranger@example.org');
		expect(() => service.setRole(world, membership(stranger.id), 'viewer')).toThrow('NOT_FOUND');
		expect(() => service.removeMember(world, membership(stranger.id))).toThrow('NOT_FOUND');
	});

	it('lose their sockets with their role, and their tokens and invitations with their place', async () => {
		const admin = await addMember('admin@example.org', 'admin');
		const token = (await world.auth.sessions.create(admin.id, testClient)).reveal();
		const identity = await world.auth.identify({ kind: 'session', token });
		const closed: number[] = [];
		const hash = identity?.via.kind === 'session' ? identity.via.sessionId : '';
		world.auth.connections.add(hash, { close: (code) => void closed.push(code) });
		service.setRole(world, membership(admin.id), 'viewer');
		expect(closed).toEqual([4401]);
		expect(await world.auth.identify({ kind: 'session', token })).not.toBeNull();

		service.setRole(world, membership(admin.id), 'admin');
		const api = createToken(world, {
			...{ userId: admin.id, projectId: project.id, name: 'ci', scopes: ['read'], expiresInDays: 9 },
		}).token.reveal();
		const link = invite('friend@example.org', 'viewer', admin);
		service.removeMember(world, membership(admin.id));
		world.db
			.insert(members)
			.values({ ...membership(admin.id), role: 'admin', createdAt: new Date() })
			.run();
		expect(await world.auth.identify({ kind: 'token', token: api })).toBeNull();
		await expect(accept(link.token.reveal())).rejects.toMatchObject({ code: 'INVITATION_INVALID' });
	});
});

describe('an invitation', () => {
	it('makes an account for a new person, signs them in and works once', async () => {
		const token = invite('new@example.org', 'operator').token.reveal();
		expect(world.redactor.redact(`x ${token}`)).toBe('x [redacted]');
		expect(previewInvitation(world.db, token)).toMatchObject({
			...{ email: 'new@example.org', role: 'operator', projectName: 'ours', hasAccount: false },
			invitedBy: owner.email,
		});
		const accepted = await accept(token);
		expect(accepted.projectId).toBe(project.id);
		expect(roleOf(accepted.user.id)).toBe('operator');
		const session = { kind: 'session', token: accepted.sessionToken.reveal() } as const;
		expect(await world.auth.identify(session)).toMatchObject({ user: { email: 'new@example.org' } });
		expect(previewInvitation(world.db, token)).toBeNull();
		await expect(accept(token)).rejects.toMatchObject({ code: 'INVITATION_INVALID' });
	});

	it('wants the password of a person who has an account', async () => {
		const known = await world.createUser('known@example.org');
		const token = invite('known@example.org', 'viewer').token.reveal();
		expect(previewInvitation(world.db, token)?.hasAccount).toBe(true);
		await expect(accept(token, 'wrong-harbour-27')).rejects.toMatchObject({ code: 'LOGIN_FAILED' });
		expect(roleOf(known.id)).toBeNull();
		await accept(token);
		expect(roleOf(known.id)).toBe('viewer');
	});

	it('lets one of two in who use it at once', async () => {
		const token = invite('new@example.org', 'viewer').token.reveal();
		const results = await Promise.allSettled([accept(token), accept(token)]);
		expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
		expect(world.db.select().from(users).all()).toHaveLength(2);
	});

	it('ends after 7 days, when it is revoked, and when another is sent', async () => {
		const expired = invite('a@example.org', 'viewer').token.reveal();
		vi.setSystemTime(Date.now() + 7 * day);
		expect(previewInvitation(world.db, expired)).toBeNull();
		const revoked = invite('b@example.org', 'viewer');
		service.revokeInvitation(world.db, revoked.invitationId);
		await expect(accept(revoked.token.reveal())).rejects.toMatchObject({ code: 'INVITATION_INVALID' });
		expect(() => service.revokeInvitation(world.db, revoked.invitationId)).toThrow('NOT_FOUND');
		const older = invite('c@example.org', 'viewer').token.reveal();
		const newer = invite('c@example.org', 'viewer').token.reveal();
		expect(previewInvitation(world.db, older)).toBeNull();
		expect(previewInvitation(world.db, newer)).not.toBeNull();
	});

	it('gives at most the inviter’s own role, also when that shrank since', async () => {
		const admin = await addMember('admin@example.org', 'admin');
		expect(() => invite('x@example.org', 'owner', admin)).toThrow('ROLE_TOO_LOW');
		const token = invite('x@example.org', 'admin', admin).token.reveal();
		service.setRole(world, membership(admin.id), 'operator');
		await expect(accept(token)).rejects.toMatchObject({ code: 'INVITATION_INVALID' });
	});

	it('is not sent to who is in already, and never lowers a role', async () => {
		expect(() => invite(owner.email, 'viewer')).toThrow('EMAIL_TAKEN');
		const late = await world.createUser('late@example.org');
		const token = invite(late.email, 'viewer').token.reveal();
		world.db
			.insert(members)
			.values({ ...membership(late.id), role: 'admin', createdAt: new Date() })
			.run();
		await accept(token);
		expect(roleOf(late.id)).toBe('admin');
	});

	it('is stored as a digest', () => {
		const token = invite('new@example.org', 'viewer').token.reveal();
		expect(JSON.stringify(world.db.select().from(invitations).all())).not.toContain(token);
	});
});
