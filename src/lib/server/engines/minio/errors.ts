import type { ErrorCode } from '$lib/shared/error-codes';
import type { AppError } from '../../errors';
import { EngineFault, refusalError } from '../fault';

const byCode: Record<string, ErrorCode> = {
	NoSuchBucket: 'BUCKET_NOT_FOUND',
	XMinioAdminNoSuchUser: 'STORAGE_KEY_NOT_FOUND',
	XMinioAdminNoSuchPolicy: 'STORAGE_KEY_NOT_FOUND',
	XMinioServerNotInitialized: 'ENGINE_NOT_READY',
	XMinioIAMNotInitialized: 'ENGINE_NOT_READY',
};

const retryLater = new Set([500, 502, 503, 504]);

/** What a refusal of the admin API means; its message may quote what was sent, so only its code is kept. */
export function refusedBy(reply: { status: number; code: string }): AppError {
	const fault = new EngineFault(`refused with ${reply.status} ${reply.code}`, {
		name: 'MinioFault',
		refused: undefined,
	});
	const known = byCode[reply.code];
	return refusalError(fault, {
		isLogin: known === undefined && (reply.status === 401 || reply.status === 403),
		code: known ?? (retryLater.has(reply.status) ? 'ENGINE_NOT_READY' : undefined),
		details: { code: reply.code },
	});
}
