import Sqlite from 'better-sqlite3';
import { eq, is } from 'drizzle-orm';
import { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadEnv } from '../env';
import { newId } from '../ids';
import {
	assertSqliteVersion,
	isUniqueViolation,
	openDatabase,
	writeTransaction,
	type Database,
} from './client';
import { getOrCreateInstance } from './instance';
import * as schema from './schema/index';
import { openTestDatabase } from './testing';

const { members, projects, services, users } = schema;
let database: ReturnType<typeof openTestDatabase>;
beforeEach(() => {
	database = openTestDatabase();
});
afterEach(() => database.remove());

const project = (name: string, networkIndex: number) => ({
	id: newId('project'),
	name,
	networkIndex,
	createdAt: new Date(),
});
const names = ({ db }: Database) => db.select({ name: projects.name }).from(projects).all();

function caught(run: () => unknown): unknown {
	try {
		run();
	} catch (error) {
		return error;
	}
	throw new Error('nothing was thrown');
}

describe('openDatabase', () => {
	it('opens in WAL mode, with every commit on the disk and foreign keys enforced', () => {
		const options = {
			file: join(database.dataDir, 'other', 'sh0.db'),
			migrationsDir: loadEnv({}).migrationsDir,
		};
		const opened = openDatabase(options);
		const pragma = (name: string) =>
			Object.values(opened.db.get<Record<string, unknown>>(`PRAGMA ${name}`))[0];
		expect(pragma('journal_mode')).toBe('wal');
		expect(pragma('synchronous')).toBe(2);
		expect(pragma('foreign_keys')).toBe(1);
		expect(pragma('busy_timeout')).toBe(5000);
		opened.close();
	});

	it('keeps its files from other users of the machine', () => {
		getOrCreateInstance(database.db);
		expect(statSync(database.file).mode & 0o777).toBe(0o600);
		expect(statSync(`${database.file}-wal`).mode & 0o777).toBe(0o600);
	});

	it('takes other users out of a folder and a database made before', () => {
		const dataDir = join(database.dataDir, 'loose');
		const file = join(dataDir, 'sh0.db');
		mkdirSync(dataDir);
		writeFileSync(file, '');
		chmodSync(dataDir, 0o755);
		chmodSync(file, 0o664);
		openDatabase({ file, migrationsDir: loadEnv({}).migrationsDir }).close();
		expect([dataDir, file].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600]);
	});

	it('makes the data folder and a ballast of 16 MiB that takes up its room', () => {
		const dataDir = join(database.dataDir, 'new', 'data');
		const opened = openDatabase({ file: join(dataDir, 'sh0.db'), migrationsDir: loadEnv({}).migrationsDir });
		opened.close();
		expect(statSync(dataDir).mode & 0o777).toBe(0o700);
		const ballast = statSync(join(dataDir, 'ballast'));
		expect(ballast.size).toBe(16 * 1024 * 1024);
		expect(ballast.blocks * 512).toBeGreaterThanOrEqual(ballast.size);
	});

	it.each(['3.51.2', '3.7.0', '2.9.9'])('refuses SQLite %s', (version) => {
		expect(() => assertSqliteVersion(version)).toThrow(`SQLite ${version} can damage`);
	});

	it.each(['3.51.3', '3.51.10', '3.53.2', '4.0.0'])('takes SQLite %s', (version) => {
		expect(() => assertSqliteVersion(version)).not.toThrow();
	});
});

