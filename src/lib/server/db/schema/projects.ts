import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { roles } from '../../../shared/roles';
import { users } from './users';

export const projects = sqliteTable('projects', {
	id: text().primaryKey(),
	name: text().notNull(),
	/** Which /26 of the instance's pool this project's network takes; unique, from 0. */
	networkIndex: integer().notNull().unique(),
	createdAt: integer({ mode: 'timestamp_ms' }).notNull(),
});

export const members = sqliteTable(
	'members',
	{
		projectId: text()
			.notNull()
			.references(() => projects.id, { onDelete: 'cascade' }),
		userId: text()
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		role: text({ enum: roles }).notNull(),
		createdAt: integer({ mode: 'timestamp_ms' }).notNull(),
	},
	(table) => [
		primaryKey({ columns: [table.projectId, table.userId] }),
		index('members_user').on(table.userId),
	],
);

export const invitations = sqliteTable(
	'invitations',
	{
		id: text().primaryKey(),
		projectId: text()
			.notNull()
			.references(() => projects.id, { onDelete: 'cascade' }),
		email: text().notNull(),
		role: text({ enum: roles }).notNull(),
		/** SHA-256 (hex) of the link's token. */
		tokenHash: text().notNull().unique(),
		invitedBy: text()
			.notNull()
			.references(() => users.id, { onDelete: 'cascade' }),
		createdAt: integer({ mode: 'timestamp_ms' }).notNull(),
		expiresAt: integer({ mode: 'timestamp_ms' }).notNull(),
		acceptedAt: integer({ mode: 'timestamp_ms' }),
	},
	(table) => [index('invitations_project').on(table.projectId)],
);
