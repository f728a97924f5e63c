import { createHash, type Hash } from 'node:crypto';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
	AbortMultipartUploadCommand,
	CompleteMultipartUploadCommand,
	CreateMultipartUploadCommand,
	GetObjectCommand,
	ListPartsCommand,
	PutObjectCommand,
	UploadPartCommand,
	type GetObjectCommandOutput,
} from '@aws-sdk/client-s3';
import type { BegunUpload } from '$lib/shared/storage-copies';
import { ask, CALL_LIMIT_MS, faultOf, TransferFault, type Side } from './client';
import { head, headersOf, type Listed } from './objects';
import { MAX_SINGLE_BYTES, MIN_PART_BYTES, rangesOf, readEtag, type Range } from './pieces';

/** What stands still for so long is given up. */
const IDLE_MS = 60_000;

type TransferWork = {
	signal: AbortSignal;
	/** Told of bytes as they go by. */
	onBytes: (bytes: number) => void;
	/** Told of each part that the target keeps, and how many that makes. */
	onPart: (kept: number) => void;
	/** An upload in parts that an earlier attempt began, and where the present one is kept. */
	upload: { begun: BegunUpload | null; keep: (upload: BegunUpload | null) => void };
};

/** What of an object does not go with it. */
export type Lost = { hasTags: boolean; isLocked: boolean };

/** Bytes on their way: counted, hashed, and watched that they move. */
class Meter extends Transform {
	readonly #hash: Hash = createHash('md5');
	readonly #onBytes: (bytes: number) => void;
	readonly #idle: NodeJS.Timeout;
	sizeBytes = 0;

	constructor(onBytes: (bytes: number) => void) {
		super();
		this.#onBytes = onBytes;
		this.#idle = setTimeout(() => this.destroy(new Error('nothing moves')), IDLE_MS).unref();
	}

	override _transform(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
		this.#idle.refresh();
		this.#hash.update(chunk);
		this.sizeBytes += chunk.length;
		this.#onBytes(chunk.length);
		this.push(chunk);
		done();
	}

