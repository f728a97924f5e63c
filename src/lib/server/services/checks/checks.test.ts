import Sqlite from 'better-sqlite3';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Audit } from '../../audit/audit';
import { getOrCreateInstance } from '../../db/instance';
import { holdInstanceLock } from '../../db/lock';
import { operations, projects, services, serviceSecrets } from '../../db/schema/index';
import { openTestDatabase } from '../../db/testing';
import { LABEL } from '../../docker';
import { databaseEngineById } from '../../engines';
import type { EngineDefinition } from '../../engines/engine';
import { AppError } from '../../errors';
import { newId } from '../../ids';
import { Redactor } from '../../log';
import { Secret } from '../../secret';
import { secretForms } from '../../secret-forms';
import { cellAddress, openVault, type Vault } from '../../vault';
import { getService } from '../repository';
import { checkAudit, checkDatabase, checkLeases } from './record-checks';
import { checkNoClearText, checkSecretsLogIn } from './secret-checks';
import type { Picture } from './picture';

const projectId = newId('project');
const serviceId = newId('service');
let database: ReturnType<typeof openTestDatabase>;
let vault: Vault;
beforeEach(() => {
	database = openTestDatabase();
	const { db, dataDir } = database;
	const { instanceId } = getOrCreateInstance(db);
	vault = openVault({ db, keyFile: join(dataDir, 'master.key'), instanceId, redactor: new Redactor() });
	db.insert(projects).values({ id: projectId, name: 'p', networkIndex: 0, createdAt: new Date() }).run();
	db.insert(services)
		.values({
			...{ id: serviceId, projectId, kind: 'database', engine: 'postgres', version: '17', name: 'main' },
			...{ memoryBytes: 1, desiredState: 'running', phase: 'ready', createdAt: new Date() },
		})
		.run();
});
afterEach(() => database.remove());

function store(state: 'current' | 'pending', text: string): void {
	const cell = vault.encrypt(cellAddress.serviceSecret(serviceId, 'root'), new Secret(text));
	database.db
		.insert(serviceSecrets)
		.values({ serviceId, name: 'root', state, cell, changedAt: new Date() })
		.run();
}

describe('leases', () => {
	function operation(leaseUntil: Date | null, status: 'running' | 'succeeded' = 'running'): void {
		const id = newId('operation');
		const row = { id, projectId, serviceId: id, serviceName: 'main', kind: 'service.start' as const, status };
		database.db
			.insert(operations)
			.values({ ...row, input: {}, actor: 'a', createdAt: new Date(), leaseUntil })
			.run();
	}

	it('are fine when they last, when none was taken yet, and when the operation has ended', () => {
		operation(new Date(Date.now() + 10_000));
		operation(null);
		operation(new Date(0), 'succeeded');
		expect(checkLeases(database.db)).toEqual([]);
	});

	it('are a problem when a running operation has outlived its own', () => {
		operation(new Date(Date.now() - 1000));
		expect(checkLeases(database.db)).toEqual([
			expect.stringMatching(/service\.start of "main".*outlived its lease/),
		]);
	});
});

describe('the audit record', () => {
	const intent = (audit: Audit) =>
		audit.intent({
			...{ action: 'services.start', actor: { kind: 'cli' as const, id: null, label: 'x' } },
			...{ projectId: null, target: null, ip: null, requestId: null },
		});

	it('is whole when each intent has its outcome, and forgives one that is under way', async () => {
		const { db } = database;
		const audit = new Audit(db);
		audit.outcome(intent(audit), { outcome: 'succeeded' });
		expect(await checkAudit({ db, audit }, { inFlightMs: 0 })).toEqual([]);
		intent(audit);
		expect(await checkAudit({ db, audit }, { inFlightMs: 60_000 })).toEqual([]);
		await new Promise((resolve) => setTimeout(resolve, 5));
		expect(await checkAudit({ db, audit }, { inFlightMs: 0 })).toEqual([
			'Entry 3 (services.start) has no outcome.',
		]);
	});

	it('is not whole when an entry was changed', async () => {
		const { db, file } = database;
		const audit = new Audit(db);
		audit.outcome(intent(audit), { outcome: 'succeeded' });
		const client = new Sqlite(file);
		client.exec("DROP TRIGGER audit_log_no_update; UPDATE audit_log SET actor_label = 'eve' WHERE seq = 2");
		client.close();
		expect(await checkAudit({ db, audit }, { inFlightMs: 0 })).toEqual([
			'The record was changed at or before entry 2.',
		]);
	});
});

describe('the database', () => {
	it('is sound when new', () => {
		expect(checkDatabase(database.db)).toEqual([]);
	});

	it('is not when a row refers to nothing', () => {
		const client = new Sqlite(database.file);
		client.pragma('foreign_keys = OFF');
		client.exec('DELETE FROM projects');
		client.close();
		expect(checkDatabase(database.db)).toEqual([
			expect.stringMatching(/^Row \d+ of services refers to nothing/),
		]);
	});
});

