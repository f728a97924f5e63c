import Sqlite from 'better-sqlite3';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fc from 'fast-check';
import { asc, eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, writeTransaction } from '../db/client';
import { auditLog, operations, projects } from '../db/schema/index';
import { openTestDatabase } from '../db/testing';
import { loadEnv } from '../env';
import { newId } from '../ids';
import { Audit, type AuditIntent } from './audit';

let database: ReturnType<typeof openTestDatabase>;
let audit: Audit;
beforeEach(() => {
	database = openTestDatabase();
	audit = new Audit(database.db);
});
afterEach(() => database.remove());

const entry = (overrides: Partial<AuditIntent> = {}): AuditIntent => ({
	action: 'databases.create',
	actor: { kind: 'user', id: 'usr_a', label: 'ada@example.org' },
	projectId: 'prj_a',
	target: { kind: 'service', id: 'svc_a', name: 'main' },
	ip: '127.0.0.1',
	requestId: 'req-1',
	...overrides,
});
const rows = () => database.db.select().from(auditLog).orderBy(asc(auditLog.seq)).all();

/** `count` actions, each with intent and outcome. */
function record(count: number): void {
	for (let index = 0; index < count; index += 1) {
		audit.outcome(audit.intent(entry({ requestId: `req-${index}` })), { outcome: 'succeeded' });
	}
}

/** Changes the file as somebody with access to it could: past the triggers. */
function tamper(...statements: string[]): void {
	const client = new Sqlite(database.file);
	const triggers = client.prepare("SELECT name FROM sqlite_master WHERE type = 'trigger'").pluck().all();
	for (const name of triggers) client.exec(`DROP TRIGGER ${String(name)}`);
	for (const statement of statements) client.exec(statement);
	client.close();
}

describe('intent and outcome', () => {
	it('form a chain that starts with 64 zeros', () => {
		record(2);
		const [first, second] = rows();
		expect(first?.previousHash).toBe('0'.repeat(64));
		expect(first?.hash).toMatch(/^[0-9a-f]{64}$/);
		expect(second?.previousHash).toBe(first?.hash);
		expect(rows().map(({ seq, phase, intentSeq, outcome }) => [seq, phase, intentSeq, outcome])).toEqual([
			[1, 'intent', null, null],
			[2, 'outcome', 1, 'succeeded'],
			[3, 'intent', null, null],
			[4, 'outcome', 3, 'succeeded'],
		]);
	});

	it('keep who, what and where on both', () => {
		audit.outcome(audit.intent(entry()), { outcome: 'failed', errorCode: 'NAME_TAKEN' });
		for (const row of rows()) {
			expect(row).toMatchObject({
				...{ action: 'databases.create', actorKind: 'user', actorId: 'usr_a', actorLabel: 'ada@example.org' },
				...{ projectId: 'prj_a', targetKind: 'service', targetId: 'svc_a', targetName: 'main' },
				...{ ip: '127.0.0.1', requestId: 'req-1' },
			});
		}
		expect(rows()[1]).toMatchObject({ outcome: 'failed', errorCode: 'NAME_TAKEN' });
	});

	it('let the first outcome stand', () => {
		const seq = audit.intent(entry());
		audit.outcome(seq, { outcome: 'succeeded' });
		audit.outcome(seq, { outcome: 'failed', errorCode: 'INTERNAL' });
		expect(rows().map(({ outcome }) => outcome)).toEqual([null, 'succeeded']);
	});

	it('refuse an outcome without its intent', () => {
		expect(() => audit.outcome(7, { outcome: 'succeeded' })).toThrow('AUDIT_UNAVAILABLE');
		audit.outcome(audit.intent(entry()), { outcome: 'succeeded' });
		expect(() => audit.outcome(2, { outcome: 'succeeded' })).toThrow('AUDIT_UNAVAILABLE');
	});

	it('are undone with the transaction they are part of', async () => {
		const run = () =>
			writeTransaction(database.db, (tx) => {
				audit.intent(entry(), tx);
				throw new Error('no');
			});
		expect(run).toThrow('no');
		expect(rows()).toEqual([]);
		record(1);
		expect(await audit.verify()).toMatchObject({ valid: true, entries: 2 });
	});

	it('throw AUDIT_UNAVAILABLE when the record cannot be written', () => {
		tamper('DELETE FROM audit_head');
		expect(() => audit.intent(entry())).toThrow('AUDIT_UNAVAILABLE');
	});
});

