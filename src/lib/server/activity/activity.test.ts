import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Audit, type AuditOutcome } from '../audit/audit';
import { writeTransaction } from '../db/client';
import { openTestDatabase } from '../db/testing';
import { newId } from '../ids';
import type { ActivityFilter } from './schema';
import { exportActivity, listActivity } from './service';

const projectId = newId('project');
let database: ReturnType<typeof openTestDatabase>;
let audit: Audit;
beforeEach(() => {
	database = openTestDatabase();
	audit = new Audit(database.db);
});
afterEach(() => {
	vi.useRealTimers();
	database.remove();
});

type Action = {
	action?: string;
	label?: string;
	name?: string;
	projectId?: string | null;
	outcome?: AuditOutcome | null;
};

/** One recorded action; `outcome` null leaves it open. Gives its number. */
function act({
	action = 'databases.create',
	label = 'ada@example.org',
	name = 'shop',
	...rest
}: Action = {}): number {
	const seq = audit.intent({
		action,
		actor: { kind: 'user', id: 'usr_a', label },
		projectId: rest.projectId === undefined ? projectId : rest.projectId,
		target: { kind: 'service', id: 'svc_a', name },
		ip: '192.0.2.1',
		requestId: 'req-1',
	});
	const outcome = rest.outcome === undefined ? 'succeeded' : rest.outcome;
	if (outcome !== null)
		audit.outcome(seq, { outcome, errorCode: outcome === 'failed' ? 'NAME_TAKEN' : null });
	return seq;
}

const list = (
	filter: Omit<ActivityFilter, 'projectId'> = {},
	page: { cursor?: number; limit?: number } = {},
) =>
	listActivity(
		{ db: database.db, audit },
		{ projectId, ...filter },
		{ cursor: page.cursor ?? null, limit: page.limit ?? 50 },
	);
const seqs = async (filter: Omit<ActivityFilter, 'projectId'>) =>
	(await list(filter)).entries.map(({ seq }) => seq);

describe('listActivity', () => {
	it('shows each action once, with its outcome, newest first', async () => {
		const first = act({ outcome: 'failed' });
		const second = act({ action: 'services.start', outcome: null });
		const { entries } = await list();
		expect(entries).toEqual([
			expect.objectContaining({ seq: second, action: 'services.start', outcome: null, endedAt: null }),
			{
				...{
					seq: first,
					at: expect.any(Date),
					action: 'databases.create',
					ip: '192.0.2.1',
					requestId: 'req-1',
					detail: null,
				},
				actor: { kind: 'user', label: 'ada@example.org' },
				target: { kind: 'service', id: 'svc_a', name: 'shop' },
				...{ outcome: 'failed', errorCode: 'NAME_TAKEN', endedAt: expect.any(Date) },
			},
		]);
	});

	it('never shows another project', async () => {
		act({ projectId: newId('project') });
		const own = act();
		expect(await seqs({})).toEqual([own]);
		expect(await seqs({ search: 'shop' })).toEqual([own]);
	});

	it('shows what belongs to no project, and nothing of any project, when asked for that', async () => {
		act();
		const login = act({ action: 'auth.login', projectId: null, outcome: 'failed' });
		const { entries } = await listActivity(
			{ db: database.db, audit },
			{ projectId: null, search: 'auth' },
			{ cursor: null, limit: 50 },
		);
		expect(entries.map(({ seq }) => seq)).toEqual([login]);
		expect(await seqs({ search: 'auth' })).toEqual([]);
		const file = await exportActivity({ db: database.db }, { projectId: null }, { format: 'jsonl' });
		expect(file.rows).toBe(1);
	});

	it('pages by cursor without losing or repeating an entry, while new ones come in', async () => {
		const made = Array.from({ length: 7 }, () => act());
		const first = await list({}, { limit: 3 });
		act();
		const second = await list({}, { limit: 3, cursor: first.nextCursor ?? 0 });
		const third = await list({}, { limit: 3, cursor: second.nextCursor ?? 0 });
		const shown = [first, second, third].flatMap(({ entries }) => entries.map(({ seq }) => seq));
		expect(shown).toEqual(made.toReversed());
		expect(third.nextCursor).toBeNull();
	});

	it('has no next page when the last one is just full', async () => {
		act();
		act();
		expect((await list({}, { limit: 2 })).nextCursor).toBeNull();
	});

	it('looks through 5,000 rows at a time, and goes on from there until nothing is left', async () => {
		const first = act({ name: 'Needle' });
		writeTransaction(database.db, (tx) => {
			for (let index = 0; index < 12_000; index += 1)
				audit.intent(
					{
						...{ action: 'databases.create', actor: { kind: 'user', id: 'usr_a', label: 'ada' }, projectId },
						...{ target: null, ip: null, requestId: null },
					},
					tx,
				);
		});
		const last = act({ name: 'needle' });
		let cursor: number | null = null;
		const found: number[][] = [];
		do {
			const page = await list({ search: 'needle' }, cursor === null ? {} : { cursor });
			found.push(page.entries.map(({ seq }) => seq));
			cursor = page.nextCursor;
		} while (cursor !== null);
		expect(found).toEqual([[last], [], [first]]);
		// Without a filter nothing is different.
		expect((await list({}, { limit: 200 })).entries).toHaveLength(200);
		const options = { format: 'jsonl' } as const;
		const { rows, isTruncated } = await exportActivity(
			{ db: database.db },
			{ projectId, search: 'needle' },
			options,
		);
		expect({ rows, isTruncated }).toEqual({ rows: 2, isTruncated: false });
	});

	it('filters by actor, action, outcome and text', async () => {
		const create = act({ label: 'Ada@example.org', name: 'shop' });
		const start = act({ action: 'services.start', label: 'bob@example.org', outcome: 'failed' });
		const open = act({ action: 'databases.remove', name: 'Archive', outcome: null });
		expect(await seqs({ actor: 'ADA' })).toEqual([open, create]);
		expect(await seqs({ actor: 'bob' })).toEqual([start]);
		expect(await seqs({ action: 'databases' })).toEqual([open, create]);
		expect(await seqs({ action: 'databases.create' })).toEqual([create]);
		expect(await seqs({ action: 'data' })).toEqual([]);
		expect(await seqs({ outcome: 'failed' })).toEqual([start]);
		expect(await seqs({ outcome: 'pending' })).toEqual([open]);
		expect(await seqs({ outcome: 'denied' })).toEqual([]);
		expect(await seqs({ search: 'archive' })).toEqual([open]);
		expect(await seqs({ search: 'archive', actor: 'bob' })).toEqual([]);
	});

	it.each(['%', '_', "'", "' OR 1=1 --", '\\', '"'])(
		'takes %s in a search as that character',
		async (search) => {
			act();
			expect(await seqs({ search, actor: search })).toEqual([]);
			const named = act({ name: `a${search}b`, label: search });
			expect(await seqs({ search, actor: search })).toEqual([named]);
		},
	);

	it('filters by time: since counts itself, until does not', async () => {
		vi.useFakeTimers({ toFake: ['Date'], now: 1000 });
		const early = act();
		vi.setSystemTime(2000);
		const late = act();
		expect(await seqs({ since: new Date(2000) })).toEqual([late]);
		expect(await seqs({ until: new Date(2000) })).toEqual([early]);
		expect(await seqs({ since: new Date(1000), until: new Date(2001) })).toEqual([late, early]);
	});

	it('says whether the record is whole', async () => {
		act();
		expect((await list()).chain).toMatchObject({ valid: true, entries: 2 });
	});
});

