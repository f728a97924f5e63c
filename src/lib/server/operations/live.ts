import { observable } from '@trpc/server/observable';
import { policyRow, type ProcedurePath } from '../auth/policy';
import { projectScope } from '../auth/scopes';
import { AppError } from '../errors';
import type { Context } from '../trpc/context';
import { requireIdentity, requireRole, requireTokenScope } from '../trpc/guard';
import { toAppError, toTRPCError } from '../trpc/init';

/** How often a live subscription asks whether its caller may still see this. */
export const RECHECK_MS = 15_000;

export type LiveOptions<T> = {
	/** Throws when the caller may no longer see this; asked every 15 s, since a WebSocket outlives a logout. */
	recheck: () => Promise<void>;
	/** Sends until `signal` aborts. Returning ends the subscription. */
	run: (send: (value: T) => void, signal: AbortSignal) => Promise<void>;
};

/** A subscription whose caller is looked at again and again. */
export function live<T>({ recheck, run }: LiveOptions<T>) {
	return observable<T>((emit) => {
		const ending = new AbortController();
		const fail = (error: unknown) => {
			if (ending.signal.aborted) return;
			ending.abort();
			emit.error(toTRPCError(toAppError(error)));
		};
		const timer = setInterval(() => void recheck().catch(fail), RECHECK_MS);
		const send = (value: T) => {
			if (!ending.signal.aborted) emit.next(value);
		};
		run(send, ending.signal)
			.then(() => {
				if (!ending.signal.aborted) emit.complete();
			})
			.catch(fail)
			.finally(() => clearInterval(timer));
		return () => {
			clearInterval(timer);
			ending.abort();
		};
	});
}

/** Throws unless the caller may still call this procedure in this project: asks session or token, membership and role anew. */
export async function recheckAccess(ctx: Context, path: ProcedurePath, projectId: string): Promise<void> {
	const row = policyRow(path);
	if (!row || row.scope === 'public')
		throw new AppError('INTERNAL', { message: `no policy row for ${path}` });
	const identity = await requireIdentity(ctx);
	requireTokenScope(row, identity);
	const found = projectScope(ctx.app.db, identity, projectId);
	if (!found) throw new AppError('NOT_FOUND');
	requireRole(row, { project: found.project, target: { kind: 'project', id: projectId, name: null } });
}
