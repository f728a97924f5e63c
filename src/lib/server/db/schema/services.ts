import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import {
	desiredStates,
	grantLevels,
	imageOrigins,
	serviceKinds,
	servicePhases,
} from '../../../shared/services';
import type { SettingValues } from '../../../shared/settings';
import { projects } from './projects';

export const services = sqliteTable(
	'services',
	{
		id: text().primaryKey(),
		projectId: text()
			.notNull()
			.references(() => projects.id),
		kind: text({ enum: serviceKinds }).notNull(),
		engine: text().notNull(),
		version: text().notNull(),
		name: text().notNull(),
		memoryBytes: integer().notNull(),
		/** How much the buckets of a storage server may hold together; null: no limit. */
		dataLimitBytes: integer(),
		desiredState: text({ enum: desiredStates }).notNull(),
		phase: text({ enum: servicePhases }).notNull(),
		/** The reference its container runs; null until the image step has ended. */
		imageRef: text(),
		imageDigest: text(),
		imageOrigin: text({ enum: imageOrigins }),
		/** Settings a person has chosen, by key; the others follow from the memory size. */
		settings: text({ mode: 'json' }).$type<SettingValues>().notNull().default({}),
		/**
		 * The port asked of Docker on 127.0.0.1, so that connection strings survive a restart. Connections always use the port
		 * that Docker reports.
		 */
		hostPort: integer().unique(),
		/** The volume its data lie in; null for the first one, which has its name from the service. */
		dataVolume: text(),
		/** Set after the first verified login: before it a broken volume may be thrown away, after it never. */
		initializedAt: integer({ mode: 'timestamp_ms' }),
		createdAt: integer({ mode: 'timestamp_ms' }).notNull(),
		trashedAt: integer({ mode: 'timestamp_ms' }),
		purgeAfter: integer({ mode: 'timestamp_ms' }),
	},
	(table) => [
		index('services_project').on(table.projectId),
		uniqueIndex('services_name')
			.on(table.projectId, table.name)
			.where(sql`phase <> 'trashed'`),
	],
);

/** Secrets of a service as vault cells. `pending` is a new value that has not been seen to work yet. */
export const serviceSecrets = sqliteTable(
	'service_secrets',
	{
		serviceId: text()
			.notNull()
			.references(() => services.id, { onDelete: 'cascade' }),
		name: text().notNull(),
		state: text({ enum: ['current', 'pending'] }).notNull(),
		cell: text().notNull(),
		changedAt: integer({ mode: 'timestamp_ms' }).notNull(),
	},
	(table) => [primaryKey({ columns: [table.serviceId, table.name, table.state] })],
);

/** Users that sh0 made in an engine: their password (vault cell) so that a connection card can be shown again. */
export const databaseUsers = sqliteTable(
	'database_users',
	{
		id: text().primaryKey(),
		serviceId: text()
			.notNull()
			.references(() => services.id, { onDelete: 'cascade' }),
		name: text().notNull(),
		passwordCell: text(),
		/** A new password that has not been seen to work yet. */
		pendingPasswordCell: text(),
		/** Key patterns, channels and commands that were asked for, as JSON; null for an engine without. */
		access: text(),
		createdAt: integer({ mode: 'timestamp_ms' }).notNull(),
	},
	(table) => [uniqueIndex('database_users_name').on(table.serviceId, table.name)],
);

/** What was asked for; the engine's own answer is read back and compared. */
export const databaseGrants = sqliteTable(
	'database_grants',
	{
		serviceId: text()
			.notNull()
			.references(() => services.id, { onDelete: 'cascade' }),
		database: text().notNull(),
		userName: text().notNull(),
		level: text({ enum: grantLevels }).notNull(),
	},
	(table) => [primaryKey({ columns: [table.serviceId, table.database, table.userName] })],
);

/** How much a service's data take, one row an hour, so that growth can be shown. */
export const serviceSizes = sqliteTable(
	'service_sizes',
	{
		serviceId: text()
			.notNull()
			.references(() => services.id, { onDelete: 'cascade' }),
		/** The full hour. */
		at: integer({ mode: 'timestamp_ms' }).notNull(),
		sizeBytes: integer().notNull(),
	},
	(table) => [primaryKey({ columns: [table.serviceId, table.at] })],
);

/** What each bucket of a storage server held, one row a day, so that growth can be shown. */
export const bucketSizes = sqliteTable(
	'bucket_sizes',
	{
		serviceId: text()
			.notNull()
			.references(() => services.id, { onDelete: 'cascade' }),
		bucket: text().notNull(),
		/** Its beginning, in UTC. */
		day: integer({ mode: 'timestamp_ms' }).notNull(),
		sizeBytes: integer().notNull(),
	},
	(table) => [primaryKey({ columns: [table.serviceId, table.bucket, table.day] })],
);

/**
 * Quotas as people set them for the buckets of a server with a data limit, whose engine holds lower ones. A row ends with its bucket, or
 * when the limit is gone and the engine has the bucket's own quota again.
 */
export const bucketQuotas = sqliteTable(
	'bucket_quotas',
	{
		serviceId: text()
			.notNull()
			.references(() => services.id, { onDelete: 'cascade' }),
		bucket: text().notNull(),
		/** Tells it from a later one of its name. */
		madeAt: integer({ mode: 'timestamp_ms' }),
		/** Null: no limit. */
		maxBytes: integer(),
		maxObjects: integer(),
	},
	(table) => [primaryKey({ columns: [table.serviceId, table.bucket] })],
);
