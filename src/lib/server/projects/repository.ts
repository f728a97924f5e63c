import { and, desc, eq, isNull } from 'drizzle-orm';
import { alias } from 'drizzle-orm/sqlite-core';
import type { Role } from '$lib/shared/roles';
import type { Db } from '../db/client';
import { apiTokens, invitations, members, projects, users } from '../db/schema';

export type ProjectView = { id: string; name: string; role: Role; createdAt: Date };
export type MemberView = {
	userId: string;
	email: string;
	role: Role;
	hasSecondFactor: boolean | null;
	joinedAt: Date;
};
export type InvitationView = {
	id: string;
	email: string;
	role: Role;
	invitedBy: string;
	createdAt: Date;
	expiresAt: Date;
};

const ofMember = (projectId: string, userId: string) =>
	and(eq(members.projectId, projectId), eq(members.userId, userId));

/** The person's projects; `onlyProjectId` for a token, which sees its own alone. */
export function listProjects(db: Db, userId: string, onlyProjectId: string | null): ProjectView[] {
	return db
		.select({
			id: projects.id,
			name: projects.name,
			role: members.role,
			createdAt: projects.createdAt,
		})
		.from(members)
		.innerJoin(projects, eq(projects.id, members.projectId))
		.where(
			and(eq(members.userId, userId), onlyProjectId === null ? undefined : eq(projects.id, onlyProjectId)),
		)
		.orderBy(projects.name)
		.all();
}

/** The lowest network index that no project has. */
export function freeNetworkIndex(tx: Db): number {
	const taken = new Set(
		tx
			.select({ index: projects.networkIndex })
			.from(projects)
			.all()
			.map((row) => row.index),
	);
	let index = 0;
	while (taken.has(index)) index += 1;
	return index;
}

export function insertProject(tx: Db, project: typeof projects.$inferInsert): void {
	tx.insert(projects).values(project).run();
}

export function updateProjectName(tx: Db, projectId: string, name: string): void {
	tx.update(projects).set({ name }).where(eq(projects.id, projectId)).run();
}

export function listMembers(
	db: Db,
	projectId: string,
	reader: { userId: string; isAdmin: boolean },
): MemberView[] {
	// Who has none is whom to attack.
	const mayKnow = (userId: string) => reader.isAdmin || userId === reader.userId;
	return db
		.select({ user: users, role: members.role, joinedAt: members.createdAt })
		.from(members)
		.innerJoin(users, eq(users.id, members.userId))
		.where(eq(members.projectId, projectId))
		.orderBy(users.email)
		.all()
		.map(({ user, role, joinedAt }) => ({
			userId: user.id,
			email: user.email,
			role,
			hasSecondFactor: mayKnow(user.id) ? user.totpEnabledAt !== null : null,
			joinedAt,
		}));
}

export function findMemberRole(db: Db, projectId: string, userId: string): Role | undefined {
	return db.select({ role: members.role }).from(members).where(ofMember(projectId, userId)).get()?.role;
}

export function countOwners(db: Db, projectId: string): number {
	return db
		.select({ userId: members.userId })
		.from(members)
		.where(and(eq(members.projectId, projectId), eq(members.role, 'owner')))
		.all().length;
}

export function insertMember(tx: Db, member: typeof members.$inferInsert): void {
	tx.insert(members).values(member).run();
}

export function updateMemberRole(tx: Db, projectId: string, userId: string, role: Role): void {
	tx.update(members).set({ role }).where(ofMember(projectId, userId)).run();
}

/** Takes the person out of the project, with the tokens and open invitations they made there. */
export function deleteMember(tx: Db, projectId: string, userId: string): void {
	const revokedAt = new Date();
	tx.update(apiTokens)
		.set({ revokedAt })
		.where(and(eq(apiTokens.projectId, projectId), eq(apiTokens.userId, userId), isNull(apiTokens.revokedAt)))
		.run();
	tx.delete(invitations)
		.where(
			and(
				eq(invitations.projectId, projectId),
				eq(invitations.invitedBy, userId),
				isNull(invitations.acceptedAt),
			),
		)
		.run();
	tx.delete(members).where(ofMember(projectId, userId)).run();
}

const inviters = alias(users, 'inviters');

/** Invitations nobody has accepted, the newest first; those past their time too, so that a person sees why a link fails. */
export function listInvitations(db: Db, projectId: string): InvitationView[] {
	return db
		.select({
			id: invitations.id,
			email: invitations.email,
			role: invitations.role,
			invitedBy: inviters.email,
			createdAt: invitations.createdAt,
			expiresAt: invitations.expiresAt,
		})
		.from(invitations)
		.innerJoin(inviters, eq(inviters.id, invitations.invitedBy))
		.where(and(eq(invitations.projectId, projectId), isNull(invitations.acceptedAt)))
		.orderBy(desc(invitations.createdAt))
		.all();
}

export function isMemberEmail(db: Db, projectId: string, email: string): boolean {
	const found = db
		.select({ userId: members.userId })
		.from(members)
		.innerJoin(users, eq(users.id, members.userId))
		.where(and(eq(members.projectId, projectId), eq(users.email, email)))
		.get();
	return found !== undefined;
}

export function insertInvitation(tx: Db, invitation: typeof invitations.$inferInsert): void {
	tx.insert(invitations).values(invitation).run();
}

export function deleteOpenInvitations(tx: Db, projectId: string, email: string): void {
	tx.delete(invitations)
		.where(
			and(eq(invitations.projectId, projectId), eq(invitations.email, email), isNull(invitations.acceptedAt)),
		)
		.run();
}

/** True when there was an open one with this id. */
export function deleteOpenInvitation(tx: Db, invitationId: string): boolean {
	const deleted = tx
		.delete(invitations)
		.where(and(eq(invitations.id, invitationId), isNull(invitations.acceptedAt)))
		.run();
	return deleted.changes === 1;
}