describe('the table', () => {
	it.each([
		['UPDATE', "UPDATE audit_log SET actor_label = 'eve'"],
		['DELETE', 'DELETE FROM audit_log'],
		['REPLACE', 'INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log'],
		[
			'a second outcome',
			"INSERT INTO audit_log (seq, at, phase, intent_seq, actor_kind, actor_label, action, previous_hash, hash) VALUES (9, 0, 'outcome', 1, 'cli', 'x', 'x', 'x', 'x')",
		],
		['moving the head back', 'UPDATE audit_head SET seq = seq - 1'],
		['removing the head', 'DELETE FROM audit_head'],
		['a second head', "INSERT OR REPLACE INTO audit_head VALUES (1, 0, 'x')"],
	])('refuses %s', async (_what, statement) => {
		record(2);
		const client = new Sqlite(database.file);
		expect(() => client.exec(statement)).toThrow(/append-only|steps forward|one row/);
		client.close();
		expect(await audit.verify()).toMatchObject({ valid: true, entries: 4 });
	});
});

describe('verify', () => {
	it('finds an empty and a whole record valid', async () => {
		expect(await audit.verify()).toMatchObject({ valid: true, entries: 0, brokenAtSeq: null });
		record(300);
		const report = await audit.verify();
		expect(report).toMatchObject({ valid: true, entries: 600, brokenAtSeq: null });
		expect(report.last).toEqual({ seq: 600, hash: rows().at(-1)?.hash });
	});

	it.each<[string, string[], number]>([
		['a changed actor', ["UPDATE audit_log SET actor_label = 'eve' WHERE seq = 3"], 3],
		['a changed time', ['UPDATE audit_log SET at = at + 1 WHERE seq = 5'], 5],
		['a changed outcome', ["UPDATE audit_log SET outcome = 'failed' WHERE seq = 4"], 4],
		['a changed hash', ["UPDATE audit_log SET hash = 'x' WHERE seq = 2"], 2],
		['an entry taken out of the middle', ['DELETE FROM audit_log WHERE seq = 3'], 3],
		['a first entry taken out', ['DELETE FROM audit_log WHERE seq = 1'], 1],
		['entries cut off the end', ['DELETE FROM audit_log WHERE seq > 4'], 5],
		['everything deleted', ['DELETE FROM audit_log'], 1],
		[
			'two entries swapped',
			[
				'UPDATE audit_log SET seq = 100 WHERE seq = 2',
				'UPDATE audit_log SET seq = 2 WHERE seq = 3',
				'UPDATE audit_log SET seq = 3 WHERE seq = 100',
			],
			2,
		],
		[
			'an entry added by hand',
			[
				"INSERT INTO audit_log (seq, at, phase, actor_kind, actor_label, action, previous_hash, hash) VALUES (7, 0, 'intent', 'cli', 'x', 'x', 'x', 'x')",
			],
			7,
		],
		[
			'a head that was set back with the end',
			['DELETE FROM audit_log WHERE seq > 4', 'UPDATE audit_head SET seq = 4'],
			5,
		],
		['a head taken away', ['DELETE FROM audit_head'], 7],
	])('finds %s', async (_what, statements, brokenAtSeq) => {
		record(3);
		tamper(...statements);
		expect(await audit.verify()).toMatchObject({ valid: false, brokenAtSeq });
	});

	it('still finds a cut-off end after new entries were written', async () => {
		record(3);
		tamper('DELETE FROM audit_log WHERE seq > 4');
		record(2);
		expect(await audit.verify()).toMatchObject({ valid: false, brokenAtSeq: 5 });
	});

	it('finds a record that was rewritten as a whole only by a point noted down before', async () => {
		record(3);
		const { last } = await audit.verify();
		tamper('DELETE FROM audit_log', `UPDATE audit_head SET seq = 0, hash = '${'0'.repeat(64)}'`);
		record(4);
		expect(await audit.verify()).toMatchObject({ valid: true });
		expect(await audit.verify({ mustContain: last })).toMatchObject({ valid: false, brokenAtSeq: 6 });
	});

	it('takes a point that lies in the chain, and misses one beyond its end', async () => {
		record(1);
		const { last } = await audit.verify();
		record(1);
		expect(await audit.verify({ mustContain: last })).toMatchObject({ valid: true, entries: 4 });
		expect(await audit.verify({ mustContain: { seq: 9, hash: 'x' } })).toMatchObject({ valid: false });
	});

	it('goes on from where an earlier check ended', async () => {
		record(2);
		const first = await audit.verify();
		record(1);
		expect(await audit.verify({ from: first.last })).toMatchObject({ valid: true, entries: 6 });
	});

	it('holds for any text in any field', async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.string({ unit: 'binary' }),
				fc.string({ unit: 'grapheme' }),
				async (label, name) => {
					const target = { kind: 'service', id: null, name: `${name}\ud83d` };
					audit.intent(entry({ actor: { kind: 'token', id: null, label }, target }));
					expect((await audit.verify()).valid).toBe(true);
				},
			),
			{ numRuns: 50 },
		);
	});

	it('never holds the event loop for 50 ms, however long the record', async () => {
		writeTransaction(database.db, () => record(4000));
		// Processor time rather than the clock's: on a busy machine any turn takes long.
		let longestMs = 0;
		let turns = 0;
		let isDone = false;
		let before = process.cpuUsage();
		const measure = () => {
			const { user, system } = process.cpuUsage(before);
			longestMs = Math.max(longestMs, (user + system) / 1000);
			turns += 1;
			before = process.cpuUsage();
			if (!isDone) setImmediate(measure);
		};
		setImmediate(measure);
		expect(await audit.verify()).toMatchObject({ valid: true, entries: 8000 });
		isDone = true;
		expect(turns).toBeGreaterThanOrEqual(8000 / 250);
		expect(longestMs).toBeLessThan(50);
	}, 30_000);
});