	override _destroy(error: Error | null, done: (error: Error | null) => void): void {
		clearTimeout(this.#idle);
		done(error);
	}

	md5(): string {
		return this.#hash.copy().digest('hex');
	}
}

type Piece = { PartNumber?: number; Range?: string };

/** Opens an object, or a piece of it, as it was listed. Throws TransferFault: PreconditionFailed when it is another one by now. */
async function openPiece(
	{ role, s3, bucket }: Side,
	{ key, etag }: Listed,
	piece: Piece,
	signal: AbortSignal,
): Promise<GetObjectCommandOutput & { Body: Readable }> {
	// A limit for the answer's head alone: the body takes as long as it moves.
	const limit = new AbortController();
	const timer = setTimeout(() => limit.abort(), CALL_LIMIT_MS);
	const abortSignal = AbortSignal.any([signal, limit.signal]);
	const condition = etag === '' ? {} : { IfMatch: etag };
	const answer = await s3
		.send(new GetObjectCommand({ Bucket: bucket, Key: key, ...condition, ...piece }), { abortSignal })
		.catch((error: unknown) => {
			signal.throwIfAborted();
			throw faultOf(role, error);
		})
		.finally(() => clearTimeout(timer));
	const { Body, ETag } = answer;
	if (!(Body instanceof Readable)) throw new TransferFault(role, 'refused', 'NoBody');
	if (etag !== '' && ETag !== etag) {
		Body.destroy();
		throw new TransferFault(role, 'refused', 'PreconditionFailed');
	}
	return { ...answer, Body };
}

/** Lets an opened body flow into a request to the target; both end together, whichever fails. */
async function flow<T>(
	source: Side,
	target: Side,
	body: Readable,
	work: TransferWork,
	send: (meter: Meter, abortSignal: AbortSignal) => Promise<T>,
): Promise<{ answer: T; meter: Meter }> {
	const end = new AbortController();
	const signal = AbortSignal.any([work.signal, end.signal]);
	const meter = new Meter(work.onBytes);
	let failure: TransferFault | undefined;
	const failed = ({ role }: Side, error: unknown): undefined => {
		failure ??= faultOf(role, error);
		end.abort();
		body.destroy();
	};
	const reading = pipeline(body, meter, { signal }).catch((error: unknown) => failed(source, error));
	const sending = send(meter, signal).catch((error: unknown) => failed(target, error));
	await reading;
	const timer = setTimeout(() => end.abort(), IDLE_MS);
	const answer = await sending.finally(() => clearTimeout(timer));
	work.signal.throwIfAborted();
	if (failure !== undefined || answer === undefined)
		throw failure ?? new TransferFault(target.role, 'away', 'unreachable');
	return { answer, meter };
}

/**
 * Copies one object with its headers, in the same parts as the source has it, and makes sure that what arrived is what was sent. Throws
 * TransferFault: PreconditionFailed or NoSuchKey of the source when it changed meanwhile, BadDigest when checksums do not agree.
 */
export async function copyObject(
	source: Side,
	target: Side,
	object: Listed,
	work: TransferWork,
): Promise<Lost> {
	const { parts } = readEtag(object.etag);
	const isWhole = parts === null && object.sizeBytes <= MAX_SINGLE_BYTES;
	return isWhole ? copyWhole(source, target, object, work) : copyParts(source, target, object, work);
}

/** The body of an object that has none. */
function drained(stream: Readable): string {
	stream.resume();
	return '';
}

async function copyWhole(source: Side, target: Side, object: Listed, work: TransferWork): Promise<Lost> {
	const got = await openPiece(source, object, {}, work.signal);
	const { ContentLength = object.sizeBytes } = got;
	// Encrypted ones have a checksum of another kind.
	const claimed = got.ServerSideEncryption === undefined ? readEtag(object.etag).md5 : null;
	const assertClaimed = (meter: Meter): void => {
		if (claimed !== null && claimed !== meter.md5())
			throw new TransferFault('source', 'refused', 'BadDigest');
	};
	const { answer, meter } = await flow(source, target, got.Body, work, (stream, abortSignal) => {
		const put = new PutObjectCommand({
			...{ Bucket: target.bucket, Key: object.key, ContentLength },
			// A stream of nothing would be sent without a length, which not every server takes.
			Body: ContentLength === 0 ? drained(stream) : stream,
			// So that the target replaces nothing with other bytes.
			...(claimed === null ? {} : { ContentMD5: Buffer.from(claimed, 'hex').toString('base64') }),
			...headersOf(got),
		});
		return target.s3.send(put, { abortSignal }).catch((error: unknown) => {
			// Each server has its own word for that refusal.
			if (stream.sizeBytes === ContentLength) assertClaimed(stream);
			throw error;
		});
	});
	assertClaimed(meter);
	const md5 = meter.md5();
	if (readEtag(answer.ETag ?? '').md5 !== md5) await readBack(target, object, md5, work.signal);
	return lostOf(got);
}

/** Throws TransferFault with BadDigest unless the target gives these bytes back. */
async function readBack(target: Side, object: Listed, md5: string, signal: AbortSignal): Promise<void> {
	if ((await md5Of(target, { ...object, etag: '' }, signal)) !== md5)
		throw new TransferFault('target', 'refused', 'BadDigest');
}

/** The MD5 of what a server gives for an object. Throws TransferFault. */
export async function md5Of(side: Side, object: Listed, signal: AbortSignal): Promise<string> {
	const { Body } = await openPiece(side, object, {}, signal);
	const meter = new Meter(() => undefined);
	try {
		await pipeline(Body, meter.resume(), { signal });
	} catch (error) {
		signal.throwIfAborted();
		throw faultOf(side.role, error);
	}
	return meter.md5();
}

function lostOf(facts: {
	TagCount?: number | undefined;
	ObjectLockMode?: string | undefined;
	ObjectLockLegalHoldStatus?: string | undefined;
}): Lost {
	return {
		hasTags: (facts.TagCount ?? 0) > 0,
		isLocked: facts.ObjectLockMode !== undefined || facts.ObjectLockLegalHoldStatus === 'ON',
	};
}

type Parts = { pieces: (Piece & { number: number })[] };

function byRange(ranges: Range[]): Parts {
	return {
		pieces: ranges.map(({ first, last }, index) => ({ number: index + 1, Range: `bytes=${first}-${last}` })),
	};
}

/** The parts of the source themselves, where it gives them one by one and the target takes parts of that size. */
function partsOf(object: Listed, parts: number | null, firstPart: { sizeBytes: number }): Parts {
	const { sizeBytes } = firstPart;
	const isSplit = parts !== null && (parts === 1 || sizeBytes < object.sizeBytes);
	const isTaken = parts === 1 || sizeBytes >= MIN_PART_BYTES;
	if (parts === null || !isSplit || !isTaken) return byRange(rangesOf(object.sizeBytes, parts));
	return { pieces: Array.from({ length: parts }, (_, i) => ({ number: i + 1, PartNumber: i + 1 })) };
}

async function copyParts(source: Side, target: Side, object: Listed, work: TransferWork): Promise<Lost> {
	const { parts } = readEtag(object.etag);
	const [facts, firstPart] = await Promise.all([
		head(source, { key: object.key }, work.signal),
		head(source, { key: object.key, part: 1 }, work.signal).catch((error: unknown) => {
			if (error instanceof TransferFault && error.kind === 'refused') return { ContentLength: 0 };
			throw error;
		}),
	]);
	const { pieces } = partsOf(object, parts, { sizeBytes: firstPart.ContentLength ?? 0 });
	const begun = await resumedUpload(target, object, work);
	const uploadId = begun?.id ?? (await createUpload(target, object, headersOf(facts), work));
	const etags = begun?.etags ?? new Map<number, string>();
	for (const { number, ...piece } of pieces) {
		if (etags.has(number)) continue;
		etags.set(number, await copyPiece(source, target, { object, piece, number, uploadId }, work));
		work.onPart(etags.size);
	}
	const { ETag = '' } = await ask(target.role, work.signal, (options) =>
		target.s3.send(
			new CompleteMultipartUploadCommand({
				...{ Bucket: target.bucket, Key: object.key, UploadId: uploadId },
				MultipartUpload: { Parts: pieces.map(({ number: n }) => ({ PartNumber: n, ETag: etags.get(n) })) },
			}),
			options,
		),
	);
	work.upload.keep(null);
	if (ETag.replaceAll('"', '') !== object.etag.replaceAll('"', '')) {
		const md5 = await md5Of(source, object, work.signal);
		await readBack(target, object, md5, work.signal);
	}
	return lostOf(facts);
}

async function copyPiece(
	source: Side,
	target: Side,
	part: { object: Listed; piece: Piece; number: number; uploadId: string },
	work: TransferWork,
): Promise<string> {
	const { object, piece, number, uploadId } = part;
	const got = await openPiece(source, object, piece, work.signal);
	const ContentLength = got.ContentLength;
	if (ContentLength === undefined) throw new TransferFault('source', 'refused', 'NoLength');
	const { answer, meter } = await flow(source, target, got.Body, work, (Body, abortSignal) =>
		target.s3.send(
			new UploadPartCommand({
				...{ Bucket: target.bucket, Key: object.key, UploadId: uploadId, PartNumber: number },
				...{ Body, ContentLength },
			}),
			{ abortSignal },
		),
	);
	const { md5 } = readEtag(answer.ETag ?? '');
	if (md5 !== null && md5 !== meter.md5()) throw new TransferFault('target', 'refused', 'BadDigest');
	return answer.ETag ?? '';
}

async function createUpload(
	{ role, s3, bucket }: Side,
	{ key, etag }: Listed,
	headers: ReturnType<typeof headersOf>,
	{ signal, upload }: TransferWork,
): Promise<string> {
	const { UploadId } = await ask(role, signal, (options) =>
		s3.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: key, ...headers }), options),
	);
	if (!UploadId) throw new TransferFault(role, 'refused', 'NoUploadId');
	upload.keep({ id: UploadId, etag });
	return UploadId;
}

