import { and, eq, gt, isNull, lt, or } from 'drizzle-orm';
import { hasRole, scopeRole, type TokenScope } from '$lib/shared/roles';
import { writeTransaction, type Db } from '../db/client';
import { apiTokens, members, users } from '../db/schema';
import { AppError } from '../errors';
import { newId } from '../ids';
import type { Redactor } from '../log';
import { Secret } from '../secret';
import { bestEffort } from './best-effort';
import type { Identity } from './identity';
import { newOpaqueToken, sha256Hex } from './opaque-token';

export const MAX_TOKEN_DAYS = 365;
const dayMs = 24 * 60 * 60_000;
const touchEveryMs = 60_000;
const tokenPattern = /^sh0_[A-Za-z0-9_-]{43}$/;

export type NewToken = {
	userId: string;
	projectId: string;
	name: string;
	scopes: TokenScope[];
	/** 1 to 365. */
	expiresInDays: number;
};

export type TokenView = {
	id: string;
	name: string;
	ownerEmail: string;
	isOwn: boolean;
	scopes: TokenScope[];
	createdAt: Date;
	expiresAt: Date;
	lastUsedAt: Date | null;
};

export type CreatedToken = { tokenId: string; token: Secret; expiresAt: Date };

/**
 * Makes an API token for a member of the project. Its clear text is answered this once; the database keeps a digest. Throws
 * NOT_FOUND when the person is no member, ROLE_TOO_LOW for a scope above their present role (it would come into force with a better one),
 * BAD_INPUT for a life that is too long.
 */
export function createToken(deps: { db: Db; redactor: Redactor }, wanted: NewToken): CreatedToken {
	const { userId, projectId, name, scopes, expiresInDays } = wanted;
	if (!Number.isInteger(expiresInDays) || expiresInDays < 1 || expiresInDays > MAX_TOKEN_DAYS) {
		throw new AppError('BAD_INPUT', { field: 'expiresInDays', details: { max: MAX_TOKEN_DAYS } });
	}
	const token = `sh0_${newOpaqueToken()}`;
	deps.redactor.add(token);
	const tokenId = newId('token');
	const createdAt = new Date();
	const expiresAt = new Date(createdAt.getTime() + expiresInDays * dayMs);
	writeTransaction(deps.db, (tx) => {
		const member = tx
			.select({ role: members.role })
			.from(members)
			.where(and(eq(members.projectId, projectId), eq(members.userId, userId)))
			.get();
		if (!member) throw new AppError('NOT_FOUND');
		if (!scopes.every((scope) => hasRole(member.role, scopeRole[scope]))) {
			throw new AppError('ROLE_TOO_LOW', { field: 'scopes', details: { role: member.role } });
		}
		tx.insert(apiTokens)
			.values({
				...{ id: tokenId, userId, projectId, name, createdAt, expiresAt },
				scopes: [...new Set(scopes)],
				tokenHash: sha256Hex(token),
			})
			.run();
	});
	return { tokenId, token: new Secret(token), expiresAt };
}

/** Live tokens of the project: the person's own, or all of them for an admin. The newest first. */
export function listTokens(
	db: Db,
	filter: { projectId: string; userId: string; isAdmin: boolean },
): TokenView[] {
	const rows = db
		.select({ token: apiTokens, ownerEmail: users.email })
		.from(apiTokens)
		.innerJoin(users, eq(users.id, apiTokens.userId))
		.where(
			and(
				eq(apiTokens.projectId, filter.projectId),
				isNull(apiTokens.revokedAt),
				filter.isAdmin ? undefined : eq(apiTokens.userId, filter.userId),
			),
		)
		.all();
	return rows
		.sort((a, b) => b.token.createdAt.getTime() - a.token.createdAt.getTime())
		.map(({ token, ownerEmail }) => ({
			...{ id: token.id, name: token.name, scopes: token.scopes },
			...{ createdAt: token.createdAt, expiresAt: token.expiresAt, lastUsedAt: token.lastUsedAt },
			ownerEmail,
			isOwn: token.userId === filter.userId,
		}));
}

/** Ends the token for good; answers the digest under which its WebSockets are known. */
export function revokeToken(db: Db, tokenId: string): string | null {
	const revoked = writeTransaction(db, (tx) =>
		tx
			.update(apiTokens)
			.set({ revokedAt: new Date() })
			.where(and(eq(apiTokens.id, tokenId), isNull(apiTokens.revokedAt)))
			.returning({ hash: apiTokens.tokenHash })
			.get(),
	);
	return revoked?.hash ?? null;
}

/** Ends every token of this person, in all projects; answers the digests under which their WebSockets are known. */
export function revokeTokensOf(db: Db, userId: string): string[] {
	const isTheirs = and(eq(apiTokens.userId, userId), isNull(apiTokens.revokedAt));
	const revoked = writeTransaction(db, (tx) =>
		tx
			.update(apiTokens)
			.set({ revokedAt: new Date() })
			.where(isTheirs)
			.returning({ hash: apiTokens.tokenHash })
			.all(),
	);
	return revoked.map(({ hash }) => hash);
}

/** Whose token this is, or null: unknown, revoked, expired, or its owner is no longer a member of the project. */
export function identifyToken(db: Db, token: string): Identity | null {
	const found = tokenPattern.test(token) ? findLive(db, sha256Hex(token)) : undefined;
	if (!found) return null;
	touchToken(db, found.token.id, new Date());
	const { id, email, isInstanceOwner } = found.user;
	const { id: tokenId, name: tokenName, projectId, scopes } = found.token;
	return {
		user: { id, email, isInstanceOwner },
		via: { kind: 'token', tokenId, tokenName, projectId, scopes },
	};
}

/** True while the token with this digest is in force. */
export function isLiveToken(db: Db, tokenHash: string): boolean {
	return findLive(db, tokenHash) !== undefined;
}

function findLive(db: Db, tokenHash: string) {
	return db
		.select({ token: apiTokens, user: users })
		.from(apiTokens)
		.innerJoin(users, eq(users.id, apiTokens.userId))
		.innerJoin(members, and(eq(members.projectId, apiTokens.projectId), eq(members.userId, apiTokens.userId)))
		.where(
			and(
				eq(apiTokens.tokenHash, tokenHash),
				isNull(apiTokens.revokedAt),
				gt(apiTokens.expiresAt, new Date()),
			),
		)
		.get();
}

/** At most one write a minute for each token. */
function touchToken(db: Db, tokenId: string, now: Date): void {
	const isStale = or(
		isNull(apiTokens.lastUsedAt),
		lt(apiTokens.lastUsedAt, new Date(now.getTime() - touchEveryMs)),
	);
	const row = db
		.select({ id: apiTokens.id })
		.from(apiTokens)
		.where(and(eq(apiTokens.id, tokenId), isStale))
		.get();
	if (!row) return;
	const set = (tx: Db) =>
		tx.update(apiTokens).set({ lastUsedAt: now }).where(eq(apiTokens.id, tokenId)).run();
	bestEffort(() => writeTransaction(db, set));
}
