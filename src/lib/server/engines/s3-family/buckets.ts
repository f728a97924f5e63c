import {
	CreateBucketCommand,
	DeleteBucketCommand,
	ListBucketsCommand,
	type S3Client,
} from '@aws-sdk/client-s3';
import { AppError } from '../../errors';
import { toS3Error } from './client';

/** All that the login may see, as they are now. */
export async function listS3Buckets(s3: S3Client): Promise<{ name: string; createdAt: Date | null }[]> {
	try {
		const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
		return Buckets.flatMap(({ Name, CreationDate }) =>
			Name === undefined ? [] : [{ name: Name, createdAt: CreationDate ?? null }],
		);
	} catch (error) {
		throw toS3Error(error);
	}
}

/** As `StorageAdmin.bucketNames`. */
export async function listS3BucketNames(s3: S3Client): Promise<string[]> {
	return (await listS3Buckets(s3)).map(({ name }) => name).sort();
}

/** As `StorageAdmin.bucketId`: S3 knows a bucket by nothing but its name and when it was made. Throws BUCKET_NOT_FOUND. */
export async function getS3BucketId(s3: S3Client, bucket: string): Promise<string> {
	const found = (await listS3Buckets(s3)).find(({ name }) => name === bucket);
	if (!found) throw new AppError('BUCKET_NOT_FOUND');
	return found.createdAt?.toISOString() ?? '';
}

/** Throws BUCKET_EXISTS. */
export async function createS3Bucket(s3: S3Client, bucket: string): Promise<void> {
	try {
		await s3.send(new CreateBucketCommand({ Bucket: bucket }));
	} catch (error) {
		throw toS3Error(error);
	}
}

/** Throws BUCKET_NOT_FOUND, BUCKET_NOT_EMPTY. */
export async function removeS3Bucket(s3: S3Client, bucket: string): Promise<void> {
	try {
		await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
	} catch (error) {
		throw toS3Error(error);
	}
}
