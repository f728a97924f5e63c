import { expect } from 'vitest';
import type { Cell, DataBrowser, QueryResult } from '../engines/engine';
import { VISITOR_PREFIX } from '../engines/postgres/grants/groups';
import { PostgresUsers } from './postgres-users';

const shopStatements = [
	'CREATE TABLE orders (id int PRIMARY KEY, note text, at timestamptz, data jsonb)',
	`INSERT INTO orders SELECT n, 'note ' || n, '2026-01-01 UTC', '{"n": 1}' FROM generate_series(1, 120) n`,
	'CREATE SCHEMA "We""ird"',
	'CREATE TABLE "We""ird"."Ta.ble" (a text, b text, PRIMARY KEY (a, b))',
	`INSERT INTO "We""ird"."Ta.ble" SELECT x, y FROM unnest(ARRAY['a', 'b', 'é']) x, unnest(ARRAY['1', '2']) y`,
	'CREATE TABLE loose (n int)',
	'INSERT INTO loose SELECT generate_series(1, 90)',
	'CREATE VIEW busy AS SELECT id FROM orders WHERE id <= 60',
	`CREATE FUNCTION deceive() RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$
		BEGIN PERFORM set_config('transaction_read_only', 'off', true); DELETE FROM orders; RETURN 'gone'; END $$`,
	'ANALYZE',
];

/** A server with a database `shop` to look into, owned by `first`, beside another. */
export class BrowsedShop {
	private constructor(
		readonly users: PostgresUsers,
		readonly browser: DataBrowser,
	) {}

	static async start(version: string): Promise<BrowsedShop> {
		const users = await PostgresUsers.start(version, ['first', 'reader', 'lone']);
		const { admin } = users.server;
		if (!admin.browser) throw new Error('no browser');
		await admin.createDatabase({ name: 'shop', owner: 'first' });
		await admin.createDatabase({ name: 'other', owner: null });
		expect(await users.as('first', 'shop', ...shopStatements)).toBe('ok');
		return new BrowsedShop(users, admin.browser);
	}

	/** Read-only in `shop` unless told otherwise. */
	query(text: string, options: Partial<Parameters<DataBrowser['query']>[0]> = {}): Promise<QueryResult> {
		return this.browser.query({
			...{ database: 'shop', text, isReadOnly: true, timeoutMs: 5_000, maxRows: 100 },
			...options,
		});
	}

	/** Logins of looks that are still there. */
	async visitors(): Promise<string[]> {
		const root = await this.users.connect('postgres', 'postgres');
		const { rows } = await root.query(
			'SELECT rolname AS name FROM pg_roles WHERE starts_with(rolname::text, $1)',
			[VISITOR_PREFIX],
		);
		await root.end();
		return rows.map((row) => String(row.name));
	}

	/** All pages of a collection, one after the other. */
	async everyRow(collection: string, limit: number): Promise<Cell[][]> {
		const all: Cell[][] = [];
		let cursor: string | null = null;
		do {
			const page = await this.browser.rows({ database: 'shop', collection, cursor, limit });
			all.push(...page.rows);
			cursor = page.nextCursor;
		} while (cursor !== null);
		return all;
	}
}
