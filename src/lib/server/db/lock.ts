import Sqlite from 'better-sqlite3';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { sqliteErrorOf } from './sqlite-errors';

export type InstanceLock = { release(): void };

const lockFile = (dataDir: string) => join(dataDir, 'panel.lock');

/** Another process already runs the panel on this data folder. */
export class InstanceLockedError extends Error {
	override readonly name = 'InstanceLockedError';

	constructor(dataDir: string) {
		super(
			`sh0 already runs with the data folder ${dataDir}. Stop it first, or set SH0_DATA_DIR to another folder.`,
		);
	}
}

/**
 * Makes this the only panel process on the data folder, until `release()` or the end of the process, however it ends: the operating
 * system drops the lock. A file of its own, so that administration commands can still use the database. Throws InstanceLockedError.
 */
export function holdInstanceLock(dataDir: string): InstanceLock {
	mkdirSync(dataDir, { recursive: true, mode: 0o700 });
	const client = new Sqlite(lockFile(dataDir), { timeout: 0 });
	try {
		client.exec('BEGIN EXCLUSIVE');
	} catch (error) {
		client.close();
		throw sqliteErrorOf(error)?.code === 'SQLITE_BUSY' ? new InstanceLockedError(dataDir) : error;
	}
	return { release: () => void client.close() };
}

/** True when a panel process runs on this data folder. */
export function isInstanceLocked(dataDir: string): boolean {
	// Made here, the file would belong to whoever asks, and the panel might not be allowed to open it.
	if (!existsSync(lockFile(dataDir))) return false;
	try {
		holdInstanceLock(dataDir).release();
		return false;
	} catch (error) {
		if (error instanceof InstanceLockedError) return true;
		throw error;
	}
}
