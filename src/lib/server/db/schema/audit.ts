import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { ErrorCode } from '../../../shared/error-codes';

const auditPhases = ['intent', 'outcome'] as const;
export const auditOutcomes = ['succeeded', 'failed', 'denied', 'interrupted'] as const;

/**
 * Append-only (triggers forbid UPDATE and DELETE) and hash-chained: `hash` = SHA-256 over the row's canonical JSON and `previousHash`.
 * Every mutation writes an intent before it acts and one outcome after.
 */
export const auditLog = sqliteTable(
	'audit_log',
	{
		seq: integer().primaryKey(),
		at: integer({ mode: 'timestamp_ms' }).notNull(),
		phase: text({ enum: auditPhases }).notNull(),
		/** On an outcome: the intent it closes. */
		intentSeq: integer().unique(),
		/** Null for what belongs to no project, such as a login. */
		projectId: text(),
		actorKind: text({ enum: ['user', 'token', 'system', 'cli', 'anonymous'] }).notNull(),
		actorId: text(),
		/** E-mail, or token name with its owner's e-mail, at that time. */
		actorLabel: text().notNull(),
		ip: text(),
		/** The procedure's path or the command, such as `databases.create`. */
		action: text().notNull(),
		targetKind: text(),
		targetId: text(),
		targetName: text(),
		/** What was asked for: the input fields that the policy table names, as JSON; never a secret. */
		detail: text(),
		outcome: text({ enum: auditOutcomes }),
		errorCode: text().$type<ErrorCode>(),
		requestId: text(),
		previousHash: text().notNull(),
		hash: text().notNull(),
	},
	(table) => [index('audit_project').on(table.projectId, table.seq), index('audit_action').on(table.action)],
);

/**
 * One row, made by the migration: the newest entry. Written in the same transaction as that entry, so that entries cut off the end are
 * missed; triggers let it only step forward by one.
 */
export const auditHead = sqliteTable('audit_head', {
	id: integer().primaryKey(),
	seq: integer().notNull(),
	hash: text().notNull(),
});
