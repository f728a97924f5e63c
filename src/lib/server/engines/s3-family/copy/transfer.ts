import type { Readable } from 'node:stream';
import {
	CompleteMultipartUploadCommand,
	DeleteObjectCommand,
	PutObjectCommand,
	UploadPartCommand,
} from '@aws-sdk/client-s3';
import { ask, COMPLETION_LIMIT_MS, TransferFault, type Side } from './client';
import { findObject, head, headersOf, type Listed } from './objects';
import { MAX_SINGLE_BYTES, MIN_PART_BYTES, partSize, rangesOf, readEtag } from './pieces';
import { flow, md5Of, openPiece, type Meter, type Piece } from './stream';
import { isTagRefusal, tagsOf } from './tags';
import { createUpload, freeUpload, resumedUpload, type KeptUpload } from './uploads';

/** The object is written only while the target has that one, or none, under its key. */
export type WriteCondition = { IfMatch: string } | { IfNoneMatch: '*' } | null;

type TransferWork = {
	signal: AbortSignal;
	/** Told of bytes as they go by. */
	onBytes: (bytes: number) => void;
	/** Told of each part that the target keeps, and how many that makes. */
	onPart: (kept: number) => void;
	upload: KeptUpload;
	/** Null where the target holds to none. */
	condition: WriteCondition;
	/** The target keeps tags. */
	takesTags: boolean;
};

/** What of an object does not go with it. */
export type Lost = { hasTags: boolean; isLocked: boolean };

/**
 * Copies one object with its headers and tags, in the same parts as the source has it, and makes sure that what arrived is what was sent.
 * Throws TransferFault: PreconditionFailed or NoSuchKey of the source when it changed meanwhile, PreconditionFailed of the target when
 * somebody wrote there, BadDigest when checksums do not agree.
 */
export async function copyObject(
	source: Side,
	target: Side,
	object: Listed,
	work: TransferWork,
): Promise<Lost> {
	const { parts } = readEtag(object.etag);
	// Not every server takes a part of nothing.
	const isWhole = object.sizeBytes === 0 || (parts === null && object.sizeBytes <= MAX_SINGLE_BYTES);
	const copy = isWhole ? copyWhole : copyParts;
	try {
		return await copy(source, target, object, work);
	} catch (error) {
		if (!work.takesTags || !isTagRefusal(error)) throw error;
		return copy(source, target, object, { ...work, takesTags: false });
	}
}

type Facts = {
	TagCount?: number | undefined;
	ObjectLockMode?: string | undefined;
	ObjectLockLegalHoldStatus?: string | undefined;
};

/** The object's tags as a header of the target, and what of it stays behind. */
async function belongingsOf(
	source: Side,
	key: string,
	facts: Facts,
	{ takesTags, signal }: TransferWork,
): Promise<{ tags: { Tagging: string } | null; lost: Lost }> {
	const { TagCount: count = 0 } = facts;
	const tags = takesTags ? await tagsOf(source, { key, count }, signal) : null;
	const isLocked = facts.ObjectLockMode !== undefined || facts.ObjectLockLegalHoldStatus === 'ON';
	return {
		tags: tags === null ? null : { Tagging: tags },
		lost: { hasTags: count > 0 && tags === null, isLocked },
	};
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
	const { tags, lost } = await belongingsOf(source, object.key, got, work).catch((error: unknown) => {
		got.Body.destroy();
		throw error;
	});
	const { answer, meter } = await flow(source, target, got.Body, work, (stream, abortSignal) => {
		const put = new PutObjectCommand({
			...{ Bucket: target.bucket, Key: object.key, ContentLength },
			// A stream of nothing would be sent without a length, which not every server takes.
			Body: ContentLength === 0 ? drained(stream) : stream,
			// So that the target replaces nothing with other bytes.
			...(claimed === null ? {} : { ContentMD5: Buffer.from(claimed, 'hex').toString('base64') }),
			...{ ...headersOf(got), ...tags, ...work.condition },
		});
		return target.s3.send(put, { abortSignal }).catch((error: unknown) => {
			// Each server has its own word for that refusal.
			if (stream.sizeBytes === ContentLength) assertClaimed(stream);
			throw error;
		});
	});
	assertClaimed(meter);
	const { ETag: etag = '' } = answer;
	if (readEtag(etag).md5 !== meter.md5())
		await readBack(target, { ...object, etag }, meter.md5(), work.signal);
	return lost;
}

