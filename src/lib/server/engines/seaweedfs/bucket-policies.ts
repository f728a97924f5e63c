import type { S3Client } from '../s3-family/client';
import { getBucketPolicy, setBucketPolicy } from '../s3-family/bucket-settings';
import { nullOn } from '../../errors';
import { readPolicy, writePolicy, type BucketRights } from './policies';

const nothing: BucketRights = { grants: [], isPublicRead: false, others: [] };

/** Throws BUCKET_NOT_FOUND. */
export async function getRights(s3: S3Client, bucket: string): Promise<BucketRights> {
	return readPolicy(bucket, await getBucketPolicy(s3, bucket));
}

/** As `getRights`, for one of many buckets, which may go meanwhile. */
export async function findRights(s3: S3Client, bucket: string): Promise<BucketRights> {
	return (await nullOn('BUCKET_NOT_FOUND', getRights(s3, bucket))) ?? nothing;
}

/** Reads, changes and writes a bucket's rights if that changes them; one at a time, by the caller's turn. Throws BUCKET_NOT_FOUND. */
export async function changeRights(
	s3: S3Client,
	bucket: string,
	change: (current: BucketRights) => BucketRights,
): Promise<void> {
	const current = await getRights(s3, bucket);
	const next = writePolicy(bucket, change(current));
	if (next !== writePolicy(bucket, current)) await setBucketPolicy(s3, bucket, next);
}
