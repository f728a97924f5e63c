import { and, asc, count, desc, eq, ne, notInArray } from 'drizzle-orm';
import { writeTransaction, type Db } from '../../db/client';
import { storageCopies, storageCopyBuckets, storageCopyFindings } from '../../db/schema/index';

export type CopyRow = typeof storageCopies.$inferSelect;
export type NewCopy = typeof storageCopies.$inferInsert;
export type BucketRow = typeof storageCopyBuckets.$inferSelect;
export type FindingRow = typeof storageCopyFindings.$inferSelect;

/** Of each copy so many findings are kept; the counters go on. */
export const MAX_FINDINGS = 1_000;

/** Of each service so many copies are kept, and those that are not over. */
export const MAX_COPIES = 20;

/** Forgets the service's oldest ones. */
export function insertCopy(
	tx: Db,
	copy: NewCopy,
	buckets: readonly { source: string; target: string }[],
): void {
	tx.insert(storageCopies).values(copy).run();
	const rows = buckets.map((bucket, position) => ({ copyId: copy.id, position, ...bucket }));
	for (const row of rows) tx.insert(storageCopyBuckets).values(row).run();
	const newest = listCopies(tx, copy.serviceId)
		.slice(0, MAX_COPIES)
		.map(({ id }) => id);
	tx.delete(storageCopies)
		.where(
			and(
				eq(storageCopies.serviceId, copy.serviceId),
				notInArray(storageCopies.id, newest),
				notInArray(storageCopies.state, ['running', 'paused']),
			),
		)
		.run();
}

export function findCopy(db: Db, id: string): CopyRow | undefined {
	return db.select().from(storageCopies).where(eq(storageCopies.id, id)).get();
}

/** All that are kept, newest first. */
export function listCopies(db: Db, serviceId: string): CopyRow[] {
	return db
		.select()
		.from(storageCopies)
		.where(eq(storageCopies.serviceId, serviceId))
		.orderBy(desc(storageCopies.createdAt), desc(storageCopies.id))
		.all();
}

export function updateCopy(db: Db, id: string, values: Partial<CopyRow>): void {
	db.update(storageCopies).set(values).where(eq(storageCopies.id, id)).run();
}

export function listCopyBuckets(db: Db, copyId: string): BucketRow[] {
	return db
		.select()
		.from(storageCopyBuckets)
		.where(eq(storageCopyBuckets.copyId, copyId))
		.orderBy(asc(storageCopyBuckets.position))
		.all();
}

/** True while parts of objects may be left on the target. */
export function hasUploads(db: Db, copyId: string): boolean {
	return listCopyBuckets(db, copyId).some(({ uploads }) => Object.keys(uploads).length > 0);
}

const ofBucket = ({ copyId, position }: Pick<BucketRow, 'copyId' | 'position'>) =>
	and(eq(storageCopyFindings.copyId, copyId), eq(storageCopyFindings.position, position));

function updateCopyBucket(tx: Db, row: BucketRow): void {
	const { copyId, position } = row;
	tx.update(storageCopyBuckets)
		.set(row)
		.where(and(eq(storageCopyBuckets.copyId, copyId), eq(storageCopyBuckets.position, position)))
		.run();
}

/** Stores how far a bucket is, with the findings since the last time, all or nothing. */
export function saveProgress(db: Db, row: BucketRow, findings: readonly FindingRow[]): void {
	writeTransaction(db, (tx) => {
		updateCopyBucket(tx, row);
		keepFindings(tx, row, findings);
	});
}

/** Stores what a comparison of a bucket has found in place of what only one can tell, all or nothing. */
export function saveComparison(db: Db, row: BucketRow, findings: readonly FindingRow[]): void {
	writeTransaction(db, (tx) => {
		updateCopyBucket(tx, row);
		tx.delete(storageCopyFindings)
			.where(and(ofBucket(row), ne(storageCopyFindings.finding, 'refused')))
			.run();
		keepFindings(tx, row, findings);
	});
}

/** As many as there is room for. */
function keepFindings(tx: Db, { copyId }: BucketRow, findings: readonly FindingRow[]): void {
	let room = findings.length === 0 ? 0 : MAX_FINDINGS - countFindings(tx, copyId);
	for (const { finding, reason, ...place } of findings) {
		if (room <= 0) return;
		room -= 1;
		tx.insert(storageCopyFindings)
			.values({ ...place, finding, reason })
			.onConflictDoUpdate({
				target: [storageCopyFindings.copyId, storageCopyFindings.position, storageCopyFindings.key],
				set: { finding, reason },
			})
			.run();
	}
}

function countFindings(db: Db, copyId: string): number {
	const where = eq(storageCopyFindings.copyId, copyId);
	return db.select({ found: count() }).from(storageCopyFindings).where(where).get()?.found ?? 0;
}

/** What was found of one bucket, by key. */
export function findingsOf(db: Db, bucket: Pick<BucketRow, 'copyId' | 'position'>): Map<string, FindingRow> {
	const rows = db.select().from(storageCopyFindings).where(ofBucket(bucket)).all();
	return new Map(rows.map((row) => [row.key, row]));
}

/** All that was found of a copy, by bucket and key; at most `MAX_FINDINGS`. */
export function listFindings(db: Db, copyId: string): FindingRow[] {
	return db
		.select()
		.from(storageCopyFindings)
		.where(eq(storageCopyFindings.copyId, copyId))
		.orderBy(asc(storageCopyFindings.position), asc(storageCopyFindings.key))
		.all();
}
