import { eq, sql } from 'drizzle-orm';
import { writeTransaction, type Db } from '../db/client';
import { instance, members, projects, users } from '../db/schema';
import { AppError } from '../errors';
import { newId } from '../ids';
import { Secret } from '../secret';
import { isSameDigest, newOpaqueToken, sha256Hex } from './opaque-token';
import { hashPassword, requireUsablePassword } from './passwords';

/** True once somebody can sign in. */
export function hasOwner(db: Db): boolean {
	return (
		db
			.select({ one: sql<number>`1` })
			.from(users)
			.limit(1)
			.get() !== undefined
	);
}

/**
 * A new token for the one-time setup link, or null when there is an owner already. Earlier links stop working; the database keeps
 * a digest only.
 */
export function issueSetupToken(db: Db): Secret | null {
	const token = newOpaqueToken();
	const isIssued = writeTransaction(db, (tx) => {
		if (hasOwner(tx)) return false;
		const set = tx
			.update(instance)
			.set({ setupTokenHash: sha256Hex(token) })
			.run();
		return set.changes === 1;
	});
	return isIssued ? new Secret(token) : null;
}

/** Throws SETUP_DONE when there is an owner, SETUP_LINK_INVALID when the token is not the newest link's. */
export function requireSetupToken(db: Db, token: string): void {
	if (hasOwner(db)) throw new AppError('SETUP_DONE');
	const row = db.select({ hash: instance.setupTokenHash }).from(instance).get();
	if (!row?.hash || !isSameDigest(row.hash, sha256Hex(token))) throw new AppError('SETUP_LINK_INVALID');
}

/**
 * Makes the first person: owner of the instance and of a project named Default, and ends the setup link. Throws SETUP_DONE when
 * there is one already, PASSWORD_TOO_WEAK.
 */
export async function createFirstOwner(
	deps: { db: Db },
	wanted: { email: string; password: string },
): Promise<{ userId: string; projectId: string }> {
	const email = wanted.email.trim().toLowerCase();
	requireUsablePassword(wanted.password, email);
	if (hasOwner(deps.db)) throw new AppError('SETUP_DONE');
	const passwordHash = await hashPassword(wanted.password);
	const userId = newId('user');
	const projectId = newId('project');
	const createdAt = new Date();
	writeTransaction(deps.db, (tx) => {
		if (hasOwner(tx)) throw new AppError('SETUP_DONE');
		tx.insert(users).values({ id: userId, email, passwordHash, isInstanceOwner: true, createdAt }).run();
		tx.insert(projects).values({ id: projectId, name: 'Default', networkIndex: 0, createdAt }).run();
		tx.insert(members).values({ projectId, userId, role: 'owner', createdAt }).run();
		tx.update(instance).set({ setupTokenHash: null }).where(eq(instance.id, 1)).run();
	});
	return { userId, projectId };
}
