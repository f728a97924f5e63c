import pg from 'pg';
import { expect } from 'vitest';
import type { GrantLevel } from '$lib/shared/services';
import { Secret } from '../secret';
import { startPostgres, type TestServer } from './postgres-server';

/** SQLSTATE of a right that is missing. */
export const REFUSED = '42501';

/** What each level may do with a table; `alter` stands for all DDL. */
const rights = {
	owner: { select: true, insert: true, update: true, delete: true, truncate: true, alter: true },
	write: { select: true, insert: true, update: true, delete: true, truncate: true, alter: false },
	read: { select: true, insert: false, update: false, delete: false, truncate: false, alter: false },
} as const;

export type TableAction = keyof (typeof rights)['owner'];

/** One statement for everything a person can do with a table made by `createTable`. */
export const tableStatements: Record<TableAction, (table: string) => string> = {
	select: (table) => `SELECT id FROM ${table}`,
	insert: (table) => `INSERT INTO ${table} (note) VALUES ('x')`,
	update: (table) => `UPDATE ${table} SET note = 'y'`,
	delete: (table) => `DELETE FROM ${table}`,
	truncate: (table) => `TRUNCATE ${table}`,
	alter: (table) => `ALTER TABLE ${table} ADD COLUMN IF NOT EXISTS more int`,
};

export const createTable = (name: string): string =>
	`CREATE TABLE ${name} (id serial PRIMARY KEY, note text)`;

/** A server and its users as they see it, each through sessions of their own. */
export class PostgresUsers {
	readonly password = new Secret('Long-enough-1');
	readonly server: TestServer;

	private constructor(server: TestServer) {
		this.server = server;
	}

	/** Starts a server of this version with these users. */
	static async start(version: string, names: string[]): Promise<PostgresUsers> {
		const users = new PostgresUsers(await startPostgres({ version }));
		for (const name of names) await users.server.admin.createUser({ name, password: users.password });
		return users;
	}

	/** A session; `postgres` is the root user. */
	async connect(user: string, database: string): Promise<pg.Client> {
		const { target } = this.server;
		const isRoot = user === target.user;
		const client = new pg.Client({
			host: target.host,
			port: target.port,
			user,
			password: (isRoot ? target.password : this.password).reveal(),
			database,
		});
		client.on('error', () => undefined);
		await client.connect();
		return client;
	}

	/** Runs statements as this user in a session of its own; answers `ok` or the SQLSTATE that refused it. */
	async as(user: string, database: string, ...sql: string[]): Promise<string> {
		try {
			const client = await this.connect(user, database);
			try {
				for (const statement of sql) await client.query(statement);
				return 'ok';
			} finally {
				await client.end();
			}
		} catch (error) {
			return error instanceof pg.DatabaseError ? (error.code ?? '') : String(error);
		}
	}

	async grant(database: string, levels: Record<string, GrantLevel>): Promise<void> {
		for (const [user, level] of Object.entries(levels)) {
			await this.server.admin.grants.set({ user, grants: [{ database, level }] });
		}
	}

	/** Levels on a database by user, as the engine reads them back. */
	async grantsOn(database: string): Promise<Record<string, GrantLevel>> {
		const grants = await this.server.admin.grants.list();
		return Object.fromEntries(
			grants.filter((one) => one.database === database).map((one) => [one.user, one.level]),
		);
	}

	/** Owners of the database's tables by table. */
	async owners(database: string): Promise<Record<string, string>> {
		const client = await this.connect('postgres', database);
		const { rows } = await client.query(
			`SELECT relname, pg_get_userbyid(relowner) AS owner FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
			WHERE relkind = 'r' AND nspname !~ '^pg_' AND nspname <> 'information_schema'`,
		);
		await client.end();
		return Object.fromEntries(rows.map((row) => [row.relname, row.owner]));
	}

	/** Tries everything on the table as this user: exactly what the level allows must work. */
	async expectLevel(
		user: string,
		level: keyof typeof rights,
		database: string,
		table: string,
	): Promise<void> {
		for (const [action, sql] of Object.entries(tableStatements)) {
			const isAllowed = Object.entries(rights[level]).some(([name, allowed]) => name === action && allowed);
			const answer = await this.as(user, database, sql(table));
			expect([user, action, table, answer]).toEqual([user, action, table, isAllowed ? 'ok' : REFUSED]);
		}
	}
}
