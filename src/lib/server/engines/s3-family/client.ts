import { Agent } from 'node:http';
import { NoSuchBucket, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { ErrorCode } from '$lib/shared/error-codes';
import { AppError } from '../../errors';
import type { Secret } from '../../secret';
import { EngineFault, refusalError } from '../fault';

export type { S3Client };

export type S3Login = { endpoint: string; region: string; user: string; secret: Secret };

/** An S3 client with few connections and an end to each call. Checksums beyond S3's own are not all engines' business. */
export function openS3({ endpoint, region, user, secret }: S3Login, most = 4): S3Client {
	return new S3Client({
		endpoint,
		region,
		forcePathStyle: true,
		credentials: { accessKeyId: user, secretAccessKey: secret.reveal() },
		requestChecksumCalculation: 'WHEN_REQUIRED',
		responseChecksumValidation: 'WHEN_REQUIRED',
		maxAttempts: 2,
		requestHandler: {
			httpAgent: new Agent({ keepAlive: true, maxSockets: most, maxFreeSockets: most }),
			connectionTimeout: 5_000,
			requestTimeout: 30_000,
			throwOnRequestTimeout: true,
		},
	});
}

const byName: Record<string, ErrorCode> = {
	BucketAlreadyExists: 'BUCKET_EXISTS',
	BucketAlreadyOwnedByYou: 'BUCKET_EXISTS',
	NoSuchBucket: 'BUCKET_NOT_FOUND',
	BucketNotEmpty: 'BUCKET_NOT_EMPTY',
	InvalidBucketName: 'NAME_INVALID',
	NoSuchKey: 'OBJECT_NOT_FOUND',
	NotFound: 'OBJECT_NOT_FOUND',
	NoSuchUpload: 'UPLOAD_NOT_FOUND',
	KeyTooLongError: 'OBJECT_KEY_INVALID',
	XMinioInvalidObjectName: 'OBJECT_KEY_INVALID',
	// An object and a folder of one name are not for every engine.
	XMinioParentIsObject: 'OBJECT_KEY_INVALID',
	XMinioObjectExistsAsDirectory: 'OBJECT_KEY_INVALID',
	ExistingObjectIsDirectory: 'OBJECT_KEY_INVALID',
	ExistingObjectIsFile: 'OBJECT_KEY_INVALID',
	XMinioAdminBucketQuotaExceeded: 'STORAGE_QUOTA_EXCEEDED',
	XMinioStorageFull: 'STORAGE_FULL',
	SlowDown: 'ENGINE_NOT_READY',
	ServiceUnavailable: 'ENGINE_NOT_READY',
	XMinioServerNotInitialized: 'ENGINE_NOT_READY',
};

const loginRefusals = new Set(['AccessDenied', 'InvalidAccessKeyId', 'SignatureDoesNotMatch']);

/** True for a refusal by this name. */
export function isRefusal(error: unknown, ...names: string[]): boolean {
	return error instanceof S3ServiceException && names.includes(nameOf(error));
}

/** Which refusal of an engine's own kind this is: a full quota has no name in S3, so that one engine says it in a denial's text. */
export function refusalCode(name: string, message: string): ErrorCode | undefined {
	if (name === 'AccessDenied' && / quota is reached/.test(message)) return 'STORAGE_QUOTA_EXCEEDED';
	if (/no space left on device/i.test(message)) return 'STORAGE_FULL';
	return byName[name];
}

/** System errors, such as ECONNREFUSED and EAI_AGAIN, and what Node's HTTP says of an answer that is none. */
const NETWORK_CODE = /^(?!ERR_)E[A-Z_]+$|^HPE_|^ERR_STREAM_PREMATURE_CLOSE$/;

/** True when there was no answer, not in time, not a whole one, or none of an S3: the SDK hands on what it could not read. */
export function isNetworkError(error: Error): boolean {
	if (error.name === 'TimeoutError' || error.name === 'AbortError' || '$response' in error) return true;
	return 'code' in error && typeof error.code === 'string' && NETWORK_CODE.test(error.code);
}

/** True for an answer without a body, as each to HEAD: its status alone says what it means. */
export function isNameless({ name }: S3ServiceException): boolean {
	return name === 'Unknown' || name === 'UnknownError';
}

/** The server cannot just now. */
function isBusy(error: S3ServiceException): boolean {
	const { httpStatusCode: status = 0 } = error.$metadata;
	return isNameless(error) && status >= 500 && status !== 501 && status !== 507;
}

function nameOf(error: S3ServiceException): string {
	if (error instanceof NoSuchBucket) return 'NoSuchBucket';
	const isDenied = error.$metadata.httpStatusCode === 403 && isNameless(error);
	return isDenied ? 'AccessDenied' : error.name;
}

/**
 * What a failed S3 call of ours means; the server's own message may quote what was sent, so only its code is kept. What came neither from
 * the server nor from the way there is a mistake of ours, and stays what it is: to try again would not help.
 */
export function toS3Error(error: unknown): Error {
	if (error instanceof AppError) return error;
	if (!(error instanceof S3ServiceException)) {
		if (!(error instanceof Error)) return new Error('an S3 call threw no error', { cause: error });
		return isNetworkError(error) ? new AppError('ENGINE_UNREACHABLE', { cause: error }) : error;
	}
	const name = nameOf(error);
	const code = refusalCode(name, error.message) ?? (isBusy(error) ? 'ENGINE_NOT_READY' : undefined);
	return refusalError(new EngineFault(`refused with ${name}`, { name: 'S3Fault', refused: error }), {
		isLogin: code === undefined && loginRefusals.has(name),
		code,
		details: { code: name },
	});
}
