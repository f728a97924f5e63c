import { and, asc, eq, gte, lt, sql } from 'drizzle-orm';
import type { Db } from '../db/client';
import { bucketSizes } from '../db/schema/index';

export type SizePoint = { at: Date; sizeBytes: number; objects: number };
export type BucketSizeRow = typeof bucketSizes.$inferInsert;

/** Keeps what a bucket holds as that day's; a later look at the same day takes its place. */
export function putBucketSize(db: Db, row: BucketSizeRow): void {
	const { sizeBytes, objects } = row;
	db.insert(bucketSizes)
		.values(row)
		.onConflictDoUpdate({
			target: [bucketSizes.serviceId, bucketSizes.bucket, bucketSizes.day],
			set: { sizeBytes, objects },
		})
		.run();
}

/** What one bucket held from that day on, oldest first. */
export function listBucketSizes(
	db: Db,
	{ serviceId, bucket, since }: { serviceId: string; bucket: string; since: Date },
): SizePoint[] {
	return db
		.select({ at: bucketSizes.day, sizeBytes: bucketSizes.sizeBytes, objects: bucketSizes.objects })
		.from(bucketSizes)
		.where(
			and(eq(bucketSizes.serviceId, serviceId), eq(bucketSizes.bucket, bucket), gte(bucketSizes.day, since)),
		)
		.orderBy(asc(bucketSizes.day))
		.all();
}

/** What all buckets of a server held together from that day on, oldest first. */
export function listServerSizes(
	db: Db,
	{ serviceId, since }: { serviceId: string; since: Date },
): SizePoint[] {
	return db
		.select({
			at: bucketSizes.day,
			sizeBytes: sql<number>`sum(${bucketSizes.sizeBytes})`,
			objects: sql<number>`sum(${bucketSizes.objects})`,
		})
		.from(bucketSizes)
		.where(and(eq(bucketSizes.serviceId, serviceId), gte(bucketSizes.day, since)))
		.groupBy(bucketSizes.day)
		.orderBy(asc(bucketSizes.day))
		.all();
}

export function deleteBucketSizesBefore(db: Db, day: Date): void {
	db.delete(bucketSizes).where(lt(bucketSizes.day, day)).run();
}