describe('two processes', () => {
	it('cannot fork the chain', async () => {
		const second = openDatabase({ file: database.file, migrationsDir: loadEnv({}).migrationsDir });
		const other = new Audit(second.db);
		for (let index = 0; index < 20; index += 1) {
			audit.intent(entry());
			other.intent(entry({ actor: { kind: 'cli', id: null, label: 'root' } }));
		}
		second.close();
		expect(await audit.verify()).toMatchObject({ valid: true, entries: 40 });
	});

	it('wait for each other at the write lock', async () => {
		const script = `
			const client = new (require('better-sqlite3'))(process.argv[1]);
			client.exec('BEGIN IMMEDIATE');
			console.log('held');
			setTimeout(() => client.exec('COMMIT'), 300);`;
		const child = spawn(process.execPath, ['-e', script, database.file]);
		await once(child.stdout, 'data');
		record(1);
		await once(child, 'exit');
		expect(await audit.verify()).toMatchObject({ valid: true, entries: 2 });
	});
});

describe('closeOrphans', () => {
	it('marks what nobody will close as interrupted, and leaves running operations alone', () => {
		const { db } = database;
		const projectId = newId('project');
		db.insert(projects).values({ id: projectId, name: 'p', networkIndex: 0, createdAt: new Date() }).run();
		const orphan = audit.intent(entry());
		const running = audit.intent(entry({ action: 'services.create' }));
		const ended = audit.intent(entry({ action: 'services.start' }));
		record(1);
		for (const [auditIntentSeq, status] of [
			[running, 'running'],
			[ended, 'failed'],
		] as const) {
			db.insert(operations)
				.values({
					...{ id: newId('operation'), projectId, serviceId: `svc_${status}`, serviceName: 's' },
					...{ kind: 'service.create', status, input: {}, actor: 'a', auditIntentSeq, createdAt: new Date() },
				})
				.run();
		}
		expect(audit.listOrphans()).toEqual([orphan, ended]);
		expect(audit.closeOrphans()).toBe(2);
		expect(audit.closeOrphans()).toBe(0);
		const outcomeOf = (seq: number) =>
			db.select({ outcome: auditLog.outcome }).from(auditLog).where(eq(auditLog.intentSeq, seq)).get();
		expect(outcomeOf(orphan)).toEqual({ outcome: 'interrupted' });
		expect(outcomeOf(running)).toBeUndefined();
	});
});
