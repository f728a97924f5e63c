import { createConnection, type Connection } from 'mysql2';
import { expect } from 'vitest';
import { z } from 'zod';
import type { GrantLevel } from '$lib/shared/services';
import { GIB } from '$lib/shared/units';
import type { DatabaseEngineDefinition, EngineTarget } from '../engines/engine';
import { mariadb } from '../engines/mariadb/definition';
import { mysql } from '../engines/mysql/definition';
import { accountOf } from '../engines/mysql-family/accounts';
import type { MysqlAdmin } from '../engines/mysql-family/admin';
import { Secret } from '../secret';
import { startEngineServer, type EngineServer, type EngineServerOptions } from './engine-server';

/** One server to test: its engine, and its version as a person picks it. */
export type Tested = { engine: DatabaseEngineDefinition; version: string };

function versionsOf(engine: DatabaseEngineDefinition, asked: string | undefined, usual: string): Tested[] {
	const versions = (asked ?? usual).split(',').filter((version) => version !== '');
	return versions.map((version) => ({ engine, version }));
}

/** The newest of both engines. `MYSQL_VERSIONS=8.4` and `MARIADB_VERSIONS=11.4,10.11` ask for others, an empty text for none. */
export const testedServers: Tested[] = [
	...versionsOf(mysql, process.env.MYSQL_VERSIONS, '9'),
	...versionsOf(mariadb, process.env.MARIADB_VERSIONS, '11.8'),
];

/** The server's errors for a right that is missing: on a database, a table, a routine, anything else; for a table, also not seen. */
const refusals = new Set([1044, 1142, 1143, 1227, 1370, 1290]);

export const REFUSED = 'refused';

/** What each level may do with a table; `alter` stands for all DDL. */
const rights = {
	owner: { select: true, insert: true, update: true, delete: true, alter: true },
	write: { select: true, insert: true, update: true, delete: true, alter: false },
	read: { select: true, insert: false, update: false, delete: false, alter: false },
} as const;

/** One statement for everything a person can do with a table made by `createTable`. */
const tableStatements: Record<keyof (typeof rights)['owner'], (table: string) => string> = {
	select: (table) => `SELECT id FROM ${table}`,
	insert: (table) => `INSERT INTO ${table} (note) VALUES ('x')`,
	update: (table) => `UPDATE ${table} SET note = 'y'`,
	delete: (table) => `DELETE FROM ${table}`,
	alter: (table) => `ALTER TABLE ${table} COMMENT 'z'`,
};

export const createTable = (name: string): string =>
	`CREATE TABLE ${name} (id int AUTO_INCREMENT PRIMARY KEY, note text)`;

/** A live session of a test. */
export type Session = { query(sql: string): Promise<unknown>; end(): void };

function open(
	target: EngineTarget,
	user: string,
	password: Secret,
	database: string | null,
): Promise<Session> {
	const connection: Connection = createConnection({
		host: target.host,
		port: target.port,
		user,
		password: password.reveal(),
		...(database === null ? {} : { database }),
	});
	connection.on('error', () => undefined);
	const session: Session = {
		query: async (sql) => (await connection.promise().query(sql))[0],
		end: () => connection.destroy(),
	};
	return connection
		.promise()
		.connect()
		.then(() => session);
}

function errorNumber(error: unknown): number | null {
	return error instanceof Error && 'errno' in error && typeof error.errno === 'number' ? error.errno : null;
}

/** A server and its users as they see it, each through sessions of their own. */
export class MysqlServer {
	readonly password = new Secret('Long-enough-1');
	readonly server: EngineServer;
	readonly tested: Tested;

	private constructor(server: EngineServer, tested: Tested) {
		this.server = server;
		this.tested = tested;
	}

	/** Starts a server with these users. */
	static async start(
		tested: Tested,
		names: string[] = [],
		options: EngineServerOptions = { memoryBytes: GIB },
	): Promise<MysqlServer> {
		const server = new MysqlServer(await startEngineServer(tested.engine, tested.version, options), tested);
		for (const name of names) await server.admin.createUser({ name, password: server.password });
		return server;
	}

	get admin(): MysqlAdmin {
		const { grants, sessions, browser, ...rest } = this.server.admin;
		if (!grants || !sessions || !browser) throw new Error('this engine can do all of it');
		return { ...rest, grants, sessions, browser };
	}

	/** A session; `root` is the administrator. */
	connect(user: string, database: string | null = null): Promise<Session> {
		const { target } = this.server;
		const password = user === target.user ? target.password : this.password;
		return open(target, accountOf(user).user, password, database);
	}

	/** As the administrator, the last statement's answer. */
	async asRoot(...sql: string[]): Promise<unknown> {
		const session = await this.connect(this.server.target.user);
		try {
			let answer: unknown = null;
			for (const statement of sql) answer = await session.query(statement);
			return answer;
		} finally {
			session.end();
		}
	}

	/** Runs statements as this user in a session of its own; answers `ok`, `refused` for a right that is missing, or the error's number. */
	async as(user: string, database: string | null, ...sql: string[]): Promise<string> {
		try {
			const session = await this.connect(user, database);
			try {
				for (const statement of sql) await session.query(statement);
				return 'ok';
			} finally {
				session.end();
			}
		} catch (error) {
			const number = errorNumber(error);
			return number !== null && refusals.has(number) ? REFUSED : String(number ?? error);
		}
	}

	/** Ends every session of the administrator. */
	async killRoot(): Promise<void> {
		const rows = await this.asRoot(
			`SELECT ID AS id FROM information_schema.processlist WHERE USER = 'root' AND ID <> CONNECTION_ID()`,
		);
		const ids = z.array(z.object({ id: z.number() })).parse(rows);
		await this.asRoot(...ids.map(({ id }) => `KILL CONNECTION ${id}`));
	}

	async grant(database: string, levels: Record<string, GrantLevel>): Promise<void> {
		for (const [user, level] of Object.entries(levels)) {
			await this.admin.grants.set({ user, grants: [{ database, level }] });
		}
	}

	/** Levels on a database by user, as the engine reads them back. */
	async grantsOn(database: string): Promise<Record<string, GrantLevel>> {
		const grants = await this.admin.grants.list({ databases: [database] });
		return Object.fromEntries(grants.map((one) => [one.user, one.level]));
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

	async remove(): Promise<void> {
		await this.server.remove();
	}
}
