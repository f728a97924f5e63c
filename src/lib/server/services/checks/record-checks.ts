import { and, eq, lt, sql } from 'drizzle-orm';
import type { Audit } from '../../audit/audit';
import type { Db } from '../../db/client';
import { auditLog, operations } from '../../db/schema/index';

/** Invariant 2: no operation runs past the end of its lease. One without a lease waits for a process to take it up. */
export function checkLeases(db: Db): string[] {
	return db
		.select()
		.from(operations)
		.where(and(eq(operations.status, 'running'), lt(operations.leaseUntil, new Date())))
		.all()
		.map((row) => `Operation ${row.id} (${row.kind} of "${row.serviceName}") has outlived its lease.`);
}

/** Invariant 5: each intent that is not just being carried out has its one outcome, and the chain is whole. */
export async function checkAudit(
	{ db, audit }: { db: Db; audit: Audit },
	{ inFlightMs }: { inFlightMs: number },
): Promise<string[]> {
	const newestSettled = new Date(Date.now() - inFlightMs);
	const open = audit.listOrphans().flatMap((seq) => {
		const intent = db.select().from(auditLog).where(eq(auditLog.seq, seq)).get();
		const isInFlight = intent !== undefined && intent.at > newestSettled;
		return isInFlight ? [] : [`Entry ${seq} (${intent?.action ?? 'unknown'}) has no outcome.`];
	});
	const { valid, brokenAtSeq } = await audit.verify();
	return valid ? open : [...open, `The record was changed at or before entry ${brokenAtSeq ?? 'unknown'}.`];
}

/** Invariant 8: the database file is sound and every reference holds. */
export function checkDatabase(db: Db): string[] {
	const integrity = db.all<{ integrity_check: string }>(sql`PRAGMA integrity_check`);
	const broken = db.all<{ table: string; rowid: number | null }>(sql`PRAGMA foreign_key_check`);
	return [
		...integrity
			.filter(({ integrity_check: text }) => text !== 'ok')
			.map(({ integrity_check: text }) => `Integrity check: ${text}`),
		...broken.map(({ table, rowid }) => `Row ${rowid ?? 'unknown'} of ${table} refers to nothing.`),
	];
}
