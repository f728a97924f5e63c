import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { idSchema } from '$lib/shared/ids';
import type { Identity } from '../auth/identity';
import type { PolicyRow, ScopeKind } from '../auth/policy';
import {
	invitationScope,
	operationScope,
	projectScope,
	serviceScope,
	tokenScope,
	type ProjectAccess,
} from '../auth/scopes';
import type { AuditTarget } from '../audit/audit';
import type { Db } from '../db/client';
import { AppError } from '../errors';
import { reportUnexpected } from '../http/report';
import type { Context } from './context';
import {
	actorOf,
	asTRPC,
	auditDenied,
	closeAudit,
	openAudit,
	openStranger,
	requireIdentity,
	requirePolicy,
	requireRole,
	requireTokenScope,
	type AuditHandle,
	type Scope,
} from './guard';
import { bareProcedure, middleware, nameRequest, toAppError, toTRPCError } from './init';

const maxBatchSize = 10;

/** Runs the procedure with its audit record around it (mutations only), and makes every thrown error one that tRPC carries rightly. */
type Next<R> = (audit: AuditHandle) => Promise<R>;
const noAudit = (): AuditHandle => ({
	...{ intentSeq: null, isHandedOver: false },
	...{ handOver: () => null, write: () => 0, settle: () => {} },
});

type Call = { ctx: Context; path: string; type: string; rawInput: unknown };

async function audited<R extends { ok: boolean; error?: unknown }>(
	call: Call,
	row: PolicyRow,
	identity: Identity | null,
	scope: Scope | null,
	next: Next<R>,
): Promise<R> {
	if (call.type !== 'mutation') return next(noAudit());
	const facts = { ctx: call.ctx, path: call.path, row, identity, scope, rawInput: call.rawInput };
	const handle = await asTRPC(() => (row.scope === 'public' ? openStranger(facts) : openAudit(facts)));
	const result = await next(handle);
	await asTRPC(() => closeAudit(call.ctx, handle, result.ok ? null : result.error));
	return result;
}

/** tRPC's own code for an AppError thrown by a resolver, so that the HTTP status says what happened. */
const translateErrors = middleware(async ({ ctx, path, next }) => {
	const result = await next();
	if (result.ok) return result;
	const appError = toAppError(result.error);
	// Over HTTP the hook's `onError` does it, which sees failures outside procedures too; trpc-sveltekit's WebSocket has none.
	if (!ctx.cookies) reportUnexpected(ctx.app.log, { error: result.error, path, requestId: ctx.requestId });
	return { ...result, error: toTRPCError(appError) };
});

const limitBatch = middleware(async ({ ctx, next }) => {
	if (ctx.batchSize > maxBatchSize)
		throw toTRPCError(new AppError('BATCH_TOO_LARGE', { details: { max: maxBatchSize } }));
	return next();
});

/** A WebSocket's context is made once, but each call over it has a number of its own in the record, the log and the answer. */
const numberCall = middleware(async ({ ctx, next }) => {
	if (ctx.cookies) return next();
	const requestId = randomUUID();
	const result = await next({ ctx: { requestId } });
	if (!result.ok) nameRequest(result.error, requestId);
	return result;
});

const base = bareProcedure.use(numberCall).use(translateErrors).use(limitBatch);

/** For setup, login and acceptInvitation only; never in a batch. Its input is followed by `.use(auditStranger)`. */
export const publicProcedure = base.use(async ({ ctx, path, next }) => {
	await asTRPC(() => requirePolicy(path, 'public'));
	if (ctx.batchSize > 1) throw toTRPCError(new AppError('BATCH_NOT_ALLOWED'));
	// Over a WebSocket, where the limits of strangers do not hold and no cookie can be given.
	if (!ctx.cookies) throw toTRPCError(new AppError('BAD_INPUT'));
	return next();
});

/**
 * The audit record of a public call. After its input was parsed: what strangers make up at random leaves no row for ever. The procedure
 * calls `ctx.audit.write()` before it changes anything.
 */
export const auditStranger = middleware(async ({ ctx, path, type, rawInput, next }) => {
	const row = await asTRPC(() => requirePolicy(path, 'public'));
	return audited({ ctx, path, type, rawInput }, row, null, null, (audit) =>
		next({ ctx: { audit, actorLabel: actorOf(null).label } }),
	);
});

