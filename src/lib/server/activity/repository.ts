import { and, desc, eq, gte, isNull, lt, or, sql, type SQL } from 'drizzle-orm';
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

function conditions(filter: ActivityFilter): (SQL | undefined)[] {
	const { projectId, actor, action, since, until, search } = filter;
	return [
		eq(auditLog.projectId, projectId),
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
	const { seq, at, action, ip, requestId } = intent;
	return {
		...{ seq, at, action, ip, requestId },
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

/** The project's actions that match, newest first, older than `before` (an entry's `seq`) where given. */
export function listEntries(
	db: Db,
	filter: ActivityFilter,
	page: { before: number | null; limit: number },
): ActivityEntry[] {
	return db
		.select({ intent: auditLog, end: outcome })
		.from(auditLog)
		.leftJoin(outcome, eq(outcome.intentSeq, auditLog.seq))
		.where(and(...conditions(filter), page.before === null ? undefined : lt(auditLog.seq, page.before)))
		.orderBy(desc(auditLog.seq))
		.limit(page.limit)
		.all()
		.map(({ intent, end }) => entryOf(intent, end));
}
