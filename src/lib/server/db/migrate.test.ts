import Sqlite from 'better-sqlite3';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadEnv } from '../env';
import { migrateDatabase, MigrationError } from './migrate';

let folder: string;
let file: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'sh0-test-'));
	file = join(folder, 'sh0.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A migrations folder with these SQL texts, `when` counted from 1. */
function migrations(...texts: string[]): string {
	const migrationsDir = join(folder, 'migrations');
	rmSync(migrationsDir, { recursive: true, force: true });
	mkdirSync(join(migrationsDir, 'meta'), { recursive: true });
	const entries = texts.map((text, index) => {
		writeFileSync(join(migrationsDir, `${index}.sql`), text);
		return { idx: index, version: '6', when: index + 1, tag: String(index), breakpoints: true };
	});
	writeFileSync(
		join(migrationsDir, 'meta', '_journal.json'),
		JSON.stringify({ version: '7', dialect: 'sqlite', entries }),
	);
	return migrationsDir;
}

function query(sql: string, target = file): unknown[] {
	const client = new Sqlite(target);
	try {
		return client.prepare(sql).raw().all();
	} finally {
		client.close();
	}
}

const copies = () => readdirSync(folder).filter((name) => name.includes('.before-'));
const init = `CREATE TABLE parent (id integer PRIMARY KEY);
--> statement-breakpoint
CREATE TABLE child (id integer PRIMARY KEY, parent_id integer REFERENCES parent(id) ON DELETE cascade);
--> statement-breakpoint
INSERT INTO parent VALUES (1), (2);
--> statement-breakpoint
INSERT INTO child VALUES (10, 1), (20, 2);`;
/** What drizzle-kit writes when SQLite cannot alter a table. */
const recreateParent = `PRAGMA foreign_keys=OFF;
--> statement-breakpoint
CREATE TABLE __new_parent (id integer PRIMARY KEY, name text DEFAULT 'x' NOT NULL);
--> statement-breakpoint
INSERT INTO __new_parent(id) SELECT id FROM parent;
--> statement-breakpoint
DROP TABLE parent;
--> statement-breakpoint
ALTER TABLE __new_parent RENAME TO parent;
--> statement-breakpoint
PRAGMA foreign_keys=ON;`;

describe('migrateDatabase', () => {
	it('keeps child rows when a migration recreates their parent', () => {
		migrateDatabase({ file, migrationsDir: migrations(init) });
		migrateDatabase({ file, migrationsDir: migrations(init, recreateParent) });
		expect(query('SELECT id, parent_id FROM child')).toEqual([
			[10, 1],
			[20, 2],
		]);
		expect(query('SELECT id, name FROM parent')).toEqual([
			[1, 'x'],
			[2, 'x'],
		]);
	});

	it('copies the file before, and only when there is something to do', () => {
		migrateDatabase({ file, migrationsDir: migrations(init) });
		migrateDatabase({ file, migrationsDir: migrations(init) });
		expect(copies()).toEqual([]);
		migrateDatabase({ file, migrationsDir: migrations(init, recreateParent) });
		expect(copies()).toHaveLength(1);
		const copy = join(folder, copies()[0] ?? '');
		expect(query('SELECT count(*) FROM child', copy)).toEqual([[2]]);
		expect(query("SELECT count(*) FROM pragma_table_info('parent')", copy)).toEqual([[1]]);
		expect(statSync(copy).mode & 0o777).toBe(0o600);
	});

	it('keeps the newest three copies', () => {
		const steps = [init];
		for (let index = 0; index < 5; index += 1) {
			steps.push(`CREATE TABLE extra_${index} (id integer);`);
			migrateDatabase({ file, migrationsDir: migrations(...steps) });
		}
		expect(copies()).toHaveLength(3);
	});

	it('is all or nothing: a failing statement leaves the database as it was', () => {
		migrateDatabase({ file, migrationsDir: migrations(init) });
		const half = 'CREATE TABLE half (id integer);\n--> statement-breakpoint\nINSERT INTO nowhere VALUES (1);';
		expect(() => migrateDatabase({ file, migrationsDir: migrations(init, half) })).toThrow('nowhere');
		expect(query("SELECT count(*) FROM sqlite_master WHERE name = 'half'")).toEqual([[0]]);
		migrateDatabase({ file, migrationsDir: migrations(init, recreateParent) });
		expect(query('SELECT count(*) FROM child')).toEqual([[2]]);
	});

	it('refuses a migration that would leave a broken reference', () => {
		migrateDatabase({ file, migrationsDir: migrations(init) });
		const breaking = 'DELETE FROM parent WHERE id = 1;';
		expect(() => migrateDatabase({ file, migrationsDir: migrations(init, breaking) })).toThrow(
			MigrationError,
		);
		expect(query('SELECT count(*) FROM parent')).toEqual([[2]]);
	});

	it('refuses a database that a newer version has written', () => {
		migrateDatabase({ file, migrationsDir: migrations(init, recreateParent) });
		expect(() => migrateDatabase({ file, migrationsDir: migrations(init) })).toThrow(/newer version/);
	});
});

describe('the released migrations', () => {
	const { migrationsDir } = loadEnv({});

	it('leave a clean database with every trigger of the audit record', () => {
		migrateDatabase({ file, migrationsDir });
		expect(query('PRAGMA integrity_check')).toEqual([['ok']]);
		expect(query('PRAGMA foreign_key_check')).toEqual([]);
		expect(query("SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name")).toEqual([
			['audit_head_no_delete'],
			['audit_head_no_insert'],
			['audit_head_steps_forward'],
			['audit_log_no_delete'],
			['audit_log_no_replace'],
			['audit_log_no_update'],
		]);
	});
});
