import { CreateMultipartUploadCommand, type S3Client } from '@aws-sdk/client-s3';
import { newKey } from '../../engines/s3-family/key-material';
import type { BucketPermission } from '../../engines/storage';
import { isAppError } from '../../errors';
import { appClient, type AppKey } from '../storage-app';
import type { StorageServer } from '../storage-server';

let made = 0;

/** The AppError code an attempt was refused with, or null. */
export async function codeOf(attempt: Promise<unknown>): Promise<string | null> {
	try {
		await attempt;
		return null;
	} catch (error) {
		if (isAppError(error)) return error.code;
		throw error;
	}
}

export function freshName(prefix = 'b'): string {
	made += 1;
	return `${prefix}-${made}-${Date.now().toString(36)}`;
}

/** A new bucket and a new key with these rights in it. */
export async function bucketAndKey(
	server: StorageServer,
	permission: BucketPermission,
): Promise<{ bucket: string; key: AppKey; s3: S3Client }> {
	const bucket = freshName();
	const key = newKey();
	await server.admin().createBucket(bucket);
	await server.admin().keys.import({
		...key,
		description: 'test',
		expiresAt: null,
		permissions: [{ bucket, ...permission }],
	});
	return { bucket, key, s3: appClient(server.endpoint(), key) };
}

/** Every right in a bucket. */
export const full = { read: true, write: true, owner: true };

/** Begins an upload in parts. */
export async function beginUpload(
	s3: S3Client,
	bucket: string,
): Promise<{ Bucket: string; Key: string; UploadId: string }> {
	const started = await s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: 'parts' }));
	return { Bucket: bucket, Key: 'parts', UploadId: started.UploadId ?? '' };
}
