import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadEnv } from '../env';
import { openDatabase, type Database } from './client';

/**
 * For tests: a new migrated database in a folder of its own, without ballast and without waiting for the disk; `remove()` closes and
 * deletes it.
 */
export function openTestDatabase(): Database & { dataDir: string; remove(): void } {
	const dataDir = mkdtempSync(join(tmpdir(), 'sh0-test-'));
	const database = openDatabase({
		file: join(dataDir, 'sh0.db'),
		migrationsDir: loadEnv({}).migrationsDir,
		ballast: { sizeBytes: 0, retryMs: 0 },
	});
	database.db.run('PRAGMA synchronous = OFF');
	return {
		...database,
		dataDir,
		remove() {
			database.close();
			rmSync(dataDir, { recursive: true, force: true });
		},
	};
}
