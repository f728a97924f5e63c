import Sqlite from 'better-sqlite3';
import { readMigrationFiles, type MigrationMeta } from 'drizzle-orm/migrator';
import { chmodSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const BUSY_TIMEOUT_MS = 30_000;
const COPIES_KEPT = 3;

/** The database cannot be brought to this version's schema; it is as it was before. */
export class MigrationError extends Error {
	override readonly name = 'MigrationError';
}

/** Drizzle's own table, so that its tools can read which migrations a database has had. */
function appliedUntil(client: Sqlite.Database): number | null {
	if (!client.readonly)
		client.exec(
			'CREATE TABLE IF NOT EXISTS __drizzle_migrations (id SERIAL PRIMARY KEY, hash text NOT NULL, created_at numeric)',
		);
	const row = client.prepare('SELECT max(created_at) FROM __drizzle_migrations').pluck().get();
	return row === null || row === undefined ? null : Number(row);
}

function pendingOf(client: Sqlite.Database, migrations: MigrationMeta[]): MigrationMeta[] {
	const until = appliedUntil(client);
	const newest = migrations.at(-1)?.folderMillis ?? 0;
	if (until !== null && until > newest) {
		throw new MigrationError(
			'This data folder was written by a newer version of sh0. Run that version, or put back the copy made before the update.',
		);
	}
	return migrations.filter((migration) => until === null || migration.folderMillis > until);
}

/** True when the database file exists and lacks migrations; changes nothing. Throws MigrationError for one from a newer version. */
export function hasPendingMigrations({
	file,
	migrationsDir,
}: {
	file: string;
	migrationsDir: string;
}): boolean {
	if (!existsSync(file)) return false;
	const migrations = readMigrationFiles({ migrationsFolder: migrationsDir });
	const client = new Sqlite(file, { timeout: BUSY_TIMEOUT_MS, readonly: true });
	try {
		const isKnown = client.prepare("SELECT 1 FROM sqlite_schema WHERE name = '__drizzle_migrations'").get();
		return isKnown === undefined || pendingOf(client, migrations).length > 0;
	} finally {
		client.close();
	}
}

/** A whole copy beside the database, named after the last migration it has; the newest three are kept. */
function copyBefore(client: Sqlite.Database, file: string, until: number): void {
	const prefix = `${basename(file)}.before-`;
	const copy = join(dirname(file), `${prefix}${until}-${Date.now()}`);
	rmSync(`${copy}.part`, { force: true });
	client.prepare('VACUUM INTO ?').run(`${copy}.part`);
	chmodSync(`${copy}.part`, 0o600);
	renameSync(`${copy}.part`, copy);
	const copies = readdirSync(dirname(file)).filter((name) => name.startsWith(prefix));
	for (const old of copies.sort().slice(0, -COPIES_KEPT)) rmSync(join(dirname(file), old));
}

function assertReferencesHold(client: Sqlite.Database): void {
	const broken = client.prepare('PRAGMA foreign_key_check').all();
	if (broken.length > 0)
		throw new MigrationError(`The update would leave ${broken.length} broken references.`);
}

function applyAll(client: Sqlite.Database, migrations: MigrationMeta[]): void {
	const record = client.prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)');
	for (const migration of migrations) {
		for (const statement of migration.sql) client.exec(statement);
		record.run(migration.hash, migration.folderMillis);
	}
	assertReferencesHold(client);
}

/**
 * Brings the database file to the newest schema, all or nothing, and copies the file first when there is data to lose.
 * Own connection with foreign keys off: inside a transaction they cannot be switched off, and a migration that recreates a table
 * would then silently cascade its child rows away. Two processes at once are fine: the second finds nothing left to do.
 * Throws MigrationError.
 */
export function migrateDatabase({ file, migrationsDir }: { file: string; migrationsDir: string }): void {
	const migrations = readMigrationFiles({ migrationsFolder: migrationsDir });
	const client = new Sqlite(file, { timeout: BUSY_TIMEOUT_MS });
	try {
		client.pragma('foreign_keys = OFF');
		client.pragma('synchronous = FULL');
		const pending = pendingOf(client, migrations);
		if (pending.length === 0) return;
		const until = appliedUntil(client);
		if (until !== null) copyBefore(client, file, until);
		client.transaction(() => applyAll(client, pendingOf(client, migrations))).immediate();
	} finally {
		client.close();
	}
}
