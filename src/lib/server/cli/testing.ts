import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, type Db } from '../db/client';
import { auditLog } from '../db/schema/index';
import { dataFiles, loadEnv } from '../env';
import { run } from './run';

/** Of the owner that `setUp` makes. */
export const email = 'ada@example.org';
export const password = 'seven quiet otters paint at dawn';

export type Answer = { code: number; out: string; err: string };

/** For tests: runs commands on a new data folder, with what they wrote and their exit code. */
export function cliOn({ dockerHost }: { dockerHost?: string } = {}) {
	const dataDir = mkdtempSync(join(tmpdir(), 'sh0-cli-'));
	const env = { SH0_DATA_DIR: dataDir, ...(dockerHost === undefined ? {} : { DOCKER_HOST: dockerHost }) };

	async function runCommand(argv: string[], stdin = ''): Promise<Answer> {
		const out: string[] = [];
		const err: string[] = [];
		const code = await run(argv, {
			env,
			out: (line) => void out.push(line),
			err: (line) => void err.push(line),
			readStdin: () => Promise.resolve(stdin),
			signal: new AbortController().signal,
		});
		return { code, out: out.join('\n'), err: err.join('\n') };
	}

	/** Reads the installation's database as the panel would. */
	function withDatabase<T>(read: (db: Db) => T): T {
		const { database } = dataFiles(dataDir);
		const opened = openDatabase({ file: database, migrationsDir: loadEnv({}).migrationsDir });
		try {
			return read(opened.db);
		} finally {
			opened.close();
		}
	}

	return {
		dataDir,
		run: runCommand,
		withDatabase,
		/** Makes the first owner. */
		setUp: () => runCommand(['setup', '--email', email, '--password-file', '-'], `${password}\n`),
		/** The audit record, oldest first: what was done, by what kind of actor, and how it ended. */
		record: () =>
			withDatabase((db) => db.select().from(auditLog).all()).map(
				({ action, actorKind, outcome, errorCode }) => ({ action, actorKind, outcome, errorCode }),
			),
		remove: () => rmSync(dataDir, { recursive: true, force: true }),
	};
}
