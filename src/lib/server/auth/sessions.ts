import { and, eq, lt, ne, or, type SQL } from 'drizzle-orm';
import { writeTransaction, type Db } from '../db/client';
import { apiTokens, sessions } from '../db/schema';
import { AppError } from '../errors';
import { Secret } from '../secret';
import { bestEffort } from './best-effort';
import type { Connections } from './connections';
import type { Identity } from './identity';
import { ABSOLUTE_MS, createLucia, type SessionKeeper } from './lucia';
import { newOpaqueToken, sha256Hex } from './opaque-token';

/** A session nobody has used for 12 hours is over. */
export const IDLE_MS = 12 * 60 * 60_000;
const touchEveryMs = 60_000;

export type ClientFacts = { ip: string; userAgent: string };
export type SessionView = {
	id: string;
	createdAt: Date;
	lastSeenAt: Date;
	expiresAt: Date;
	ip: string;
	userAgent: string;
	isCurrent: boolean;
};

const isOver = (session: { createdAt: Date; lastSeenAt: Date }, now: number) =>
	now >= session.lastSeenAt.getTime() + IDLE_MS || now >= session.createdAt.getTime() + ABSOLUTE_MS;

/** Browser sessions. The cookie holds a random token; the database knows its digest only. */
export class Sessions {
	readonly #db: Db;
	readonly #lucia: SessionKeeper;
	readonly #connections: Connections;

	constructor(db: Db, connections: Connections) {
		this.#db = db;
		this.#lucia = createLucia(db);
		this.#connections = connections;
	}

	/** Begins a session, always with a token of our own making, and answers the cookie's value. */
	async create(userId: string, client: ClientFacts): Promise<Secret> {
		const token = newOpaqueToken();
		const now = new Date();
		const attributes = {
			createdAt: now,
			lastSeenAt: now,
			ip: client.ip.slice(0, 64),
			userAgent: client.userAgent.slice(0, 256),
		};
		await this.#lucia.createSession(userId, attributes, { sessionId: sha256Hex(token) });
		return new Secret(token);
	}

	/** Who holds this cookie, or null. Using a session keeps it from idling out. */
	async identify(token: string): Promise<Identity | null> {
		const { session, user } = await this.#lucia.validateSession(sha256Hex(token));
		if (!session) return null;
		const now = Date.now();
		if (isOver(session, now)) {
			bestEffort(() => this.#end(eq(sessions.id, session.id)));
			return null;
		}
		if (now - session.lastSeenAt.getTime() >= touchEveryMs) this.#touch(session.id, now);
		return { user, via: { kind: 'session', sessionId: session.id } };
	}

	/** The person's live sessions, the newest first. */
	list(identity: Identity): SessionView[] {
		const rows = this.#db.select().from(sessions).where(eq(sessions.userId, identity.user.id)).all();
		const now = Date.now();
		const current = identity.via.kind === 'session' ? identity.via.sessionId : null;
		return rows
			.filter((row) => !isOver(row, now))
			.sort((a, b) => b.lastSeenAt.getTime() - a.lastSeenAt.getTime())
			.map(({ id, createdAt, lastSeenAt, expiresAt, ip, userAgent }) => ({
				...{ id, createdAt, lastSeenAt, expiresAt, ip, userAgent },
				isCurrent: id === current,
			}));
	}

	/** Ends one session of this person and cuts its WebSockets. Throws NOT_FOUND for another's as for none. */
	revoke(userId: string, sessionId: string): void {
		const found = this.#end(and(eq(sessions.id, sessionId), eq(sessions.userId, userId)));
		if (found.length === 0) throw new AppError('NOT_FOUND');
	}

	/** Ends all sessions of this person but one. */
	revokeOthers(userId: string, keptSessionId: string | null): void {
		this.#end(and(eq(sessions.userId, userId), ne(sessions.id, keptSessionId ?? '')));
	}

	/** True while the session with this digest is in force. */
	isLive(sessionId: string): boolean {
		const row = this.#db.select().from(sessions).where(eq(sessions.id, sessionId)).get();
		return row !== undefined && !isOver(row, Date.now());
	}

	/** Removes what is over and cuts the WebSockets that it left. */
	purge(): void {
		const now = Date.now();
		this.#end(
			or(
				lt(sessions.lastSeenAt, new Date(now - IDLE_MS)),
				lt(sessions.createdAt, new Date(now - ABSOLUTE_MS)),
			),
		);
	}

	/** Cuts every WebSocket of this person, so that what they may do is judged anew; the sessions stay. */
	closeSocketsOfUser(userId: string): void {
		const ofSessions = this.#db
			.select({ hash: sessions.id })
			.from(sessions)
			.where(eq(sessions.userId, userId))
			.all();
		const ofTokens = this.#db
			.select({ hash: apiTokens.tokenHash })
			.from(apiTokens)
			.where(eq(apiTokens.userId, userId))
			.all();
		for (const { hash } of [...ofSessions, ...ofTokens]) this.#connections.close(hash);
	}

	#touch(sessionId: string, now: number): void {
		const set = (tx: Db) =>
			tx
				.update(sessions)
				.set({ lastSeenAt: new Date(now) })
				.where(eq(sessions.id, sessionId))
				.run();
		bestEffort(() => writeTransaction(this.#db, set));
	}

	#end(where: SQL | undefined): string[] {
		const ended = writeTransaction(this.#db, (tx) =>
			tx.delete(sessions).where(where).returning({ id: sessions.id }).all(),
		).map((row) => row.id);
		for (const id of ended) this.#connections.close(id);
		return ended;
	}
}
