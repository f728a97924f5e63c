import Sqlite from 'better-sqlite3';
import { drizzle, type BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isAppError } from '../errors';
import { Ballast } from './ballast';
import { migrateDatabase } from './migrate';
import * as schema from './schema/index';
import { isDiskFull, translateSqliteError } from './sqlite-errors';

export { isUniqueViolation } from './sqlite-errors';

/** A connection, or the transaction that `writeTransaction` hands out. */
export type Db = BetterSQLite3Database<typeof schema>;
export type Database = { db: Db; file: string; close(): void };

const BUSY_TIMEOUT_MS = 5000;
const OLDEST_SQLITE = [3, 51, 3] as const;

const ballasts = new WeakMap<Db, Ballast>();

/** Throws for versions that can corrupt a database in WAL mode (3.7.0 to 3.51.2). */
export function assertSqliteVersion(version: string): void {
	const parts = version.split('.').map(Number);
	for (const [index, oldest] of OLDEST_SQLITE.entries()) {
		const part = parts[index] ?? 0;
		if (part > oldest) return;
		if (part < oldest) {
			throw new Error(
				`SQLite ${version} can damage its files; sh0 needs ${OLDEST_SQLITE.join('.')} or newer.`,
			);
		}
	}
}

/** The version of the SQLite library inside better-sqlite3. */
export function sqliteVersion(): string {
	const client = new Sqlite(':memory:');
	try {
		return String(client.prepare('SELECT sqlite_version()').pluck().get());
	} finally {
		client.close();
	}
}

/** Also for a folder and file made before, by hand or from a copy. */
function createPrivately(file: string): void {
	mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
	closeSync(openSync(file, 'a', 0o600));
	tighten(dirname(file), 0o700);
	tighten(file, 0o600);
}

/** Takes every right beyond `mode` away. Where that is not ours to do, `doctor` reports what is left. */
function tighten(path: string, mode: number): void {
	const found = statSync(path).mode & 0o777;
	if ((found & ~mode) === 0) return;
	try {
		chmodSync(path, found & mode);
	} catch (error) {
		const code = error instanceof Error && 'code' in error ? error.code : undefined;
		if (code !== 'EPERM' && code !== 'EROFS') throw error;
	}
}

type OpenOptions = {
	file: string;
	migrationsDir: string;
	/** For tests; 16 MiB, looked at every 10 s. */
	ballast?: { sizeBytes: number; retryMs: number };
};

function connect(options: OpenOptions): Sqlite.Database {
	createPrivately(options.file);
	migrateDatabase(options);
	const client = new Sqlite(options.file, { timeout: BUSY_TIMEOUT_MS });
	try {
		client.pragma('journal_mode = WAL');
		client.pragma('synchronous = FULL');
		client.pragma('foreign_keys = ON');
		return client;
	} catch (error) {
		client.close();
		throw error;
	}
}

/** On a full disk not even the files of the WAL can be made: the ballast gives the room to start. */
function connectOnFullDisk(options: OpenOptions, ballastFile: string): Sqlite.Database {
	try {
		return connect(options);
	} catch (error) {
		if (!isDiskFull(error) || !existsSync(ballastFile)) throw translateSqliteError(error);
		rmSync(ballastFile);
		return connect(options);
	}
}

/**
 * Opens the database, made and migrated first where needed: WAL, every commit on the disk before it returns, foreign keys enforced.
 * Keeps a 16 MiB ballast file beside it. Throws MigrationError, DISK_FULL, or an Error when SQLite is too old.
 */
export function openDatabase(options: OpenOptions): Database {
	assertSqliteVersion(sqliteVersion());
	const ballastFile = join(dirname(options.file), 'ballast');
	const client = connectOnFullDisk(options, ballastFile);
	const db = drizzle(client, { schema, casing: 'snake_case' });
	ballasts.set(db, new Ballast(ballastFile, options.ballast));
	return { db, file: options.file, close: () => void client.close() };
}

function isThenable(value: unknown): boolean {
	return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/**
 * Runs `run` in a transaction that holds the write lock from its start (BEGIN IMMEDIATE; a savepoint inside another one) and gives what
 * it returns. Synchronous only: a callback that returns a promise is rolled back. Throws DISK_FULL when the disk cannot take it,
 * and whatever `run` throws (tell a unique violation by `isUniqueViolation`).
 */
export function writeTransaction<T>(db: Db, run: (tx: Db) => T): T {
	let failure: { error: unknown } | null = null;
	const body = (tx: Db): T => {
		try {
			const result = run(tx);
			if (isThenable(result)) throw new Error('a write transaction must be synchronous');
			return result;
		} catch (error) {
			// On a full disk SQLite may roll back by itself; the wrapper's own rollback then fails and would hide this error.
			failure ??= { error };
			throw error;
		}
	};
	const ballast = ballasts.get(db);
	try {
		const result = db.transaction(body, { behavior: 'immediate' });
		ballast?.restore();
		return result;
	} catch (thrown) {
		const first: { error: unknown } = failure ?? { error: thrown };
		const error = translateSqliteError(first.error);
		if (isAppError(error, 'DISK_FULL')) ballast?.release();
		throw error;
	}
}