describe('writeTransaction', () => {
	it('commits what its callback wrote and gives what it returned', () => {
		const result = writeTransaction(database.db, (tx) => {
			tx.insert(projects).values(project('a', 0)).run();
			return 42;
		});
		expect(result).toBe(42);
		expect(names(database)).toEqual([{ name: 'a' }]);
	});

	it('rolls everything back when its callback throws', () => {
		const fail = () =>
			writeTransaction(database.db, (tx) => {
				tx.insert(projects).values(project('a', 0)).run();
				throw new Error('no');
			});
		expect(fail).toThrow('no');
		expect(names(database)).toEqual([]);
	});

	it('refuses a callback that returns a promise, and writes nothing', () => {
		const fail = () =>
			writeTransaction(database.db, async (tx) => {
				tx.insert(projects).values(project('a', 0)).run();
				await Promise.resolve();
			});
		expect(fail).toThrow('must be synchronous');
		expect(names(database)).toEqual([]);
	});

	it('holds the write lock from its start', () => {
		const other = new Sqlite(database.file, { timeout: 0 });
		writeTransaction(database.db, () => {
			expect(caught(() => other.exec('BEGIN IMMEDIATE'))).toMatchObject({ code: 'SQLITE_BUSY' });
		});
		other.exec('BEGIN IMMEDIATE');
		other.close();
	});

	it.each([['the transaction'], ['the connection']])('nests, on %s, as a savepoint', (how) => {
		writeTransaction(database.db, (tx) => {
			tx.insert(projects).values(project('outer', 0)).run();
			const inner = () =>
				writeTransaction(how === 'the transaction' ? tx : database.db, (nested) => {
					nested.insert(projects).values(project('inner', 1)).run();
					throw new Error('inner');
				});
			expect(inner).toThrow('inner');
		});
		expect(names(database)).toEqual([{ name: 'outer' }]);
	});

	it('leaves a unique violation to its caller, who can tell which column it is about', () => {
		writeTransaction(database.db, (tx) => tx.insert(projects).values(project('a', 0)).run());
		const error = caught(() =>
			writeTransaction(database.db, (tx) => tx.insert(projects).values(project('b', 0)).run()),
		);
		expect(isUniqueViolation(error, 'projects.network_index')).toBe(true);
		expect(isUniqueViolation(error, 'projects.id')).toBe(false);
		expect(isUniqueViolation(new Error('UNIQUE constraint failed: projects.id'), 'projects.id')).toBe(false);
	});

	it('tells a unique violation over two columns and one of a primary key', () => {
		const parent = project('a', 0);
		const service = () => ({
			...{ id: newId('service'), projectId: parent.id, kind: 'database' as const, engine: 'postgres' },
			...{ version: '17', name: 'main', memoryBytes: 1, desiredState: 'running' as const },
			...{ phase: 'ready' as const, createdAt: new Date() },
		});
		database.db.insert(projects).values(parent).run();
		database.db.insert(services).values(service()).run();
		const byName = caught(() => database.db.insert(services).values(service()).run());
		expect(isUniqueViolation(byName, 'services.name')).toBe(true);
		const byId = caught(() =>
			database.db
				.insert(projects)
				.values({ ...parent, networkIndex: 1 })
				.run(),
		);
		expect(isUniqueViolation(byId, 'projects.id')).toBe(true);
	});
});

describe('schema', () => {
	it('has every table and column in the migrated database', () => {
		const tables = Object.values(schema).filter((value) => is(value, SQLiteTable));
		expect(tables.length).toBeGreaterThan(15);
		for (const table of tables) expect(() => database.db.select().from(table).all()).not.toThrow();
	});

	it('cascades from a project to its members and refuses a member of nothing', () => {
		const { db } = database;
		const owner = { id: newId('user'), email: 'a@b.c', passwordHash: 'x', createdAt: new Date() };
		const parent = project('a', 0);
		db.insert(users).values(owner).run();
		db.insert(projects).values(parent).run();
		const member = { projectId: parent.id, userId: owner.id, role: 'owner' as const, createdAt: new Date() };
		db.insert(members).values(member).run();
		const orphan = { ...member, projectId: newId('project') };
		expect(caught(() => db.insert(members).values(orphan).run())).toMatchObject({
			code: 'SQLITE_CONSTRAINT_FOREIGNKEY',
		});
		db.delete(projects).where(eq(projects.id, parent.id)).run();
		expect(db.select().from(members).all()).toEqual([]);
	});
});

describe('getOrCreateInstance', () => {
	it('is made once and stays the same', () => {
		const first = getOrCreateInstance(database.db);
		expect(first.instanceId).toMatch(/^[0-9a-f]{8}$/);
		expect(getOrCreateInstance(database.db)).toEqual(first);
	});

	it('differs between installations', () => {
		const other = openTestDatabase();
		expect(getOrCreateInstance(other.db).instanceId).not.toBe(getOrCreateInstance(database.db).instanceId);
		other.remove();
	});
});
