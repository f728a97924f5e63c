import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { LookupFunction } from 'node:net';
import { pipeline, Readable, Transform } from 'node:stream';
import { ListBucketsCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { HttpRequest, HttpResponse } from '@smithy/core/protocols';
import { isDenial } from '$lib/shared/s3-denials';
import { isTlsBreak, isTlsCode } from '$lib/shared/tls-codes';
import { AppError } from '../../../errors';
import type { Secret } from '../../../secret';
import { isNameless, isNetworkError, refusalCode } from '../client';

export type CopyLogin = {
	endpoint: string;
	region: string;
	accessKeyId: string;
	secret: Secret;
	isPathStyle: boolean;
	/** Gives the one address that a name stands for; by default the system is asked. */
	lookup?: LookupFunction;
};

/** One bucket of one of the two servers. */
export type Side = { role: 'source' | 'target'; s3: S3Client; bucket: string };

/** Lists and documents of settings; a page of a thousand keys has less than a quarter of it. */
const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
export const CALL_LIMIT_MS = 30_000;
/** To put thousands of parts together takes a server longer than to answer anything else. */
export const COMPLETION_LIMIT_MS = 5 * 60_000;

/** The SDK would tell the console of each stream that ends early. */
const silence = (): void => undefined;
const quiet = { trace: silence, debug: silence, info: silence, warn: silence, error: silence };

/**
 * A client for a copy: no limit to how long a body takes (whoever streams watches that it moves), no redirects, no second attempts, and no
 * more of an answer than a document can have.
 */
export function openCopyClient(login: CopyLogin, most = 8): S3Client {
	const { endpoint, region, accessKeyId, secret, isPathStyle, lookup } = login;
	const connections = {
		...{ keepAlive: true, maxSockets: most, maxFreeSockets: most },
		...(lookup === undefined ? {} : { lookup }),
	};
	const s3 = new S3Client({
		...{ endpoint, region, forcePathStyle: isPathStyle, maxAttempts: 1 },
		credentials: { accessKeyId, secretAccessKey: secret.reveal() },
		...{ requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED' },
		logger: quiet,
		requestHandler: {
			httpAgent: new HttpAgent(connections),
			httpsAgent: new HttpsAgent(connections),
			connectionTimeout: 10_000,
		},
	});
	s3.middlewareStack.add(
		(next, context) => async (args) => {
			asBytes(args.request);
			const result = await next(args);
			bound(result.response, context.commandName);
			return result;
		},
		{ step: 'deserialize', priority: 'low', name: 'boundDocument' },
	);
	return s3;
}

/** Node sends each letter of a header as one byte, but what was signed is UTF-8. */
function asBytes(request: unknown): void {
	if (!HttpRequest.isInstance(request)) return;
	for (const [name, value] of Object.entries(request.headers))
		request.headers[name] = Buffer.from(value, 'utf8').toString('latin1');
}

/** Ends an answer that is longer than any document, or slower. An object's bytes are none, but what is said in their place is. */
function bound(response: unknown, command: string | undefined): void {
	if (!HttpResponse.isInstance(response)) return;
	if (command === 'GetObjectCommand' && response.statusCode < 300) return;
	const body: unknown = response.body;
	if (!(body instanceof Readable)) return;
	const isCompletion = command === 'CompleteMultipartUploadCommand';
	const bounded = new Bounded(isCompletion ? COMPLETION_LIMIT_MS : CALL_LIMIT_MS);
	// Whoever reads `bounded` is told of what goes wrong.
	pipeline(body, bounded, () => undefined);
	response.body = bounded;
}

/** What was waited for did not come in time; by this name it counts as a fault of the way there. */
export class NotInTime extends Error {
	override readonly name = 'TimeoutError';
}

class AnswerTooLong extends Error {}

class Bounded extends Transform {
	#size = 0;
	readonly #limit: NodeJS.Timeout;

	constructor(limitMs: number) {
		super();
		// Once the head has arrived, the SDK's own signal ends nothing any more.
		this.#limit = setTimeout(() => this.destroy(new NotInTime('the answer is too slow')), limitMs);
	}

	override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
		this.#size += chunk.length;
		if (this.#size > MAX_DOCUMENT_BYTES) return done(new AnswerTooLong('the answer is too long'));
		this.push(chunk);
		done();
	}

	override _destroy(error: Error | null, done: (error: Error | null) => void): void {
		clearTimeout(this.#limit);
		done(error);
	}
}

/** The names by which servers say that they cannot just now. */
const awayNames = new Set([
	...['SlowDown', 'ServiceUnavailable', 'RequestTimeout', 'InternalError', 'Busy'],
	...['TooManyRequests', 'Http408', 'Http429'],
]);
const loginNames = new Set([
	'InvalidAccessKeyId',
	'SignatureDoesNotMatch',
	'RequestTimeTooSkewed',
	'AuthorizationHeaderMalformed',
]);

/**
 * What one of the two servers did not do. `away`: it did not answer, or not just now. `login`: it does not know the key, or lets it do
 * nothing. `refused`: this request alone; `name` is the server's word for it.
 */
export class TransferFault extends Error {
	readonly role: Side['role'];
	readonly kind: 'away' | 'login' | 'refused';
	readonly code: string;

	constructor(role: Side['role'], kind: TransferFault['kind'], code: string, cause?: unknown) {
		super(`the ${role}: ${code}`, { cause });
		this.name = 'TransferFault';
		this.role = role;
		this.kind = kind;
		this.code = code;
	}

	/** True for a right that is missing. */
	get isDenial(): boolean {
		return this.kind === 'refused' && isDenial(this.code);
	}
}

/** OpenSSL's reason, which Node has in the text alone when it fails to write. */
const WRITE_REASON = /:SSL routines:\w*:([\w ]+):/;

/** As Node calls it when it fails to read; null for what is not of TLS. */
function tlsCodeOf(error: Error): string | null {
	const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
	const reason = code === 'EPROTO' ? WRITE_REASON.exec(error.message)?.[1] : undefined;
	const name = reason === undefined ? code : `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`;
	return isTlsCode(name) || isTlsBreak(name) ? name : null;
}

/**
 * What a failed call to a side means. A refusal's own text may quote what was sent, so only its name is kept. What came neither from the
 * server nor from the way there is a mistake of ours, and stays what it is: to try again would not help.
 */
export function faultOf(role: Side['role'], error: unknown): Error {
	if (error instanceof TransferFault || error instanceof AppError) return error;
	if (error instanceof S3ServiceException) return refusalOf(role, error);
	if (!(error instanceof Error)) return new Error(`the ${role}: no error was thrown`, { cause: error });
	if (error instanceof AnswerTooLong) return new TransferFault(role, 'refused', 'AnswerTooLong', error);
	const tlsCode = tlsCodeOf(error);
	if (tlsCode !== null && isTlsCode(tlsCode)) return new TransferFault(role, 'refused', tlsCode, error);
	return tlsCode !== null || isNetworkError(error)
		? new TransferFault(role, 'away', 'unreachable', error)
		: error;
}

function refusalOf(role: Side['role'], error: S3ServiceException): TransferFault {
	const status = error.$metadata.httpStatusCode ?? 0;
	const name = nameOf(error, status);
	if (loginNames.has(name)) return new TransferFault(role, 'login', name);
	const isAway = awayNames.has(name) || (status >= 500 && status !== 501 && status !== 507);
	return new TransferFault(role, isAway ? 'away' : 'refused', name);
}

/** A full disk and a full quota have no name of their own everywhere; answers to HEAD have none at all. */
function nameOf(error: S3ServiceException, status: number): string {
	const { name, message } = error;
	// Their texts count here under any name.
	const code = refusalCode('AccessDenied', message) ?? refusalCode(name, message);
	if (code === 'STORAGE_FULL') return 'StorageFull';
	if (code === 'STORAGE_QUOTA_EXCEEDED') return 'QuotaExceeded';
	// One server has a denial alone for a key that it does not know.
	if (name === 'AccessDenied' && /invalid signature|no such key:/i.test(message))
		return 'SignatureDoesNotMatch';
	if (status === 412) return 'PreconditionFailed';
	if (name === 'NotFound' || isNameless(error)) return status === 404 ? 'NoSuchKey' : `Http${status}`;
	return /^[A-Za-z][A-Za-z0-9]{0,60}$/.test(name) ? name : `Http${status}`;
}

/** Asks one side for something that is short. Throws TransferFault, and at once the signal's reason when that aborts. */
export async function ask<T>(
	role: Side['role'],
	signal: AbortSignal,
	call: (options: { abortSignal: AbortSignal }) => Promise<T>,
	limitMs = CALL_LIMIT_MS,
): Promise<T> {
	const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
	try {
		return await unlessAborted(abortSignal, call({ abortSignal }));
	} catch (error) {
		signal.throwIfAborted();
		throw faultOf(role, error);
	}
}

/** Rejects as soon as the signal aborts: the SDK heeds it only until the answer's head has arrived. */
export async function unlessAborted<T>(signal: AbortSignal, answer: Promise<T>): Promise<T> {
	const settled = new AbortController();
	const aborted = new Promise<never>((_resolve, reject) => {
		const end = () => reject(new NotInTime('aborted', { cause: signal.reason }));
		if (signal.aborted) end();
		else signal.addEventListener('abort', end, { signal: settled.signal });
	});
	try {
		return await Promise.race([answer, aborted]);
	} finally {
		settled.abort();
	}
}

/** The names of all buckets that the key may list; at most 10,000. Throws TransferFault. */
export async function listBucketNames(s3: S3Client, signal: AbortSignal): Promise<string[]> {
	const { Buckets = [] } = await ask('source', signal, (options) =>
		s3.send(new ListBucketsCommand({}), options),
	);
	return Buckets.flatMap(({ Name }) => (Name === undefined ? [] : [Name])).slice(0, 10_000);
}
