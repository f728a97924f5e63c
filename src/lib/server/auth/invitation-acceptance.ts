import { and, eq, gt, isNull } from 'drizzle-orm';
import { alias } from 'drizzle-orm/sqlite-core';
import { hasRole, type Role } from '$lib/shared/roles';
import { writeTransaction, type Db } from '../db/client';
import { invitations, members, projects, users } from '../db/schema';
import { AppError } from '../errors';
import { newId } from '../ids';
import { sha256Hex } from './opaque-token';
import { hashPassword, requireUsablePassword } from './passwords';
import type { ClientFacts } from './sessions';
import { beginSession, prove, type SignedIn, type SignInDeps } from './sign-in';

export type InvitationPreview = {
	email: string;
	role: Role;
	projectName: string;
	invitedBy: string;
	expiresAt: Date;
	/** True: the person signs in with the password they have. False: they choose one. */
	hasAccount: boolean;
};

type Found = { invitation: typeof invitations.$inferSelect; projectName: string; invitedBy: string };

const inviters = alias(users, 'inviters');

/** The open invitation behind a link; it counts only while whoever sent it may still give that role. */
function findOpen(db: Db, token: string): Found | null {
	const found = db
		.select({
			invitation: invitations,
			projectName: projects.name,
			invitedBy: inviters.email,
			inviterRole: members.role,
		})
		.from(invitations)
		.innerJoin(projects, eq(projects.id, invitations.projectId))
		.innerJoin(inviters, eq(inviters.id, invitations.invitedBy))
		.innerJoin(
			members,
			and(eq(members.projectId, invitations.projectId), eq(members.userId, invitations.invitedBy)),
		)
		.where(
			and(
				eq(invitations.tokenHash, sha256Hex(token)),
				isNull(invitations.acceptedAt),
				gt(invitations.expiresAt, new Date()),
			),
		)
		.get();
	if (!found || !hasRole(found.inviterRole, 'admin') || !hasRole(found.inviterRole, found.invitation.role)) {
		return null;
	}
	return found;
}

function findUser(db: Db, email: string) {
	return db.select().from(users).where(eq(users.email, email)).get();
}

/** What the invitation's page shows, or null when the link is used, over, revoked or unknown. */
export function previewInvitation(db: Db, token: string): InvitationPreview | null {
	const found = findOpen(db, token);
	if (!found) return null;
	const { email, role, expiresAt } = found.invitation;
	const { projectName, invitedBy } = found;
	return { email, role, expiresAt, projectName, invitedBy, hasAccount: findUser(db, email) !== undefined };
}

export type Acceptance = ClientFacts & {
	token: string;
	password: string;
	code: string | null;
	deviceToken: string | null;
	/** Called once the link and the password are good, before anything changes. What it throws ends it. */
	onProven?: () => void;
};

/**
 * Uses an invitation up: a new person gets an account with this password, an existing one proves theirs; either way they are in the
 * project and signed in. Throws INVITATION_INVALID, PASSWORD_TOO_WEAK, LOGIN_FAILED, SECOND_FACTOR_*, THROTTLED.
 */
export async function acceptInvitation(
	deps: SignInDeps,
	acceptance: Acceptance,
): Promise<SignedIn & { projectId: string }> {
	const found = findOpen(deps.db, acceptance.token);
	if (!found) throw new AppError('INVITATION_INVALID');
	const { email } = found.invitation;
	const existing = findUser(deps.db, email);
	if (existing) {
		const { onProven } = acceptance;
		await prove(deps, { ...acceptance, email, ...(onProven ? { onPasswordRight: onProven } : {}) });
		join(deps.db, acceptance.token, existing.id);
		deps.sessions.closeSocketsOfUser(existing.id);
	} else {
		requireUsablePassword(acceptance.password, email);
		const passwordHash = await hashPassword(acceptance.password);
		acceptance.onProven?.();
		writeTransaction(deps.db, (tx) => {
			if (findUser(tx, email)) throw new AppError('INVITATION_INVALID');
			const id = newId('user');
			tx.insert(users).values({ id, email, passwordHash, createdAt: new Date() }).run();
			join(tx, acceptance.token, id);
		});
	}
	const user = findUser(deps.db, email);
	if (!user) throw new AppError('INVITATION_INVALID');
	const signedIn = await beginSession(deps, user, acceptance);
	return { ...signedIn, projectId: found.invitation.projectId };
}

/** Looks the invitation up again inside the transaction, so that of two who use one link only the first gets in. */
function join(db: Db, token: string, userId: string): void {
	writeTransaction(db, (tx) => {
		const found = findOpen(tx, token);
		if (!found) throw new AppError('INVITATION_INVALID');
		const { id, projectId, role } = found.invitation;
		const isMember = and(eq(members.projectId, projectId), eq(members.userId, userId));
		const current = tx.select({ role: members.role }).from(members).where(isMember).get();
		const createdAt = new Date();
		if (!current) tx.insert(members).values({ projectId, userId, role, createdAt }).run();
		else if (!hasRole(current.role, role)) tx.update(members).set({ role }).where(isMember).run();
		tx.update(invitations).set({ acceptedAt: createdAt }).where(eq(invitations.id, id)).run();
	});
}
