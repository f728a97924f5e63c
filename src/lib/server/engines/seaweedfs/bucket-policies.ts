import { isDeepStrictEqual } from 'node:util';
import type { S3Client } from '../s3-family/client';
import { getBucketPolicy, ignoreAcls, setBucketPolicy } from '../s3-family/bucket-settings';
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

/**
 * Reads, changes and writes a bucket's rights unless it has exactly these; one at a time, by the caller's turn. Nobody gets a right in a
 * bucket that heeds ACLs: any upload could open its object to everybody by one. Throws BUCKET_NOT_FOUND.
 */
export async function changeRights(
	s3: S3Client,
	bucket: string,
	change: (current: BucketRights) => BucketRights,
): Promise<void> {
	const text = await getBucketPolicy(s3, bucket);
	const next = writePolicy(bucket, change(readPolicy(bucket, text)));
	if (isSamePolicy(next, text)) return;
	await ignoreAcls(s3, bucket);
	await setBucketPolicy(s3, bucket, next);
}

function isSamePolicy(one: string | null, other: string | null): boolean {
	if (one === null || other === null) return one === other;
	return isDeepStrictEqual(JSON.parse(one), JSON.parse(other));
}