/** Takes away again what was written when the target does not give these bytes back. Throws TransferFault with BadDigest then. */
async function readBack(target: Side, written: Listed, md5: string, signal: AbortSignal): Promise<void> {
	if ((await md5Of(target, { ...written, etag: '' }, signal)) === md5) return;
	const there = await findObject(target, written.key, signal);
	// What somebody else wrote meanwhile stays.
	if (there !== null && written.etag !== '' && there.etag === written.etag)
		await ask(target.role, signal, (options) =>
			target.s3.send(new DeleteObjectCommand({ Bucket: target.bucket, Key: written.key }), options),
		);
	throw new TransferFault('target', 'refused', 'BadDigest');
}

/** `partBytes`: null for the source's own parts. */
type Pieces = { partBytes: number | null; pieces: (Piece & { number: number })[] };

function byRange(sizeBytes: number, partBytes: number): Pieces {
	const pieces = rangesOf(sizeBytes, partBytes).map(({ first, last }, index) => ({
		...{ number: index + 1, Range: `bytes=${first}-${last}` },
	}));
	return { partBytes, pieces };
}

/** The parts of the source themselves, where it gives them one by one and the target takes parts of that size. */
function piecesOf(object: Listed, parts: number | null, firstPart: { sizeBytes: number }): Pieces {
	const { sizeBytes } = firstPart;
	const isSplit = parts !== null && (parts === 1 || sizeBytes < object.sizeBytes);
	const isTaken = parts === 1 || sizeBytes >= MIN_PART_BYTES;
	if (parts === null || !isSplit || !isTaken)
		return byRange(object.sizeBytes, partSize(object.sizeBytes, parts));
	const pieces = Array.from({ length: parts }, (_, i) => ({ number: i + 1, PartNumber: i + 1 }));
	return { partBytes: null, pieces };
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
	const { tags, lost } = await belongingsOf(source, object.key, facts, work);
	const headers = { ...headersOf(facts), ...tags };
	// One that was begun is gone on with as it was cut then.
	const { begun } = work.upload;
	const isOfSame = begun !== null && begun.etag === object.etag;
	const cut =
		isOfSame && typeof begun.partBytes === 'number'
			? byRange(object.sizeBytes, begun.partBytes)
			: piecesOf(object, parts, { sizeBytes: firstPart.ContentLength ?? 0 });
	const etag = await copyPieces(source, target, { object, headers, ...cut }, work);
	if (etag.replaceAll('"', '') !== object.etag.replaceAll('"', '')) {
		const md5 = await md5Of(source, object, work.signal);
		await readBack(target, { ...object, etag }, md5, work.signal);
	}
	return lost;
}

type PiecesToCopy = Pieces & { object: Listed; headers: ReturnType<typeof headersOf> };

/** Writes the object in these pieces; its new checksum. */
async function copyPieces(
	source: Side,
	target: Side,
	{ object, headers, pieces, partBytes }: PiecesToCopy,
	work: TransferWork,
): Promise<string> {
	const begun = await resumedUpload(target, object, partBytes, work);
	const uploadId = begun?.id ?? (await createUpload(target, object, { partBytes, headers }, work));
	const etags = begun?.etags ?? new Map<number, string>();
	for (const { number, ...piece } of pieces) {
		if (etags.has(number)) continue;
		etags.set(number, await copyPiece(source, target, { object, piece, number, uploadId }, work));
		work.onPart(etags.size);
	}
	const complete = new CompleteMultipartUploadCommand({
		...{ Bucket: target.bucket, Key: object.key, UploadId: uploadId, ...work.condition },
		MultipartUpload: { Parts: pieces.map(({ number: n }) => ({ PartNumber: n, ETag: etags.get(n) })) },
	});
	try {
		const call = (options: { abortSignal: AbortSignal }) => target.s3.send(complete, options);
		const { ETag = '' } = await ask(target.role, work.signal, call, COMPLETION_LIMIT_MS);
		work.upload.keep(null);
		return ETag;
	} catch (error) {
		// There are servers that take small parts in the middle, and others that do not.
		const isTooSmall = error instanceof TransferFault && error.code === 'EntityTooSmall';
		if (!isTooSmall || partBytes !== null) throw error;
		await freeUpload(target, { key: object.key, uploadId });
		work.upload.keep(null);
		const evenly = byRange(object.sizeBytes, partSize(object.sizeBytes, null));
		const anew = { ...work, upload: { ...work.upload, begun: null } };
		return copyPieces(source, target, { object, headers, ...evenly }, anew);
	}
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
