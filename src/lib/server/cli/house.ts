import { userInfo } from 'node:os';
import { buildApp, type App } from '../app';
import type { Actor, AuditTarget } from '../audit/audit';
import { isInstanceLocked } from '../db/lock';
import { hasPendingMigrations, MigrationError } from '../db/migrate';
import { dataFiles, loadEnv, type Env } from '../env';
import { isAppError } from '../errors';
import type { Io } from './command';

/**
 * Gives the app to `run` and closes it afterwards. Nothing of it runs in the background, so this goes well beside a running panel. Only
 * warnings and errors are logged.
 */
export async function withApp<T>(io: Io, run: (app: App) => Promise<T>): Promise<T> {
	const env: Env = { ...loadEnv(io.env), logLevel: 'warn' };
	assertSameVersion(env);
	const app = buildApp(env, { writeLog: (line) => io.err(line.trimEnd()) });
	try {
		return await run(app);
	} finally {
		app.database.close();
	}
}

/** A running panel works on the schema of its start: a migration under it would break it. */
function assertSameVersion({ dataDir, migrationsDir }: Env): void {
	const file = dataFiles(dataDir).database;
	if (!isInstanceLocked(dataDir) || !hasPendingMigrations({ file, migrationsDir })) return;
	throw new MigrationError(
		'The panel that runs on this data folder is of an older version than this command. Restart the panel first.',
	);
}

const actor = (): Actor => ({ kind: 'cli', id: null, label: `${userInfo().username} (command line)` });

/** Does `run` with its audit intent before and its outcome after it; throws what `run` throws. */
export async function audited<T>(
	app: App,
	record: { action: string; projectId: string | null; target: AuditTarget | null; detail?: string },
	run: () => T | Promise<T>,
): Promise<T> {
	const intentSeq = app.audit.intent({ ...record, actor: actor(), ip: null, requestId: null });
	try {
		const result = await run();
		app.audit.outcome(intentSeq, { outcome: 'succeeded' });
		return result;
	} catch (error) {
		app.audit.outcome(intentSeq, {
			outcome: 'failed',
			errorCode: isAppError(error) ? error.code : 'INTERNAL',
		});
		throw error;
	}
}
