import { TRPCError } from '@trpc/server';
import { z } from 'zod';
import { hasRole } from '$lib/shared/roles';
import { sha256Hex } from '../auth/opaque-token';
import type { Identity } from '../auth/identity';
import { policyRow, type PolicyRow, type ScopeKind } from '../auth/policy';
import type { ProjectAccess } from '../auth/scopes';
import { AppError } from '../errors';
import { networksOf } from '../http/networks';
import type { Actor, AuditIntent, AuditTarget } from '../audit/audit';
import { auditedSource } from './audited-source';
import type { Context } from './context';
import { toAppError, toTRPCError } from './init';

/** How the audit record of this call stands. */
export type AuditHandle = {
	intentSeq: number | null;
	isHandedOver: boolean;
	/** Leaves the outcome to an operation. */
	handOver(): number | null;
	/** Writes the intent where it was put off, see `openStranger`: to be called before a stranger changes anything. Throws as `openAudit`. */
	write(): number;
	/** Told how the call ended, for the count of strangers' failures. */
	settle(hasFailed: boolean): void;
};

/** The project a call is about, the caller's role in it, and what the audit record names. */
export type Scope = { project: ProjectAccess; target: AuditTarget };

const targetText = z.string();
/** Anything else typed there, such as a password, must not stay in the record for ever. */
const targetEmail = z.string().trim().toLowerCase().pipe(z.email().max(254));

/** The call's policy row; a path without one, or one guarded by the wrong builder, answers nobody. */
export function requirePolicy(path: string, scope: ScopeKind): PolicyRow {
	const row = policyRow(path);
	if (!row || row.scope !== scope)
		throw new AppError('INTERNAL', { message: `no policy row ${scope} for ${path}` });
	return row;
}

/** Who calls, looked up anew on every call: a revoked session or token ends at once, over WebSockets too. */
export async function requireIdentity(ctx: Context): Promise<Identity> {
	const identity = await ctx.app.auth.identify(ctx.credentials);
	if (!identity) throw new AppError('NOT_SIGNED_IN');
	return identity;
}

/** Throws unless the row lets this token (or any session) do this; says nothing of roles. */
export function requireTokenScope(row: Exclude<PolicyRow, { scope: 'public' }>, identity: Identity): void {
	if (identity.via.kind !== 'token') return;
	if (row.token === null) throw new AppError('TOKEN_SCOPE_MISSING', { details: { reason: 'sessionOnly' } });
	if (identity.via.scopes.includes(row.token)) return;
	throw new AppError('TOKEN_SCOPE_MISSING', { details: { scope: row.token } });
}

/** Throws FORBIDDEN when the caller's role in the project is weaker than the row asks. */
export function requireRole(row: PolicyRow, scope: Scope): void {
	if (!('role' in row) || !hasRole(scope.project.role, row.role)) throw new AppError('FORBIDDEN');
}

export function actorOf(identity: Identity | null): Actor {
	if (!identity) return { kind: 'anonymous', id: null, label: 'anonymous' };
	if (identity.via.kind === 'token') {
		return {
			kind: 'token',
			id: identity.via.tokenId,
			label: `${identity.via.tokenName} (${identity.user.email})`,
		};
	}
	return { kind: 'user', id: identity.user.id, label: identity.user.email };
}

function auditTarget(row: PolicyRow, scope: Scope | null, rawInput: unknown): AuditTarget | null {
	const field = 'target' in row ? row.target : undefined;
	const fields = z.record(z.string(), z.unknown()).safeParse(rawInput);
	const schema = row.scope === 'public' ? targetEmail : targetText;
	const text = field && fields.success ? schema.safeParse(fields.data[field]) : undefined;
	const named = text?.success ? text.data.slice(0, 200) : null;
	const kind = row.scope === 'public' ? 'user' : row.scope;
	if (!scope) return named === null ? null : { kind, id: null, name: named };
	return named === null ? scope.target : { ...scope.target, name: named };
}

/** What was asked for, as JSON: the fields that the policy row names, some of them by their SHA-256 only. */
function auditDetail(row: PolicyRow, rawInput: unknown): string | null {
	const fields = z.record(z.string(), z.unknown()).safeParse(rawInput);
	if (!fields.success) return null;
	const kept = (row.detail ?? []).map((field) => [field, keptOf(field, fields.data[field])] as const);
	const digests = (row.digest ?? []).map((field) => {
		const text = fields.data[field];
		return [`${field}Sha256`, typeof text === 'string' ? sha256Hex(text) : undefined] as const;
	});
	const named = [...digests, ...kept].filter(([, value]) => value !== undefined);
	return named.length === 0 ? null : JSON.stringify(Object.fromEntries(named), withoutMistakes);
}

function keptOf(field: string, value: unknown): unknown {
	return field === 'source' && value !== undefined ? auditedSource(value) : value;
}

const maxTextLength = 1_000;

