import Sqlite from 'better-sqlite3';
import { AppError } from '../errors';

type SqliteError = InstanceType<typeof Sqlite.SqliteError>;

/** The SqliteError behind an error: Drizzle wraps some of them. */
export function sqliteErrorOf(error: unknown): SqliteError | null {
	if (error instanceof Sqlite.SqliteError) return error;
	return error instanceof Error && error.cause !== undefined ? sqliteErrorOf(error.cause) : null;
}

/** True when the disk under the database cannot take a write: full, over quota, or failing. */
export function isDiskFull(error: unknown): boolean {
	const code = sqliteErrorOf(error)?.code ?? '';
	return code === 'SQLITE_FULL' || code.startsWith('SQLITE_IOERR');
}

/** DISK_FULL for an error that means it, any other error as it is. */
export function translateSqliteError(error: unknown): unknown {
	return isDiskFull(error) ? new AppError('DISK_FULL', { cause: error }) : error;
}

/**
 * True when a write broke the uniqueness of this column (as SQLite names it, such as `services.name`; with several columns, any of
 * them).
 */
export function isUniqueViolation(error: unknown, column: string): boolean {
	const found = sqliteErrorOf(error);
	if (found?.code !== 'SQLITE_CONSTRAINT_UNIQUE' && found?.code !== 'SQLITE_CONSTRAINT_PRIMARYKEY')
		return false;
	// SQLite gives the columns in the message only: "UNIQUE constraint failed: services.project_id, services.name".
	const columns = found.message.split(': ').at(-1)?.split(', ') ?? [];
	return columns.includes(column);
}