describe('exportActivity', () => {
	it('writes CSV with a header and one line an action', async () => {
		act({ outcome: 'failed' });
		const file = await exportActivity({ db: database.db }, { projectId }, { format: 'csv' });
		const [header, line, rest] = file.text.split('\r\n');
		expect(header).toBe(
			'seq,at,actorKind,actor,action,targetKind,targetId,target,outcome,errorCode,endedAt,ip,requestId,detail',
		);
		expect(line).toMatch(
			/^1,[\dTZ:.-]+,user,ada@example\.org,databases\.create,service,svc_a,shop,failed,NAME_TAKEN,[\dTZ:.-]+,192\.0\.2\.1,req-1,$/,
		);
		expect(rest).toBe('');
		expect(file).toMatchObject({
			rows: 1,
			isTruncated: false,
			fileName: expect.stringMatching(/^activity-.*\.csv$/),
		});
	});

	it.each([
		['=HYPERLINK("http://x")', '"\'=HYPERLINK(""http://x"")"'],
		['+1', '"\'+1"'],
		['-1', '"\'-1"'],
		['@SUM(A1)', '"\'@SUM(A1)"'],
		[' =1', '"\' =1"'],
		['＝1', '"\'＝1"'],
		['a,b', '"a,b"'],
		['a"b', '"a""b"'],
		['a\nb', '"a\nb"'],
		['a-b=c', 'a-b=c'],
	])('writes the name %j so that no spreadsheet runs it', async (name, cell) => {
		act({ name });
		const { text } = await exportActivity({ db: database.db }, { projectId }, { format: 'csv' });
		expect(text).toContain(`,svc_a,${cell},succeeded,`);
	});

	it('writes JSON lines, each one an object', async () => {
		act({ name: '=1' });
		act({ outcome: null });
		const file = await exportActivity({ db: database.db }, { projectId }, { format: 'jsonl' });
		const objects = file.text
			.trimEnd()
			.split('\n')
			.map((line): unknown => JSON.parse(line));
		expect(objects).toEqual([
			expect.objectContaining({ seq: 3, outcome: null, endedAt: null }),
			expect.objectContaining({ seq: 1, target: '=1', outcome: 'succeeded' }),
		]);
	});

	it('obeys the filter and never holds another project', async () => {
		act({ projectId: newId('project') });
		act({ outcome: 'denied' });
		const wanted = act({ outcome: 'failed' });
		const file = await exportActivity(
			{ db: database.db },
			{ projectId, outcome: 'failed' },
			{ format: 'jsonl' },
		);
		expect(file.rows).toBe(1);
		expect(file.text).toContain(`"seq":${wanted}`);
	});

	it.each([
		[4, 4, true],
		[5, 5, false],
		[6, 5, false],
	])(
		'holds at most %i of 5 rows, and says when it left something out',
		async (maxRows, rows, isTruncated) => {
			for (let index = 0; index < 5; index += 1) act();
			const file = await exportActivity({ db: database.db }, { projectId }, { format: 'jsonl', maxRows });
			expect(file).toMatchObject({ rows, isTruncated });
		},
	);

	it('reads a long record in batches without losing an entry', async () => {
		writeTransaction(database.db, () => {
			for (let index = 0; index < 1100; index += 1) act({ outcome: null });
		});
		const file = await exportActivity({ db: database.db }, { projectId }, { format: 'jsonl' });
		const seqs = file.text.match(/"seq":\d+/g) ?? [];
		expect(file.isTruncated).toBe(false);
		expect(new Set(seqs).size).toBe(1100);
	});
});