/** Kept by those who typed a password in the wrong place: of Redis' rules `>secret` and the like set one. */
const rulesKept: Partial<Record<string, RegExp>> = {
	commands: /^[+-]@?[\w.|-]+$/,
	keyPatterns: /^[^<>#!]/,
	channelPatterns: /^[^<>#!]/,
};

/** For the record, which is never deleted and written before the input is known to be right: no secrets among rules, no endless texts. */
function withoutMistakes(key: string, value: unknown): unknown {
	const rule = Object.hasOwn(rulesKept, key) ? rulesKept[key] : undefined;
	if (rule) {
		if (!Array.isArray(value)) return '…';
		return value.map((text: unknown) => (typeof text === 'string' && rule.test(text) ? text : '…'));
	}
	if (key === 'access' && (typeof value !== 'object' || Array.isArray(value))) return '…';
	return typeof value === 'string' && value.length > maxTextLength
		? `${value.slice(0, maxTextLength)}…`
		: value;
}

type Audited = {
	ctx: Context;
	path: string;
	row: PolicyRow;
	identity: Identity | null;
	scope: Scope | null;
	rawInput: unknown;
};

/** Coming in and ending access need no new secret: both must be possible at any time. */
const worksSealed = new Set([
	'auth.login',
	'auth.logout',
	'sessions.revoke',
	'tokens.revoke',
	'invitations.revoke',
	'members.remove',
]);

/** Writes the intent before a mutation acts. When the record cannot be written the mutation must not happen: this throws. */
export function openAudit(audited: Audited): AuditHandle {
	requireUnsealed(audited);
	const handle = handleOf(audited);
	handle.write();
	return handle;
}

/**
 * As `openAudit` for a call that anybody may make. Beyond what its network may have rows for, the intent is put off until the caller has
 * proved something, and a failure before that is only counted.
 */
export function openStranger(audited: Audited): AuditHandle {
	requireUnsealed(audited);
	const { strangers } = audited.ctx.app.attempts;
	const { network } = networksOf(audited.ctx.ip);
	const key = `${audited.path} ${network}`;
	const handle = handleOf(audited, (hasFailed) => {
		if (!hasFailed) strangers.giveBack(key);
		else if (handle.intentSeq === null) strangers.count(key, { ...intentOf(audited), ip: network });
	});
	if (strangers.take(key)) handle.write();
	return handle;
}

function requireUnsealed({ ctx, path }: Audited): void {
	if (ctx.app.vault.state === 'sealed' && !worksSealed.has(path)) throw new AppError('SEALED');
}

function handleOf(audited: Audited, settle: AuditHandle['settle'] = () => {}): AuditHandle {
	return {
		intentSeq: null,
		isHandedOver: false,
		settle,
		handOver() {
			this.isHandedOver = true;
			return this.intentSeq;
		},
		write() {
			this.intentSeq ??= audited.ctx.app.audit.intent(intentOf(audited));
			return this.intentSeq;
		},
	};
}

function intentOf({ ctx, path, row, identity, scope, rawInput }: Audited): AuditIntent {
	return {
		action: path,
		actor: actorOf(identity),
		projectId: scope?.project.id ?? null,
		target: auditTarget(row, scope, rawInput),
		detail: auditDetail(row, rawInput),
		ip: ctx.ip,
		requestId: ctx.requestId,
	};
}

/** Records an attempt that the policy refused, so that probing leaves a trace; of many alike, how many. */
export function auditDenied(audited: Audited, error: AppError): void {
	const { app } = audited.ctx;
	const intent = intentOf(audited);
	const { action, actor, projectId } = intent;
	const key = [action, actor.id, projectId].join(' ');
	if (!app.attempts.members.take(key)) return app.attempts.members.count(key, intent);
	const intentSeq = app.audit.intent(intent);
	app.audit.outcome(intentSeq, { outcome: 'denied', errorCode: error.code });
}

/**
 * Closes the intent unless an operation took it over. When that cannot be written this throws, although the mutation was done: the outcome
 * follows with the next record that can be.
 */
export function closeAudit(ctx: Context, handle: AuditHandle, error: unknown): void {
	if (handle.isHandedOver) return;
	const failure = error === null ? null : toAppError(error);
	handle.settle(failure !== null);
	if (failure !== null && handle.intentSeq === null) return;
	const intentSeq = handle.write();
	const outcome = failure === null ? 'succeeded' : 'failed';
	const result = { outcome, errorCode: failure?.code ?? null } as const;
	try {
		ctx.app.audit.outcome(intentSeq, result);
	} catch (error) {
		ctx.app.audit.outcomeLater(intentSeq, result);
		ctx.app.log.error('audit.outcome_not_written', { intentSeq, outcome, error });
		throw error;
	}
}

/** Runs a guard step and turns its AppError into what tRPC carries. */
export async function asTRPC<T>(run: () => T | Promise<T>): Promise<T> {
	try {
		return await run();
	} catch (error) {
		if (error instanceof TRPCError) throw error;
		throw toTRPCError(toAppError(error));
	}
}
