import type { ErrorCode } from '$lib/shared/error-codes';
import type { AppError } from '../../errors';
import { EngineFault, refusalError } from '../fault';

const byCode: Record<string, ErrorCode> = {
	NoSuchBucket: 'BUCKET_NOT_FOUND',
	NoSuchEntity: 'STORAGE_KEY_NOT_FOUND',
	EntityAlreadyExists: 'STORAGE_KEY_EXISTS',
};

const retryLater = new Set([500, 502, 503, 504]);

/** What a refusal of the account API or of a bucket's own settings means; its message may quote what was sent, so only its code is kept. */
export function refusedBy(reply: { status: number; code: string }): AppError {
	const fault = new EngineFault(`refused with ${reply.status} ${reply.code}`, {
		name: 'SeaweedFault',
		refused: undefined,
	});
	return refusalError(fault, {
		isLogin: reply.status === 401 || reply.status === 403,
		code: byCode[reply.code] ?? (retryLater.has(reply.status) ? 'ENGINE_NOT_READY' : undefined),
		details: { code: reply.code },
	});
}
