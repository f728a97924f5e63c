import { createHash } from 'node:crypto';
import type { auditLog } from '../db/schema/index';

export type AuditRow = typeof auditLog.$inferSelect;
/** An entry before it is linked into the chain. */
export type AuditEntry = Omit<AuditRow, 'previousHash' | 'hash'>;

/** What stands before the first entry. */
export const FIRST_PREVIOUS_HASH = '0'.repeat(64);

/** The entry as one text: JSON with the keys in this order and the time in milliseconds. Changing it breaks every existing record. */
function canonicalJson(entry: AuditEntry): string {
	return JSON.stringify({
		seq: entry.seq,
		at: entry.at.getTime(),
		phase: entry.phase,
		intentSeq: entry.intentSeq,
		projectId: entry.projectId,
		actorKind: entry.actorKind,
		actorId: entry.actorId,
		actorLabel: entry.actorLabel,
		ip: entry.ip,
		action: entry.action,
		targetKind: entry.targetKind,
		targetId: entry.targetId,
		targetName: entry.targetName,
		detail: entry.detail,
		outcome: entry.outcome,
		errorCode: entry.errorCode,
		requestId: entry.requestId,
	});
}

/** SHA-256 (hex) over the previous entry's hash, a line feed and the entry's canonical JSON. */
export function hashOf(previousHash: string, entry: AuditEntry): string {
	return createHash('sha256')
		.update(`${previousHash}\n${canonicalJson(entry)}`)
		.digest('hex');
}
