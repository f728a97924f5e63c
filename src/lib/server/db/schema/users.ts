import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type { TokenScope } from '$lib/shared/roles';
import { projects } from './projects';

export const users = sqliteTable('users', {
	id: text().primaryKey(),
	/** Lower-cased before it is stored. */
	email: text().notNull().unique(),
	passwordHash: text().notNull(),
	/** The first owner: may create projects and see the instance's own settings. */
	isInstanceOwner: integer({ mode: 'boolean' }).notNull().default(false),
	/** Vault cell with the TOTP secret; set while enrolling, in force once `totpEnabledAt` is set. */
	totpCell: text(),
	totpEnabledAt: integer({ mode: 'timestamp_ms' }),
	/** The last TOTP time step accepted, so that a code works once. */
	totpLastStep: integer(),
	createdAt: integer({ mode: 'timestamp_ms' }).notNull(),
});

export const recoveryCodes = sqliteTable('recovery_codes', {
	id: text().primaryKey(),
	userId: text()
		.notNull()
		.references(() => users.id, { onDelete: 'cascade' }),
	codeHash: text().notNull(),
	usedAt: integer({ mode: 'timestamp_ms' }),
});

export const sessions = sqliteTable(
	'sessions',
	{
		/** SHA-256 (hex) of the cookie's token; the token itself is never stored. */
		id: text().primaryKey(),
		userId: text()
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		createdAt: integer({ mode: 'timestamp_ms' }).notNull(),
		lastSeenAt: integer({ mode: 'timestamp_ms' }).notNull(),
		/** When lucia lets it end; never later than createdAt + 30 days. */
		expiresAt: integer({ mode: 'timestamp_ms' }).notNull(),
		ip: text().notNull(),
		userAgent: text().notNull(),
	},
	(table) => [index('sessions_user').on(table.userId)],
);

/** Failed logins by account (hash of the e-mail) or other key; kept over a restart. */
export const loginAttempts = sqliteTable('login_attempts', {
	key: text().primaryKey(),
	failures: integer().notNull(),
	lastFailureAt: integer({ mode: 'timestamp_ms' }).notNull(),
	blockedUntil: integer({ mode: 'timestamp_ms' }),
});

export const apiTokens = sqliteTable(
	'api_tokens',
	{
		id: text().primaryKey(),
		userId: text()
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		projectId: text()
			.notNull()
			.references(() => projects.id, { onDelete: 'cascade' }),
		name: text().notNull(),
		/** SHA-256 (hex) of the token. */
		tokenHash: text().notNull().unique(),
		scopes: text({ mode: 'json' }).$type<TokenScope[]>().notNull(),
		createdAt: integer({ mode: 'timestamp_ms' }).notNull(),
		expiresAt: integer({ mode: 'timestamp_ms' }).notNull(),
		lastUsedAt: integer({ mode: 'timestamp_ms' }),
		revokedAt: integer({ mode: 'timestamp_ms' }),
	},
	(table) => [index('api_tokens_project').on(table.projectId)],
);
