import type { ErrorCode } from '$lib/shared/error-codes';
import type { AppError } from '../../errors';
import { refusalBy } from '../s3-family/admin-api';

const codes: Record<string, ErrorCode> = {
	NoSuchBucket: 'BUCKET_NOT_FOUND',
	NoSuchEntity: 'STORAGE_KEY_NOT_FOUND',
	EntityAlreadyExists: 'STORAGE_KEY_EXISTS',
};

/** What a refusal of the account API or of a bucket's own settings means. */
export function refusedBy(reply: { status: number; code: string }): AppError {
	return refusalBy(reply, { name: 'SeaweedFault', codes });
}
