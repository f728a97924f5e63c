import type { ErrorCode } from '$lib/shared/error-codes';
import type { AppError } from '../../errors';
import { refusalBy } from '../s3-family/admin-api';

const codes: Record<string, ErrorCode> = {
	BucketAlreadyExists: 'BUCKET_EXISTS',
	NoSuchBucket: 'BUCKET_NOT_FOUND',
	BucketNotEmpty: 'BUCKET_NOT_EMPTY',
	InvalidBucketName: 'NAME_INVALID',
	NoSuchAccessKey: 'STORAGE_KEY_NOT_FOUND',
	KeyAlreadyExists: 'STORAGE_KEY_EXISTS',
};

/** What a refusal of the admin API means. */
export function refusedBy(reply: { status: number; code: string }): AppError {
	return refusalBy(reply, { name: 'GarageFault', codes });
}
