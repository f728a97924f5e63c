import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** One row: who this installation is. */
export const instance = sqliteTable('instance', {
	id: integer().primaryKey(),
	/** 8 lower-case hex characters; in every container's name and label. */
	instanceId: text().notNull(),
	/** SHA-256 of the one-time setup token; null once the first owner exists. */
	setupTokenHash: text(),
	createdAt: integer({ mode: 'timestamp_ms' }).notNull(),
});

/** The image each official reference resolved to at first use, kept for ever after. */
export const imageDigests = sqliteTable('image_digests', {
	/** The official reference, such as `postgres:17`. */
	ref: text().primaryKey(),
	digest: text().notNull(),
	recordedAt: integer({ mode: 'timestamp_ms' }).notNull(),
});
