import type { ErrorCode } from '$lib/shared/error-codes';
import type { AppError } from '../../errors';
import { EngineFault, refusalError } from '../fault';

const byCode: Record<string, ErrorCode> = {
	BucketAlreadyExists: 'BUCKET_EXISTS',
	NoSuchBucket: 'BUCKET_NOT_FOUND',
	BucketNotEmpty: 'BUCKET_NOT_EMPTY',
	InvalidBucketName: 'NAME_INVALID',
	NoSuchAccessKey: 'STORAGE_KEY_NOT_FOUND',
	KeyAlreadyExists: 'STORAGE_KEY_EXISTS',
};

const retryLater = new Set([500, 502, 503, 504]);

/** What a refusal of the admin API means; its message may quote what was sent, so only its code is kept. */
export function refusedBy(reply: { status: number; code: string }): AppError {
	const fault = new EngineFault(`refused with ${reply.status} ${reply.code}`, {
		name: 'GarageFault',
		refused: undefined,
	});
	return refusalError(fault, {
		isLogin: reply.status === 401 || reply.status === 403,
		code: retryLater.has(reply.status) ? 'ENGINE_NOT_READY' : byCode[reply.code],
		details: { code: reply.code },
	});
}
