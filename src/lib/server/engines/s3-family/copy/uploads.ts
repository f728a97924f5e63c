import {
	AbortMultipartUploadCommand,
	CreateMultipartUploadCommand,
	ListPartsCommand,
	type CreateMultipartUploadCommandInput,
} from '@aws-sdk/client-s3';
import type { BegunUpload } from '$lib/shared/storage-copies';
import { ask, faultOf, TransferFault, type Side } from './client';
import type { Listed } from './objects';

/** An upload in parts that an earlier attempt began, and where the present one is kept. */
export type KeptUpload = { begun: BegunUpload | null; keep: (upload: BegunUpload | null) => void };

const ABANDON_LIMIT_MS = 5_000;
/** Words of servers for one that is not there any more. */
const goneNames = new Set(['NoSuchUpload', 'NoSuchKey', 'NoSuchBucket']);

/** Begins an upload in parts, which is kept before a part is sent; its id. Throws TransferFault. */
export async function createUpload(
	{ role, s3, bucket }: Side,
	{ key, etag }: Listed,
	{ partBytes, headers }: { partBytes: number | null; headers: Partial<CreateMultipartUploadCommandInput> },
	{ signal, upload }: { signal: AbortSignal; upload: KeptUpload },
): Promise<string> {
	const { UploadId } = await ask(role, signal, (options) =>
		s3.send(new CreateMultipartUploadCommand({ ...headers, Bucket: bucket, Key: key }), options),
	);
	if (!UploadId) throw new TransferFault(role, 'refused', 'NoUploadId');
	upload.keep({ id: UploadId, etag, partBytes });
	return UploadId;
}

/**
 * The parts of an earlier attempt that are there; null when there is none any more, or none of the same object cut in the same way. Such
 * a one is freed before it is forgotten: throws TransferFault when that cannot be.
 */
export async function resumedUpload(
	target: Side,
	{ key, etag }: Listed,
	partBytes: number | null,
	{ signal, upload: { begun, keep } }: { signal: AbortSignal; upload: KeptUpload },
): Promise<{ id: string; etags: Map<number, string> } | null> {
	if (begun === null) return null;
	const { id } = begun;
	const isOfSame = etag !== '' && begun.etag === etag && begun.partBytes === partBytes;
	const etags = isOfSame ? await partsOf(target, { key, uploadId: id }, signal) : null;
	if (etags !== null) return { id, etags };
	await freeUpload(target, { key, uploadId: id });
	keep(null);
	return null;
}

type NamedUpload = { key: string; uploadId: string };

/** By number, each with its checksum; null when the server does not tell. */
async function partsOf(
	{ role, s3, bucket }: Side,
	{ key, uploadId }: NamedUpload,
	signal: AbortSignal,
): Promise<Map<number, string> | null> {
	const etags = new Map<number, string>();
	let marker: string | undefined;
	try {
		do {
			const after = marker === undefined ? {} : { PartNumberMarker: marker };
			const answer = await ask(role, signal, (options) =>
				s3.send(new ListPartsCommand({ Bucket: bucket, Key: key, UploadId: uploadId, ...after }), options),
			);
			for (const { PartNumber, ETag } of answer.Parts ?? [])
				if (PartNumber !== undefined && ETag !== undefined) etags.set(PartNumber, ETag);
			const next = answer.IsTruncated ? answer.NextPartNumberMarker : undefined;
			// A server that begins anew each time would be asked for ever.
			if (next !== undefined && next === marker) return null;
			marker = next;
		} while (marker !== undefined);
		return etags;
	} catch (error) {
		if (error instanceof TransferFault && error.kind === 'refused') return null;
		throw error;
	}
}

/** Frees what an upload that is given up has left; one that is gone is fine. Throws TransferFault. */
export async function freeUpload({ role, s3, bucket }: Side, { key, uploadId }: NamedUpload): Promise<void> {
	const abort = new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId });
	try {
		await s3.send(abort, { abortSignal: AbortSignal.timeout(ABANDON_LIMIT_MS) });
	} catch (error) {
		const fault = faultOf(role, error);
		if (!(fault instanceof TransferFault) || !goneNames.has(fault.code)) throw fault;
	}
}

/** As `freeUpload`, as far as it goes; false when parts may be left. */
export async function abandonUpload(target: Side, upload: NamedUpload): Promise<boolean> {
	try {
		await freeUpload(target, upload);
		return true;
	} catch {
		return false;
	}
}
