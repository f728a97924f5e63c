import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import type { ErrorCode, ErrorDetails } from '../../../shared/error-codes';
import {
	operationKinds,
	operationStatuses,
	operationStepKeys,
	stepStatuses,
	type StepProgress,
} from '../../../shared/operations';
import { projects } from './projects';

export const operations = sqliteTable(
	'operations',
	{
		id: text().primaryKey(),
		projectId: text()
			.notNull()
			.references(() => projects.id),
		/** Not a foreign key: the record outlives the service. */
		serviceId: text().notNull(),
		serviceName: text().notNull(),
		kind: text({ enum: operationKinds }).notNull(),
		status: text({ enum: operationStatuses }).notNull(),
		/** What the steps need; never a secret. */
		input: text({ mode: 'json' }).$type<Record<string, unknown>>().notNull(),
		errorCode: text().$type<ErrorCode>(),
		errorDetails: text({ mode: 'json' }).$type<ErrorDetails>(),
		/** Who asked, as a person reads it. */
		actor: text().notNull(),
		/** The audit intent this operation closes; null for the system's own work. */
		auditIntentSeq: integer(),
		/** How often a process took it up; more than 1 after a crash. */
		attempts: integer().notNull().default(0),
		leaseOwner: text(),
		leaseUntil: integer({ mode: 'timestamp_ms' }),
		createdAt: integer({ mode: 'timestamp_ms' }).notNull(),
		finishedAt: integer({ mode: 'timestamp_ms' }),
	},
	(table) => [
		index('operations_project').on(table.projectId, table.createdAt),
		/** Two people, one button: at most one running operation a service. */
		uniqueIndex('operations_one_running')
			.on(table.serviceId)
			.where(sql`status = 'running'`),
	],
);

export const operationSteps = sqliteTable(
	'operation_steps',
	{
		operationId: text()
			.notNull()
			.references(() => operations.id, { onDelete: 'cascade' }),
		position: integer().notNull(),
		key: text({ enum: operationStepKeys }).notNull(),
		status: text({ enum: stepStatuses }).notNull(),
		progress: text({ mode: 'json' }).$type<StepProgress>(),
		startedAt: integer({ mode: 'timestamp_ms' }),
		finishedAt: integer({ mode: 'timestamp_ms' }),
	},
	(table) => [primaryKey({ columns: [table.operationId, table.position] })],
);