function withoutProject(scopeKind: Extract<ScopeKind, 'signedIn' | 'instance'>) {
	return base.use(async ({ ctx, path, type, rawInput, next }) => {
		const call = { ctx, path, type, rawInput };
		const { row, identity } = await asTRPC(async () => {
			const row = requirePolicy(path, scopeKind);
			if (row.scope === 'public') throw new AppError('INTERNAL');
			const identity = await requireIdentity(ctx);
			try {
				requireTokenScope(row, identity);
				if (scopeKind === 'instance' && !identity.user.isInstanceOwner) throw new AppError('FORBIDDEN');
			} catch (error) {
				if (type === 'mutation')
					auditDenied({ ctx, path, row, identity, scope: null, rawInput }, toAppError(error));
				throw error;
			}
			return { row, identity };
		});
		return audited(call, row, identity, null, (audit) =>
			next({ ctx: { audit, identity, actorLabel: actorOf(identity).label } }),
		);
	});
}

/** Any signed-in person, about themselves. */
export const signedIn = withoutProject('signedIn');
/** The instance's owner. */
export const instanceProcedure = withoutProject('instance');

type ProjectScopeKind = Exclude<ScopeKind, 'public' | 'signedIn' | 'instance'>;

/** `find` looks the row up joined with the caller's membership: null for a foreign row as for none. */
type ScopedBy<Row> = {
	kind: ProjectScopeKind;
	idField: string;
	find: (db: Db, identity: Identity, id: string) => { project: ProjectAccess; row: Row } | null;
	target: (row: Row) => AuditTarget;
};

function withProject<Row>({ kind, idField, find, target }: ScopedBy<Row>) {
	return base.use(async ({ ctx, path, type, rawInput, next }) => {
		const call = { ctx, path, type, rawInput };
		const { row, identity, found, scope } = await asTRPC(async () => {
			const row = requirePolicy(path, kind);
			if (row.scope === 'public') throw new AppError('INTERNAL');
			const identity = await requireIdentity(ctx);
			const id = z.object({ [idField]: idSchema(kind) }).safeParse(rawInput);
			if (!id.success) throw new AppError('BAD_INPUT', { field: idField, details: { field: idField } });
			const found = find(ctx.app.db, identity, String(id.data[idField]));
			// A foreign id answers exactly as one that never existed.
			if (!found) throw new AppError('NOT_FOUND');
			const scope = { project: found.project, target: target(found.row) };
			try {
				requireTokenScope(row, identity);
				requireRole(row, scope);
			} catch (error) {
				if (type === 'mutation')
					auditDenied({ ctx, path, row, identity, scope, rawInput }, toAppError(error));
				throw error;
			}
			return { row, identity, found, scope };
		});
		return audited(call, row, identity, scope, (audit) =>
			next({
				ctx: { audit, identity, actorLabel: actorOf(identity).label, project: found.project, row: found.row },
			}),
		);
	});
}

/** Named by `projectId`; `ctx.project` has the caller's role. */
export const inProject = withProject({
	kind: 'project',
	idField: 'projectId',
	find: projectScope,
	target: (row) => ({ kind: 'project', id: row.id, name: row.name }),
}).input(z.object({ projectId: idSchema('project') }));

/** Named by `serviceId`; `ctx.service` is its row. */
export const onService = withProject({
	kind: 'service',
	idField: 'serviceId',
	find: serviceScope,
	target: (row) => ({ kind: 'service', id: row.id, name: row.name }),
})
	.input(z.object({ serviceId: idSchema('service') }))
	.use(({ ctx, next }) => next({ ctx: { service: ctx.row } }));

/** Named by `operationId`; `ctx.operation` is its row. */
export const onOperation = withProject({
	kind: 'operation',
	idField: 'operationId',
	find: operationScope,
	target: (row) => ({ kind: 'operation', id: row.id, name: row.serviceName }),
})
	.input(z.object({ operationId: idSchema('operation') }))
	.use(({ ctx, next }) => next({ ctx: { operation: ctx.row } }));

/** Named by `tokenId`; `ctx.token` is its row. */
export const onToken = withProject({
	kind: 'token',
	idField: 'tokenId',
	find: tokenScope,
	target: (row) => ({ kind: 'token', id: row.id, name: row.name }),
})
	.input(z.object({ tokenId: idSchema('token') }))
	.use(({ ctx, next }) => next({ ctx: { token: ctx.row } }));

/** Named by `invitationId`; `ctx.invitation` is its row. */
export const onInvitation = withProject({
	kind: 'invitation',
	idField: 'invitationId',
	find: invitationScope,
	target: (row) => ({ kind: 'invitation', id: row.id, name: row.email }),
})
	.input(z.object({ invitationId: idSchema('invitation') }))
	.use(({ ctx, next }) => next({ ctx: { invitation: ctx.row } }));
