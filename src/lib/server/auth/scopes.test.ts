import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Role } from '$lib/shared/roles';
import { invitations, operations, services } from '../db/schema';
import { newId } from '../ids';
import type { Identity } from './identity';
import { invitationScope, operationScope, projectScope, serviceScope, tokenScope } from './scopes';
import { openTestAuth, sessionIdentity } from './testing';
import { createToken } from './tokens';

let world: ReturnType<typeof openTestAuth>;
let own: { projectId: string; serviceId: string; operationId: string; invitationId: string; tokenId: string };
let member: Awaited<ReturnType<typeof world.createUser>>;
let owner: Awaited<ReturnType<typeof world.createUser>>;
let stranger: Awaited<ReturnType<typeof world.createUser>>;

async function fill(role: Role) {
	world = openTestAuth();
	owner = await world.createUser('owner@example.org');
	member = await world.createUser('member@example.org');
	stranger = await world.createUser('stranger@example.org');
	world.createProject('theirs', { [stranger.id]: 'owner' });
	const { id: projectId } = world.createProject('ours', { [owner.id]: 'owner', [member.id]: role });
	const createdAt = new Date();
	own = {
		projectId,
		serviceId: newId('service'),
		operationId: newId('operation'),
		invitationId: newId('invitation'),
		tokenId: createToken(world, {
			...{ userId: owner.id, projectId, name: 'ci', scopes: ['read'], expiresInDays: 1 },
		}).tokenId,
	};
	world.db
		.insert(services)
		.values({
			...{ id: own.serviceId, projectId, kind: 'database', engine: 'postgres', version: '17', name: 'shop' },
			...{ memoryBytes: 1, desiredState: 'running', phase: 'trashed', createdAt },
		})
		.run();
	world.db
		.insert(operations)
		.values({
			...{ id: own.operationId, projectId, serviceId: own.serviceId, serviceName: 'shop', actor: 'x' },
			...{ kind: 'service.start', status: 'running', input: {}, createdAt },
		})
		.run();
	world.db
		.insert(invitations)
		.values({
			...{ id: own.invitationId, projectId, email: 'new@example.org', role: 'viewer', tokenHash: 'x' },
			...{ invitedBy: owner.id, createdAt, expiresAt: createdAt },
		})
		.run();
}

beforeEach(() => fill('viewer'));
afterEach(() => world.remove());

function lookUp(identity: Identity, ids = own) {
	const { db } = world;
	return {
		project: projectScope(db, identity, ids.projectId),
		service: serviceScope(db, identity, ids.serviceId),
		operation: operationScope(db, identity, ids.operationId),
		invitation: invitationScope(db, identity, ids.invitationId),
		token: tokenScope(db, identity, ids.tokenId),
	};
}

const nothing = { project: null, service: null, operation: null, invitation: null, token: null };

describe('a look-up with its membership', () => {
	it('finds what is in the caller’s project, with the caller’s role', () => {
		for (const scoped of Object.values(lookUp(sessionIdentity(owner)))) {
			expect(scoped?.project).toEqual({ id: own.projectId, name: 'ours', role: 'owner' });
			expect(scoped?.row.id).toMatch(/^[a-z]{3}_/);
		}
		expect(lookUp(sessionIdentity(member)).service?.project.role).toBe('viewer');
	});

	it('finds nothing of another project: exactly as for an id that never existed', () => {
		const unknown = {
			projectId: newId('project'),
			serviceId: newId('service'),
			operationId: newId('operation'),
			invitationId: newId('invitation'),
			tokenId: newId('token'),
		};
		expect(lookUp(sessionIdentity(stranger))).toEqual(nothing);
		expect(lookUp(sessionIdentity(owner), unknown)).toEqual(nothing);
	});

	it('finds nothing outside its project for a token, even where its maker is a member', () => {
		const other = world.createProject('other', { [owner.id]: 'owner' });
		const via = { kind: 'token', tokenId: 'x', tokenName: 'x', scopes: [] as never[] } as const;
		const bound = (projectId: string): Identity => ({
			...sessionIdentity(owner),
			via: { ...via, projectId },
		});
		expect(lookUp(bound(other.id))).toEqual(nothing);
		expect(lookUp(bound(own.projectId)).service?.row.id).toBe(own.serviceId);
	});

	it("shows another member's token to admins alone", async () => {
		expect(lookUp(sessionIdentity(member)).token).toBeNull();
		world.remove();
		await fill('admin');
		expect(lookUp(sessionIdentity(member)).token?.row.id).toBe(own.tokenId);
	});
});