/** The parts of an earlier attempt that are there; null when there is none any more, or none of the same object: its parts are freed. */
async function resumedUpload(
	target: Side,
	{ key, etag }: Listed,
	{ signal, upload }: TransferWork,
): Promise<{ id: string; etags: Map<number, string> } | null> {
	if (upload.begun === null) return null;
	const { id } = upload.begun;
	if (etag === '' || upload.begun.etag !== etag) {
		await abandonUpload(target, { key, uploadId: id });
		return null;
	}
	const { role, s3, bucket } = target;
	const etags = new Map<number, string>();
	let marker: string | undefined;
	try {
		do {
			const after = marker === undefined ? {} : { PartNumberMarker: marker };
			const answer = await ask(role, signal, (options) =>
				s3.send(new ListPartsCommand({ Bucket: bucket, Key: key, UploadId: id, ...after }), options),
			);
			for (const { PartNumber, ETag } of answer.Parts ?? [])
				if (PartNumber !== undefined && ETag !== undefined) etags.set(PartNumber, ETag);
			marker = answer.IsTruncated ? answer.NextPartNumberMarker : undefined;
		} while (marker !== undefined);
		return { id, etags };
	} catch (error) {
		if (error instanceof TransferFault && error.kind === 'refused') return null;
		throw error;
	}
}

/** Frees what an upload that is given up has left; best effort. False when the server did not answer. */
export async function abandonUpload(
	{ role, s3, bucket }: Side,
	{ key, uploadId }: { key: string; uploadId: string },
): Promise<boolean> {
	const upload = { Bucket: bucket, Key: key, UploadId: uploadId };
	return s3.send(new AbortMultipartUploadCommand(upload), { abortSignal: AbortSignal.timeout(5_000) }).then(
		() => true,
		(error: unknown) => faultOf(role, error).kind === 'refused',
	);
}