describe('stored passwords', () => {
	/** An engine that takes these passwords; it stands in for a real one, whose logins the crash tests use. */
	function fakeEngine(...accepted: string[]): (id: string) => EngineDefinition {
		const postgres = databaseEngineById('postgres');
		const probe = (target: { password: Secret }) =>
			accepted.includes(target.password.reveal())
				? Promise.resolve()
				: Promise.reject(new AppError('ENGINE_UNREACHABLE'));
		return () => ({ ...postgres, lifecycle: { ...postgres.lifecycle, probe } });
	}

	function check(engine: (id: string) => EngineDefinition) {
		const container = {
			...{ id: 'c', name: 'c', labels: { [LABEL.service]: serviceId }, status: 'running' as const },
			...{ hostPorts: { 5432: 20_001 }, imageId: 'i', imageRef: 'r', specHash: null },
		};
		const picture: Picture = {
			...{ settled: [getService(database.db, serviceId)], busyServiceIds: new Set<string>() },
			...{ projectIds: new Set([projectId]), projectsWithWork: new Set([projectId]) },
			...{ containers: [container], volumes: [], networks: [] },
		};
		return checkSecretsLogIn({ db: database.db, vault, engineById: engine }, picture);
	}

	it('are fine when exactly one logs in, the current or the pending one', async () => {
		store('current', 'old-password');
		expect(await check(fakeEngine('old-password'))).toEqual([]);
		store('pending', 'new-password');
		expect(await check(fakeEngine('old-password'))).toEqual([]);
		expect(await check(fakeEngine('new-password'))).toEqual([]);
	});

	it('are a problem when none or both log in', async () => {
		store('current', 'old-password');
		store('pending', 'new-password');
		expect(await check(fakeEngine())).toEqual([
			expect.stringContaining('0 of 2 stored root passwords log in'),
		]);
		expect(await check(fakeEngine('old-password', 'new-password'))).toEqual([
			expect.stringContaining('2 of 2 stored root passwords log in'),
		]);
	});
});

describe('clear text in files', () => {
	const secret = 'kQ7"s/w0rd+ü\\x';
	const check = () => checkNoClearText({ db: database.db, vault, dataDir: database.dataDir });

	it('is not there when secrets are only in cells', async () => {
		store('current', secret);
		expect(await check()).toEqual([]);
	});

	it.each(secretForms(secret).map((form) => [form]))('is found as %s', async (form) => {
		store('current', secret);
		mkdirSync(join(database.dataDir, 'deep', 'er'), { recursive: true });
		const file = join(database.dataDir, 'deep', 'er', 'leak.txt');
		writeFileSync(file, `before ${form} after`);
		expect(await check()).toEqual([`${file} holds a secret in clear text.`]);
	});

	it('is found in the database itself, also in its log and among binary bytes', async () => {
		store('current', secret);
		database.db.update(services).set({ imageRef: secret }).where(eq(services.id, serviceId)).run();
		expect(await check()).toEqual([`${database.file}-wal holds a secret in clear text.`]);
		new Sqlite(database.file).pragma('wal_checkpoint(TRUNCATE)');
		expect(await check()).toEqual([`${database.file} holds a secret in clear text.`]);
	});

	it('is found over the border of two chunks of a big file', async () => {
		store('current', secret);
		const file = join(database.dataDir, 'big');
		const filler = Buffer.alloc(64 * 1024 - 5, 'x');
		writeFileSync(file, Buffer.concat([filler, Buffer.from(secret), filler]));
		expect(await check()).toEqual([`${file} holds a secret in clear text.`]);
	});

	it('is looked for without dropping the locks that this process holds', async () => {
		const lock = holdInstanceLock(database.dataDir);
		expect(await check()).toEqual([]);
		const script = "new (require('better-sqlite3'))(process.argv[1], { timeout: 0 }).exec('BEGIN EXCLUSIVE')";
		const file = join(database.dataDir, 'panel.lock');
		const other = spawnSync(process.execPath, ['-e', script, file], { encoding: 'utf8' });
		lock.release();
		expect(other.stderr).toContain('SQLITE_BUSY');
	});

	it('cannot be looked for while the vault is sealed', async () => {
		store('current', secret);
		const sealed = openVault({
			...{
				db: database.db,
				keyFile: join(database.dataDir, 'none'),
				instanceId: 'x',
				redactor: new Redactor(),
			},
		});
		const problems = await checkNoClearText({ db: database.db, vault: sealed, dataDir: database.dataDir });
		expect(problems).toEqual([expect.stringContaining('sealed')]);
	});
});
