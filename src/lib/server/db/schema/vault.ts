import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

/** Data keys, each wrapped by the master key of the key file. The newest one encrypts, all decrypt. */
export const vaultKeys = sqliteTable('vault_keys', {
	id: text().primaryKey(),
	wrappedKey: text().notNull(),
	/** A known value encrypted with the data key: tells a wrong master key from damaged data. */
	keyCheck: text().notNull(),
	createdAt: integer({ mode: 'timestamp_ms' }).notNull(),
});
