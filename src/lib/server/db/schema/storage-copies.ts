import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import {
	copyFindings,
	copyStates,
	copyWishes,
	type BegunUpload,
	type CopiedKey,
	type LeftBehindCounts,
} from '../../../shared/storage-copies';
import { services } from './services';

/** Copies of buckets into a storage server, from another one of the project or from an S3 outside. */
export const storageCopies = sqliteTable(
	'storage_copies',
	{
		id: text().primaryKey(),
		/** The target. */
		serviceId: text()
			.notNull()
			.references(() => services.id, { onDelete: 'cascade' }),
		/** Not a foreign key: the record outlives the source. Null for one outside. */
		sourceServiceId: text(),
		/** As a person reads it: the server's name, or the host outside. */
		sourceName: text().notNull(),
		endpoint: text(),
		region: text(),
		accessKeyId: text(),
		/** Of a source outside, as a vault cell; null as soon as the copy needs it no more. */
		secretCell: text(),
		isPathStyle: integer({ mode: 'boolean' }).notNull().default(true),
		/** Private addresses were allowed. */
		isInOwnNetwork: integer({ mode: 'boolean' }).notNull().default(false),
		carriesKeys: integer({ mode: 'boolean' }).notNull().default(false),
		keys: text({ mode: 'json' }).$type<CopiedKey[]>().notNull().default([]),
		state: text({ enum: copyStates }).notNull(),
		wish: text({ enum: copyWishes }),
		/** The newest operation on it. */
		operationId: text(),
		createdAt: integer({ mode: 'timestamp_ms' }).notNull(),
		endedAt: integer({ mode: 'timestamp_ms' }),
	},
	(table) => [index('storage_copies_service').on(table.serviceId, table.createdAt)],
);

/** One bucket of a copy: how far it is, and what was counted. */
export const storageCopyBuckets = sqliteTable(
	'storage_copy_buckets',
	{
		copyId: text()
			.notNull()
			.references(() => storageCopies.id, { onDelete: 'cascade' }),
		position: integer().notNull(),
		source: text().notNull(),
		target: text().notNull(),
		/** The last key, in the source's order, up to which all is done; null at the beginning. */
		cursor: text(),
		isCopied: integer({ mode: 'boolean' }).notNull().default(false),
		isCompared: integer({ mode: 'boolean' }).notNull().default(false),
		/** Looked at, of these copied now, and found to be the same already. */
		seen: integer().notNull().default(0),
		copied: integer().notNull().default(0),
		copiedBytes: integer().notNull().default(0),
		same: integer().notNull().default(0),
		bytesPerSecond: integer().notNull().default(0),
		/** Uploads in parts that are under way at the target, by key. */
		uploads: text({ mode: 'json' }).$type<Record<string, BegunUpload>>().notNull().default({}),
		leftBehind: text({ mode: 'json' }).$type<LeftBehindCounts>().notNull().default({}),
		/** Counted at the end, on both sides; null before. */
		sourceObjects: integer(),
		sourceBytes: integer(),
		targetObjects: integer(),
		targetBytes: integer(),
		missing: integer().notNull().default(0),
		different: integer().notNull().default(0),
		refused: integer().notNull().default(0),
	},
	(table) => [primaryKey({ columns: [table.copyId, table.position] })],
);

/** The first objects that are not as they should be. */
export const storageCopyFindings = sqliteTable(
	'storage_copy_findings',
	{
		copyId: text()
			.notNull()
			.references(() => storageCopies.id, { onDelete: 'cascade' }),
		position: integer().notNull(),
		key: text().notNull(),
		finding: text({ enum: copyFindings }).notNull(),
		/** Such as `changed` or `newer`, or the name by which a side refused it. */
		reason: text().notNull(),
	},
	(table) => [primaryKey({ columns: [table.copyId, table.position, table.key] })],
);
