import { TransferFault } from '../engines/s3-family/copy/client';
import { AppError, isAppError } from '../errors';
import { traitsOf, type StorageDeps, type StorageService } from './deps';

/** Of a full bucket: an object is denied, and a folder is said to have failed. */
const denials: unknown[] = ['AccessDenied', 'InternalError'];

function isDenial(error: unknown): boolean {
	if (error instanceof TransferFault) return error.role === 'target' && denials.includes(error.code);
	if (isAppError(error, 'ENGINE_REFUSED')) return denials.includes(error.details.code);
	return isAppError(error, 'ENGINE_UNREACHABLE') && error.details.reason === 'login';
}

/**
 * What kept a key of sh0's own from writing: it has the right, so that an engine that denies when a bucket is full means that. Gives
 * STORAGE_QUOTA_EXCEEDED, or the error itself.
 */
export async function writeFailure<S extends StorageService>(
	deps: Pick<StorageDeps<S>, 'broker' | 'engineById'>,
	{ service, bucket }: { service: S; bucket: string },
	error: unknown,
): Promise<unknown> {
	if (!traitsOf(deps, service).deniesWhenFull || !isDenial(error)) return error;
	const isFull = await deps.broker
		.storageAdmin(service)
		.then((admin) => admin.findBucket(bucket))
		.then((found) => (found?.sizeBytes ?? 0) >= (found?.quota.maxBytes ?? Infinity))
		// It cannot be told: what is known stays.
		.catch(() => false);
	return isFull ? new AppError('STORAGE_QUOTA_EXCEEDED', { cause: error }) : error;
}
