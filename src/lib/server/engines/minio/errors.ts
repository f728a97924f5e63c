import type { ErrorCode } from '$lib/shared/error-codes';
import type { AppError } from '../../errors';
import { refusalBy } from '../s3-family/admin-api';

const codes: Record<string, ErrorCode> = {
	NoSuchBucket: 'BUCKET_NOT_FOUND',
	XMinioAdminNoSuchUser: 'STORAGE_KEY_NOT_FOUND',
	XMinioAdminNoSuchPolicy: 'STORAGE_KEY_NOT_FOUND',
	XMinioServerNotInitialized: 'ENGINE_NOT_READY',
	XMinioIAMNotInitialized: 'ENGINE_NOT_READY',
};

/** What a refusal of the admin API means. */
export function refusedBy(reply: { status: number; code: string }): AppError {
	return refusalBy(reply, { name: 'MinioFault', codes });
}
