import { eq, lt, type SQL } from 'drizzle-orm';
import { Lucia, TimeSpan, type Adapter, type DatabaseSession } from 'lucia';
import { writeTransaction, type Db } from '../db/client';
import { sessions, users } from '../db/schema';
import { bestEffort } from './best-effort';

export type SessionAttributes = { createdAt: Date; lastSeenAt: Date; ip: string; userAgent: string };
type UserAttributes = { email: string; isInstanceOwner: boolean };

export type SessionKeeper = Lucia<SessionAttributes, UserAttributes>;

declare module 'lucia' {
	interface Register {
		Lucia: SessionKeeper;
		DatabaseSessionAttributes: SessionAttributes;
		DatabaseUserAttributes: UserAttributes;
	}
}

/** A session ends 30 days after it was made, whatever happens in it. */
export const ABSOLUTE_MS = 30 * 24 * 60 * 60_000;

type SessionRow = typeof sessions.$inferSelect;

function toDatabaseSession(row: SessionRow): DatabaseSession {
	const { id, userId, expiresAt, createdAt, lastSeenAt, ip, userAgent } = row;
	return { id, userId, expiresAt, attributes: { createdAt, lastSeenAt, ip, userAgent } };
}

/** Lucia's store over our tables. The ids it is given are digests already: the cookie's value never reaches it. */
function createAdapter(db: Db): Adapter {
	const remove = (where: SQL) =>
		bestEffort(() => writeTransaction(db, (tx) => tx.delete(sessions).where(where).run()));
	return {
		async getSessionAndUser(sessionId) {
			const found = db
				.select({ session: sessions, user: users })
				.from(sessions)
				.innerJoin(users, eq(users.id, sessions.userId))
				.where(eq(sessions.id, sessionId))
				.get();
			if (!found) return [null, null];
			const { id, email, isInstanceOwner } = found.user;
			return [toDatabaseSession(found.session), { id, attributes: { email, isInstanceOwner } }];
		},
		async getUserSessions(userId) {
			return db.select().from(sessions).where(eq(sessions.userId, userId)).all().map(toDatabaseSession);
		},
		async setSession({ id, userId, expiresAt, attributes }) {
			writeTransaction(db, (tx) =>
				tx
					.insert(sessions)
					.values({ id, userId, expiresAt, ...attributes })
					.run(),
			);
		},
		async updateSessionExpiration(sessionId, expiresAt) {
			const extend = (tx: Db) => {
				const row = tx.select().from(sessions).where(eq(sessions.id, sessionId)).get();
				if (!row) return;
				const latest = row.createdAt.getTime() + ABSOLUTE_MS;
				const capped = new Date(Math.min(expiresAt.getTime(), latest));
				tx.update(sessions).set({ expiresAt: capped }).where(eq(sessions.id, sessionId)).run();
			};
			bestEffort(() => writeTransaction(db, extend));
		},
		async deleteSession(sessionId) {
			remove(eq(sessions.id, sessionId));
		},
		async deleteUserSessions(userId) {
			remove(eq(sessions.userId, userId));
		},
		async deleteExpiredSessions() {
			remove(lt(sessions.expiresAt, new Date()));
		},
	};
}

/** Lucia over our tables, with our attributes on its sessions and users. */
export function createLucia(db: Db): SessionKeeper {
	return new Lucia(createAdapter(db), {
		sessionExpiresIn: new TimeSpan(ABSOLUTE_MS, 'ms'),
		getSessionAttributes: ({ createdAt, lastSeenAt, ip, userAgent }) => ({
			createdAt,
			lastSeenAt,
			ip,
			userAgent,
		}),
		getUserAttributes: ({ email, isInstanceOwner }) => ({ email, isInstanceOwner }),
	});
}
