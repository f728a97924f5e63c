import { setImmediate } from 'node:timers/promises';
import type { Audit } from '../audit/audit';
import type { ChainSummary } from '../audit/chain-watch';
import type { Db } from '../db/client';
import { exportHeader, exportLine, type ExportFormat } from './export';
import { listEntries, type EntryPage } from './repository';
import type { ActivityEntry, ActivityFilter } from './schema';

const EXPORT_MAX_ROWS = 10_000;
const EXPORT_BATCH = 500;

export type ActivityDeps = { db: Db; audit: Audit };

/**
 * A page of the actions of a project, or of none, newest first, and whether the whole record is still unchanged. `nextCursor` null: it is the last; else
 * there is more to look through, also where this page is empty.
 */
export async function listActivity(
	{ db, audit }: ActivityDeps,
	filter: ActivityFilter,
	page: { cursor: number | null; limit: number },
): Promise<{ entries: ActivityEntry[]; nextCursor: number | null; chain: ChainSummary }> {
	const { entries, nextBefore } = listEntries(db, filter, { before: page.cursor, limit: page.limit });
	return { entries, nextCursor: nextBefore, chain: await audit.summary() };
}

export type ActivityExport = {
	fileName: string;
	contentType: string;
	text: string;
	rows: number;
	/** More entries match than `EXPORT_MAX_ROWS`: the newest ones are in it. */
	isTruncated: boolean;
};

/**
 * The matching actions as a file, newest first, at most `maxRows`; reads in batches so that other requests are answered meanwhile.
 */
export async function exportActivity(
	{ db }: Pick<ActivityDeps, 'db'>,
	filter: ActivityFilter,
	{ format, maxRows = EXPORT_MAX_ROWS }: { format: ExportFormat; maxRows?: number },
): Promise<ActivityExport> {
	const lines: string[] = [];
	let before: number | null = null;
	let hasMore = true;
	while (hasMore && lines.length < maxRows) {
		const limit = Math.min(EXPORT_BATCH, maxRows - lines.length);
		const batch: EntryPage = listEntries(db, filter, { before, limit });
		for (const entry of batch.entries) lines.push(exportLine(format, entry));
		before = batch.nextBefore;
		hasMore = before !== null;
		await setImmediate();
	}
	const day = new Date().toISOString().slice(0, 10);
	return {
		fileName: `activity-${day}.${format}`,
		contentType: format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8',
		text: exportHeader(format) + lines.join(''),
		rows: lines.length,
		isTruncated: hasMore,
	};
}
