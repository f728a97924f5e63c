import { and, desc, eq, gt, gte, isNull, lt, or, sql, type SQL } from 'drizzle-orm';
import { alias, type AnySQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { Db } from '../db/client';
import { auditLog } from '../db/schema/index';
import type { ActivityEntry, ActivityFilter } from './schema';

const outcome = alias(auditLog, 'outcome');

/** Unlike LIKE this has no wildcards that a search text could hold. */
function contains(column: AnySQLiteColumn, part: string): SQL {
	return sql`instr(lower(${column}), lower(${part})) > 0`;
}

function isAction(action: string): SQL | undefined {
	const room = `${action}.`;
	return or(eq(auditLog.action, action), sql`substr(${auditLog.action}, 1, ${room.length}) = ${room}`);
}

function hasOutcome(wanted: NonNullable<ActivityFilter['outcome']>): SQL {
	return wanted === 'pending' ? isNull(outcome.seq) : eq(outcome.outcome, wanted);
}

const isOf = (projectId: string | null): SQL =>
	projectId === null ? isNull(auditLog.projectId) : eq(auditLog.projectId, projectId);

function conditions(filter: ActivityFilter): (SQL | undefined)[] {
	const { projectId, actor, action, since, until, search } = filter;
	return [
		isOf(projectId),
		eq(auditLog.phase, 'intent'),
		actor === undefined ? undefined : contains(auditLog.actorLabel, actor),
		action === undefined ? undefined : isAction(action),
		filter.outcome === undefined ? undefined : hasOutcome(filter.outcome),
		since === undefined ? undefined : gte(auditLog.at, since),
		until === undefined ? undefined : lt(auditLog.at, until),
		search === undefined
			? undefined
			: or(
					contains(auditLog.action, search),
					contains(auditLog.actorLabel, search),
					contains(auditLog.targetName, search),
				),
	];
}

function entryOf(
	intent: typeof auditLog.$inferSelect,
	end: typeof auditLog.$inferSelect | null,
): ActivityEntry {
	const { seq, at, action, detail, ip, requestId } = intent;
	return {
		...{ seq, at, action, detail, ip, requestId },
		actor: { kind: intent.actorKind, label: intent.actorLabel },
		target:
			intent.targetKind === null
				? null
				: { kind: intent.targetKind, id: intent.targetId, name: intent.targetName },
		outcome: end?.outcome ?? null,
		errorCode: end?.errorCode ?? null,
		endedAt: end?.at ?? null,
	};
}

/** Rows of the record, of any kind, that one call looks through: a search for what is rare must not hold the others up. */
const SCANNED_ROWS = 5_000;

/** Below which entry of that record one call does not look; null when it may look at all that are left. */
function scanFloor(db: Db, projectId: string | null, before: number | null): number | null {
	const row = db
		.select({ seq: auditLog.seq })
		.from(auditLog)
		.where(and(isOf(projectId), before === null ? undefined : lt(auditLog.seq, before)))
		.orderBy(desc(auditLog.seq))
		.limit(1)
		.offset(SCANNED_ROWS)
		.get();
	return row?.seq ?? null;
}

/** `nextBefore`: where to go on, though `entries` may be few or none; null at the end. */
export type EntryPage = { entries: ActivityEntry[]; nextBefore: number | null };

/**
 * The actions of a project, or of none, that match, newest first, older than `before` (an entry's `seq`) where given: `limit` at most, among the next
 * `SCANNED_ROWS` rows.
 */
export function listEntries(
	db: Db,
	filter: ActivityFilter,
	page: { before: number | null; limit: number },
): EntryPage {
	const floor = scanFloor(db, filter.projectId, page.before);
	const found = db
		.select({ intent: auditLog, end: outcome })
		.from(auditLog)
		.leftJoin(outcome, eq(outcome.intentSeq, auditLog.seq))
		.where(
			and(
				...conditions(filter),
				page.before === null ? undefined : lt(auditLog.seq, page.before),
				floor === null ? undefined : gt(auditLog.seq, floor),
			),
		)
		.orderBy(desc(auditLog.seq))
		// One more than is taken tells whether there are others.
		.limit(page.limit + 1)
		.all()
		.map(({ intent, end }) => entryOf(intent, end));
	const entries = found.slice(0, page.limit);
	const last = found.length > page.limit ? entries.at(-1) : undefined;
	return { entries, nextBefore: last?.seq ?? (floor === null ? null : floor + 1) };
}
