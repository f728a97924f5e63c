import { eq } from 'drizzle-orm';
import { writeTransaction, type Db } from '../db/client';
import { members, projects, users } from '../db/schema';
import type { Role } from '$lib/shared/roles';
import { AppError } from '../errors';
import type { Connections } from './connections';
import type { Identity } from './identity';
import { hashPassword, requireUsablePassword } from './passwords';
import { proveAgain, type SignInDeps } from './sign-in';
import { revokeTokensOf } from './tokens';

export type Me = {
	user: {
		id: string;
		email: string;
		isInstanceOwner: boolean;
		hasSecondFactor: boolean;
		recoveryCodesLeft: number;
	};
	projects: { id: string; name: string; role: Role }[];
};

/** The signed-in person and the projects they are in, by name; a token sees its own project only. */
export function getMe(deps: SignInDeps, identity: Identity): Me {
	const user = deps.db.select().from(users).where(eq(users.id, identity.user.id)).get();
	if (!user) throw new AppError('NOT_SIGNED_IN');
	return {
		user: {
			id: user.id,
			email: user.email,
			isInstanceOwner: user.isInstanceOwner,
			hasSecondFactor: user.totpEnabledAt !== null,
			recoveryCodesLeft: deps.secondFactor.recoveryCodesLeft(user.id),
		},
		projects: listProjectsOf(deps.db, identity),
	};
}

function listProjectsOf(db: Db, identity: Identity): Me['projects'] {
	const only = identity.via.kind === 'token' ? identity.via.projectId : null;
	return db
		.select({ id: projects.id, name: projects.name, role: members.role })
		.from(members)
		.innerJoin(projects, eq(projects.id, members.projectId))
		.where(eq(members.userId, identity.user.id))
		.all()
		.filter((project) => only === null || project.id === only)
		.sort((a, b) => a.name.localeCompare(b.name));
}

/**
 * Sets a new password and ends every other session and every API token of the person. Throws LOGIN_FAILED for a wrong current one,
 * SECOND_FACTOR_*, PASSWORD_TOO_WEAK, THROTTLED.
 */
export async function changePassword(
	deps: SignInDeps & { connections: Connections },
	identity: Identity,
	wanted: { currentPassword: string; newPassword: string; code: string | null; deviceToken: string | null },
): Promise<void> {
	requireUsablePassword(wanted.newPassword, identity.user.email, 'newPassword');
	const { currentPassword, code, deviceToken } = wanted;
	await proveAgain(deps, identity, { password: currentPassword, code, deviceToken });
	const passwordHash = await hashPassword(wanted.newPassword);
	const ended = writeTransaction(deps.db, (tx) => {
		tx.update(users).set({ passwordHash }).where(eq(users.id, identity.user.id)).run();
		return revokeTokensOf(tx, identity.user.id);
	});
	for (const hash of ended) deps.connections.close(hash);
	const kept = identity.via.kind === 'session' ? identity.via.sessionId : null;
	deps.sessions.revokeOthers(identity.user.id, kept);
}
