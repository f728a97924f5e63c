import { beforeEach, expect, it } from 'vitest';
import { Attempts, type CountedEntry } from './attempts';
import type { AuditIntent, AuditOutcome } from './audit';

const minute = 60_000;
const start = 1_000_000_000_000;
type Row = { entry: AuditIntent; outcome: AuditOutcome | null };

let rows: Row[];
let book: Attempts;

beforeEach(() => {
	rows = [];
	const audit = {
		intent: (entry: AuditIntent) => rows.push({ entry, outcome: null }) - 1,
		outcome: (seq: number, { outcome }: { outcome: AuditOutcome }) => {
			const row = rows[seq];
			if (row) row.outcome = outcome;
		},
	};
	book = new Attempts({ audit, outcome: 'failed', perKey: 3, total: 5 });
});

const entryFrom = (ip: string): CountedEntry => ({
	...{ action: 'auth.login', ip, projectId: null },
	actor: { kind: 'anonymous', id: null, label: 'anonymous' },
});
const told = () => rows.map(({ entry, outcome }) => ({ ip: entry.ip, detail: entry.detail, outcome }));
const take = (key: string, times: number, now = start) =>
	Array.from({ length: times }, () => book.take(key, now)).filter(Boolean).length;

it('gives so many of a key rows of their own, and so many of all, until ten minutes are over', () => {
	expect(take('a', 9)).toBe(3);
	expect(take('b', 9, start + 9 * minute)).toBe(2);
	expect(take('c', 9)).toBe(0);
	expect(take('a', 9, start + 10 * minute)).toBe(3);
});

it('does not use up a place for what went well', () => {
	for (let index = 0; index < 20; index += 1) {
		expect(book.take('a', start)).toBe(true);
		book.giveBack('a');
	}
	expect(take('a', 9)).toBe(3);
});

it('tells of the others in one row a key, when the window is over', () => {
	const since = new Date(start);
	take('a', 9);
	for (let index = 0; index < 7; index += 1) book.count('a', entryFrom('192.0.2.1'), since);
	book.count('b', entryFrom('192.0.2.2'), since);
	book.flush({ now: start + 9 * minute });
	expect(rows).toEqual([]);
	book.flush({ now: start + 10 * minute });
	const detail = (tries: number) => JSON.stringify({ tries, since: since.toISOString() });
	expect(told()).toEqual([
		{ ip: '192.0.2.1', detail: detail(7), outcome: 'failed' },
		{ ip: '192.0.2.2', detail: detail(1), outcome: 'failed' },
	]);
	book.flush({ isForced: true });
	expect(rows).toHaveLength(2);
});

it('puts the keys beyond twenty together, without an address', () => {
	for (let index = 0; index < 50; index += 1) book.count(`key ${index}`, entryFrom(`192.0.2.${index}`));
	book.flush({ isForced: true });
	expect(rows).toHaveLength(21);
	expect(rows.at(-1)?.entry).toMatchObject({ ip: null, detail: expect.stringContaining('"tries":30') });
});

it('keeps what could not be written for the next time', () => {
	let isFull = true;
	const full = new Attempts({
		...{ outcome: 'denied', perKey: 0, total: 0 },
		audit: {
			intent(entry) {
				if (isFull) throw new Error('full');
				return rows.push({ entry, outcome: null }) - 1;
			},
			outcome: () => {},
		},
	});
	full.count('a', entryFrom('192.0.2.1'));
	expect(() => full.flush({ isForced: true })).toThrow('full');
	isFull = false;
	full.flush({ isForced: true });
	expect(rows).toHaveLength(1);
});
