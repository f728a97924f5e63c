import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MIB } from '$lib/shared/units';
import { Audit } from '../audit/audit';
import { loadEnv } from '../env';
import { isAppError } from '../errors';
import { newId } from '../ids';
import { openDatabase, writeTransaction, type Database } from './client';
import { projects } from './schema/index';

// Needs root: it mounts a small disk of its own.
let dataDir: string;
let database: Database;

function mountDisk(sizeBytes: number): void {
	dataDir = mkdtempSync(join(tmpdir(), 'sh0-disk-'));
	execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', dataDir]);
}

const open = (ballastBytes: number) =>
	openDatabase({
		file: join(dataDir, 'sh0.db'),
		migrationsDir: loadEnv({}).migrationsDir,
		ballast: { sizeBytes: ballastBytes, retryMs: 0 },
	});

/** Writes into a file beside the database until the disk takes no more. */
function fillDisk(): void {
	const handle = openSync(join(dataDir, 'filler'), 'a');
	for (const chunkBytes of [64 * 1024, 4096, 1]) {
		const chunk = Buffer.alloc(chunkBytes, 1);
		try {
			for (;;) writeSync(handle, chunk);
		} catch (error) {
			expect(error).toMatchObject({ code: 'ENOSPC' });
		}
	}
	closeSync(handle);
}
const freeDisk = () => rmSync(join(dataDir, 'filler'));

let count = 0;
function insertProject(name: string): string {
	const id = newId('project');
	writeTransaction(database.db, (tx) =>
		tx.insert(projects).values({ id, name, networkIndex: count++, createdAt: new Date() }).run(),
	);
	return id;
}
const countProjects = () => database.db.$count(projects);

/** Writes big rows until one is refused; gives the refusal. */
function insertUntilRefused(): unknown {
	for (let index = 0; index < 10_000; index += 1) {
		try {
			insertProject('x'.repeat(16 * 1024));
		} catch (error) {
			return error;
		}
	}
	throw new Error('the disk never became full');
}

afterEach(() => {
	database.close();
	execFileSync('umount', [dataDir]);
	rmSync(dataDir, { recursive: true });
});

describe('a full disk without room for a ballast', () => {
	beforeEach(() => {
		mountDisk(4 * MIB);
		database = open(16 * MIB);
	});

	it('refuses writes with DISK_FULL, goes on reading, and recovers without a restart', async () => {
		expect(existsSync(join(dataDir, 'ballast'))).toBe(false);
		insertProject('before');
		fillDisk();
		const refusals = [insertUntilRefused(), insertUntilRefused(), insertUntilRefused()];
		expect(refusals.map((error) => isAppError(error, 'DISK_FULL'))).toEqual([true, true, true]);
		const kept = await countProjects();
		expect(kept).toBeGreaterThanOrEqual(1);
		freeDisk();
		insertProject('after');
		expect(await countProjects()).toBe(kept + 1);
		expect(database.db.get('PRAGMA integrity_check')).toEqual({ integrity_check: 'ok' });
	});

	it('refuses the audit intent with DISK_FULL, so that nothing is done unrecorded', async () => {
		const audit = new Audit(database.db);
		const intent = () =>
			audit.intent({
				...{ action: 'a', actor: { kind: 'cli' as const, id: null, label: 'x' }, projectId: null },
				...{ target: { kind: 'x', id: null, name: 'x'.repeat(500) }, ip: null, requestId: null },
			});
		fillDisk();
		insertUntilRefused();
		let refusal: unknown = null;
		for (let index = 0; index < 1000 && refusal === null; index += 1) {
			try {
				intent();
			} catch (error) {
				refusal = error;
			}
		}
		expect(isAppError(refusal, 'DISK_FULL')).toBe(true);
		freeDisk();
		intent();
		expect((await audit.verify()).valid).toBe(true);
	});

	it('opens again after a crash while full', async () => {
		insertProject('before');
		fillDisk();
		insertUntilRefused();
		const kept = await countProjects();
		database.close();
		freeDisk();
		database = open(16 * MIB);
		expect(await countProjects()).toBe(kept);
	});
});

describe('a full disk with a ballast', () => {
	const ballast = () => existsSync(join(dataDir, 'ballast'));
	beforeEach(() => {
		mountDisk(12 * MIB);
		database = open(4 * MIB);
	});

	it('lets the ballast go at the first refusal, so that deleting works, and makes it again', async () => {
		expect(ballast()).toBe(true);
		const doomed = insertProject('doomed');
		fillDisk();
		expect(isAppError(insertUntilRefused(), 'DISK_FULL')).toBe(true);
		expect(ballast()).toBe(false);
		writeTransaction(database.db, (tx) => tx.delete(projects).where(eq(projects.id, doomed)).run());
		expect(database.db.select().from(projects).where(eq(projects.id, doomed)).all()).toEqual([]);
		freeDisk();
		insertProject('after');
		expect(ballast()).toBe(true);
	});

	it('lets it go as well when the refusal comes from inside a nested transaction', () => {
		fillDisk();
		const nested = () =>
			writeTransaction(database.db, (outer) =>
				writeTransaction(outer, () => void insertUntilRefusedInside()),
			);
		const insertUntilRefusedInside = () => {
			const refusal = insertUntilRefused();
			throw refusal;
		};
		expect(nested).toThrow('DISK_FULL');
		expect(ballast()).toBe(false);
		insertProject('after');
	});

	it('starts on a disk that is already full', async () => {
		insertProject('before');
		database.close();
		fillDisk();
		database = open(4 * MIB);
		expect(ballast()).toBe(false);
		insertProject('after');
		expect(await countProjects()).toBe(2);
	});
});
