import { hasRole, type Role } from '$lib/shared/roles';
import type { Auth } from '../auth/auth';
import type { Identity } from '../auth/identity';
import { newOpaqueToken, sha256Hex } from '../auth/opaque-token';
import type { ProjectAccess } from '../auth/scopes';
import { writeTransaction, type Db } from '../db/client';
import { AppError } from '../errors';
import { newId } from '../ids';
import type { Redactor } from '../log';
import { Secret } from '../secret';
import * as repository from './repository';

const invitationMs = 7 * 24 * 60 * 60_000;

type Deps = { db: Db; auth: Pick<Auth, 'sessions'> };
type Membership = { projectId: string; userId: string };

/** The caller's projects by name; an API token sees its own alone. */
export function listProjects(db: Db, identity: Identity): repository.ProjectView[] {
	const only = identity.via.kind === 'token' ? identity.via.projectId : null;
	return repository.listProjects(db, identity.user.id, only);
}

/** A new project that its maker owns. */
export function createProject(db: Db, identity: Identity, name: string): repository.ProjectView {
	const project = { id: newId('project'), name, createdAt: new Date() };
	writeTransaction(db, (tx) => {
		repository.insertProject(tx, { ...project, networkIndex: repository.freeNetworkIndex(tx) });
		repository.insertMember(tx, {
			projectId: project.id,
			userId: identity.user.id,
			role: 'owner',
			createdAt: project.createdAt,
		});
	});
	return { ...project, role: 'owner' };
}

export function renameProject(db: Db, projectId: string, name: string): void {
	writeTransaction(db, (tx) => repository.updateProjectName(tx, projectId, name));
}

/** A project always keeps an owner. Throws NOT_FOUND for who is no member, LAST_OWNER. */
function requireReplaceable(tx: Db, { projectId, userId }: Membership, becomes: Role | null): void {
	const role = repository.findMemberRole(tx, projectId, userId);
	if (role === undefined) throw new AppError('NOT_FOUND', { field: 'userId' });
	const isLost = role === 'owner' && becomes !== 'owner';
	if (isLost && repository.countOwners(tx, projectId) === 1) throw new AppError('LAST_OWNER');
}

/** Changes what a member may do; their live sockets are cut so that it holds at once. Throws NOT_FOUND, LAST_OWNER. */
export function setRole({ db, auth }: Deps, membership: Membership, role: Role): void {
	writeTransaction(db, (tx) => {
		requireReplaceable(tx, membership, role);
		repository.updateMemberRole(tx, membership.projectId, membership.userId, role);
	});
	auth.sessions.closeSocketsOfUser(membership.userId);
}

/** Takes a member out, with the tokens and open invitations they made in it. Throws NOT_FOUND, LAST_OWNER. */
export function removeMember({ db, auth }: Deps, membership: Membership): void {
	writeTransaction(db, (tx) => {
		requireReplaceable(tx, membership, null);
		repository.deleteMember(tx, membership.projectId, membership.userId);
	});
	auth.sessions.closeSocketsOfUser(membership.userId);
}

export type NewInvitation = { email: string; role: Role };
export type CreatedInvitation = { invitationId: string; token: Secret; expiresAt: Date };

/**
 * Invites an address for 7 days; an earlier open invitation of the same address ends. The link's token is answered this once. Throws
 * ROLE_TOO_LOW for a role above the inviter's own, EMAIL_TAKEN when that person is in the project already.
 */
export function createInvitation(
	{ db, redactor }: { db: Db; redactor: Redactor },
	caller: { identity: Identity; project: ProjectAccess },
	wanted: NewInvitation,
): CreatedInvitation {
	const { identity, project } = caller;
	if (!hasRole(project.role, wanted.role)) {
		throw new AppError('ROLE_TOO_LOW', { field: 'role', details: { role: project.role } });
	}
	const token = newOpaqueToken();
	redactor.add(token);
	const createdAt = new Date();
	const expiresAt = new Date(createdAt.getTime() + invitationMs);
	const invitationId = newId('invitation');
	writeTransaction(db, (tx) => {
		if (repository.isMemberEmail(tx, project.id, wanted.email)) {
			throw new AppError('EMAIL_TAKEN', { field: 'email' });
		}
		repository.deleteOpenInvitations(tx, project.id, wanted.email);
		repository.insertInvitation(tx, {
			...{ id: invitationId, projectId: project.id, email: wanted.email, role: wanted.role },
			...{ tokenHash: sha256Hex(token), invitedBy: identity.user.id, createdAt, expiresAt },
		});
	});
	return { invitationId, token: new Secret(token), expiresAt };
}

/** Ends an open invitation: its link stops working. Throws NOT_FOUND for one that was accepted. */
export function revokeInvitation(db: Db, invitationId: string): void {
	const isRevoked = writeTransaction(db, (tx) => repository.deleteOpenInvitation(tx, invitationId));
	if (!isRevoked) throw new AppError('NOT_FOUND');
}
