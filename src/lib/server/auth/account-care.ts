import { and, eq, ne } from 'drizzle-orm';
import type { Role } from '$lib/shared/roles';
import { writeTransaction, type Db } from '../db/client';
import { loginAttempts, members, projects, recoveryCodes, sessions, users } from '../db/schema';
import { AppError } from '../errors';
import { hashPassword, requireUsablePassword } from './passwords';
import { accountKey } from './throttle';
import { revokeTokensOf } from './tokens';

// What only the machine's own administrator may do with the accounts of others, from the command line. A running panel looks sessions
// and tokens up on every call, and cuts the WebSockets of those that ended within a minute.

export type AccountView = {
	email: string;
	isInstanceOwner: boolean;
	hasSecondFactor: boolean;
	createdAt: Date;
	projects: { name: string; role: Role }[];
};

/** Every account by e-mail, with the projects it is in; one in none can do nothing until it is invited again. */
export function listAccounts(db: Db): AccountView[] {
	const rows = db
		.select({ user: users, name: projects.name, role: members.role })
		.from(users)
		.leftJoin(members, eq(members.userId, users.id))
		.leftJoin(projects, eq(projects.id, members.projectId))
		.orderBy(users.email, projects.name)
		.all();
	const accounts = new Map<string, AccountView>();
	for (const { user, name, role } of rows) {
		const { email, isInstanceOwner, createdAt } = user;
		const hasSecondFactor = user.totpEnabledAt !== null;
		const account = accounts.get(user.id) ?? {
			...{ email, isInstanceOwner, hasSecondFactor, createdAt },
			projects: [],
		};
		if (name !== null && role !== null) account.projects.push({ name, role });
		accounts.set(user.id, account);
	}
	return [...accounts.values()];
}

function requireUser(db: Db, email: string) {
	const user = db.select().from(users).where(eq(users.email, email)).get();
	if (user === undefined)
		throw new AppError('NOT_FOUND', { message: `There is no account with the e-mail ${email}.` });
	return user;
}

/**
 * Gives a person who cannot sign in a new password, and ends their sessions, their API tokens and the wait after failed logins.
 * `isFactorDropped`: the second factor and its recovery codes go too. Throws NOT_FOUND, PASSWORD_TOO_WEAK, PASSWORD_UNUSABLE.
 */
export async function resetPassword(
	db: Db,
	wanted: { email: string; password: string; isFactorDropped: boolean },
): Promise<void> {
	const { id, email } = requireUser(db, wanted.email);
	requireUsablePassword(wanted.password, email);
	const passwordHash = await hashPassword(wanted.password);
	const noFactor = { totpCell: null, totpEnabledAt: null, totpLastStep: null };
	writeTransaction(db, (tx) => {
		tx.update(users)
			.set({ passwordHash, ...(wanted.isFactorDropped ? noFactor : {}) })
			.where(eq(users.id, id))
			.run();
		if (wanted.isFactorDropped) tx.delete(recoveryCodes).where(eq(recoveryCodes.userId, id)).run();
		tx.delete(sessions).where(eq(sessions.userId, id)).run();
		tx.delete(loginAttempts)
			.where(eq(loginAttempts.key, accountKey(email)))
			.run();
		revokeTokensOf(tx, id);
	});
}

/**
 * Removes an account with its memberships, sessions, API tokens and the invitations it sent; what it did stays in the record. Throws
 * NOT_FOUND, LAST_OWNER when a project or the installation would be left without an owner.
 */
export function removeAccount(db: Db, email: string): void {
	writeTransaction(db, (tx) => {
		const user = requireUser(tx, email);
		if (user.isInstanceOwner) {
			throw new AppError('LAST_OWNER', { message: `${email} owns this installation.` });
		}
		const orphan = findOrphan(tx, user.id);
		if (orphan !== null) {
			throw new AppError('LAST_OWNER', { message: `${email} is the only owner of "${orphan}".` });
		}
		tx.delete(users).where(eq(users.id, user.id)).run();
	});
}

/** The name of a project that has no other owner, or null. */
function findOrphan(db: Db, userId: string): string | null {
	const owned = db
		.select({ id: projects.id, name: projects.name })
		.from(members)
		.innerJoin(projects, eq(projects.id, members.projectId))
		.where(and(eq(members.userId, userId), eq(members.role, 'owner')))
		.all();
	const isAlone = ({ id }: { id: string }) =>
		db
			.select({ userId: members.userId })
			.from(members)
			.where(and(eq(members.projectId, id), eq(members.role, 'owner'), ne(members.userId, userId)))
			.get() === undefined;
	return owned.find(isAlone)?.name ?? null;
}
