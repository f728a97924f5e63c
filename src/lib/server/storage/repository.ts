import { and, asc, eq, gte, lt } from 'drizzle-orm';
import type { Db } from '../db/client';
import { bucketQuotas, bucketSizes } from '../db/schema/index';

export type SizePoint = { at: Date; sizeBytes: number };
export type BucketQuotaRow = typeof bucketQuotas.$inferSelect;
type BucketSizeRow = typeof bucketSizes.$inferInsert;

/** Keeps what a bucket holds as that day's; a later look at the same day takes its place. */
export function putBucketSize(db: Db, row: BucketSizeRow): void {
	db.insert(bucketSizes)
		.values(row)
		.onConflictDoUpdate({
			target: [bucketSizes.serviceId, bucketSizes.bucket, bucketSizes.day],
			set: { sizeBytes: row.sizeBytes },
		})
		.run();
}

/** What one bucket held from that day on, oldest first. */
export function listBucketSizes(
	db: Db,
	{ serviceId, bucket, since }: { serviceId: string; bucket: string; since: Date },
): SizePoint[] {
	return db
		.select({ at: bucketSizes.day, sizeBytes: bucketSizes.sizeBytes })
		.from(bucketSizes)
		.where(
			and(eq(bucketSizes.serviceId, serviceId), eq(bucketSizes.bucket, bucket), gte(bucketSizes.day, since)),
		)
		.orderBy(asc(bucketSizes.day))
		.all();
}

export function deleteBucketSizesBefore(db: Db, day: Date): void {
	db.delete(bucketSizes).where(lt(bucketSizes.day, day)).run();
}

/** The quotas that people set for the buckets of a server with a data limit. */
export function listBucketQuotas(db: Db, serviceId: string): BucketQuotaRow[] {
	return db.select().from(bucketQuotas).where(eq(bucketQuotas.serviceId, serviceId)).all();
}

/** The ids of the services that have any. */
export function listServicesWithQuotas(db: Db): Set<string> {
	const rows = db.selectDistinct({ id: bucketQuotas.serviceId }).from(bucketQuotas).all();
	return new Set(rows.map(({ id }) => id));
}

export function putBucketQuota(db: Db, row: BucketQuotaRow): void {
	const { madeAt, maxBytes, maxObjects } = row;
	db.insert(bucketQuotas)
		.values(row)
		.onConflictDoUpdate({
			target: [bucketQuotas.serviceId, bucketQuotas.bucket],
			set: { madeAt, maxBytes, maxObjects },
		})
		.run();
}

export function deleteBucketQuota(
	db: Db,
	{ serviceId, bucket }: Pick<BucketQuotaRow, 'serviceId' | 'bucket'>,
): void {
	db.delete(bucketQuotas)
		.where(and(eq(bucketQuotas.serviceId, serviceId), eq(bucketQuotas.bucket, bucket)))
		.run();
}
