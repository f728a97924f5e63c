import type { AuditHandle } from '../trpc/guard';
import type { Caller } from './begin-operation';

/** Who makes this call, for the operation that it begins. */
export function callerOf(ctx: { actorLabel: string; audit: AuditHandle }): Caller {
	return { actor: ctx.actorLabel, auditIntentSeq: ctx.audit.intentSeq };
}

/** Once the operation is on record the audit's outcome is its to write. */
export async function handedOver<T>(ctx: { audit: AuditHandle }, started: T | Promise<T>): Promise<T> {
	const result = await started;
	ctx.audit.handOver();
	return result;
}
