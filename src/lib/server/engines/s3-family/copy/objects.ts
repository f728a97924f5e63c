import { isUtf8 } from 'node:buffer';
import {
	HeadObjectCommand,
	ListObjectsV2Command,
	type GetObjectCommandOutput,
	type HeadObjectCommandOutput,
	type ListObjectsV2CommandOutput,
} from '@aws-sdk/client-s3';
import { byteLength } from '$lib/shared/database-names';
import { nameReader } from '../paths';
import { ask, TransferFault, type Side } from './client';

/** One object as a list shows it. */
export type Listed = { key: string; sizeBytes: number; etag: string; changedAt: Date | null };
type ListedPage = { entries: Listed[]; isLast: boolean };

/** S3 has no longer keys; what is kept of them, as of checksums, has to end somewhere. */
const MAX_KEY_BYTES = 1_024;
const MAX_ETAG_LENGTH = 256;

/** As many as one call of S3 answers. */
const PAGE = 1_000;

/** The objects after this key (null: from the first one), in the server's order. Throws TransferFault. */
export async function listAfter(
	{ role, s3, bucket }: Side,
	after: string | null,
	signal: AbortSignal,
	most = PAGE,
): Promise<ListedPage> {
	const answer = await ask(role, signal, (options) =>
		s3.send(
			new ListObjectsV2Command({
				...{ Bucket: bucket, MaxKeys: most, EncodingType: 'url' },
				...(after === null ? {} : { StartAfter: after }),
			}),
			options,
		),
	);
	const entries = entriesOf(role, answer);
	if (entries.some(({ key }) => byteLength(key) > MAX_KEY_BYTES))
		throw new TransferFault(role, 'refused', 'KeyTooLong');
	if (entries.some(({ etag }) => etag.length > MAX_ETAG_LENGTH))
		throw new TransferFault(role, 'refused', 'ETagTooLong');
	const isLast = answer.IsTruncated !== true || entries.length === 0;
	// A server that begins anew each time would be listed for ever.
	if (!isLast && entries.at(-1)?.key === after) throw new TransferFault(role, 'refused', 'NoStartAfter');
	return { entries, isLast };
}

function entriesOf(role: Side['role'], answer: ListObjectsV2CommandOutput): Listed[] {
	const read = nameReader(answer);
	try {
		return (answer.Contents ?? []).flatMap(({ Key, Size = 0, ETag = '', LastModified }) =>
			Key === undefined
				? []
				: [{ key: read(Key), sizeBytes: Size, etag: ETag, changedAt: LastModified ?? null }],
		);
	} catch (error) {
		if (error instanceof URIError) throw new TransferFault(role, 'refused', 'KeyEncoding', error);
		throw error;
	}
}

/** The object as it is, or null when there is none. Throws TransferFault. */
export async function findObject(side: Side, key: string, signal: AbortSignal): Promise<Listed | null> {
	try {
		const { ContentLength = 0, ETag = '', LastModified } = await head(side, { key }, signal);
		return { key, sizeBytes: ContentLength, etag: ETag, changedAt: LastModified ?? null };
	} catch (error) {
		if (error instanceof TransferFault && error.code === 'NoSuchKey') return null;
		throw error;
	}
}

/** All that the server says of an object, or of one part of it. Throws TransferFault. */
export function head(
	{ role, s3, bucket }: Side,
	{ key, part }: { key: string; part?: number },
	signal: AbortSignal,
): Promise<HeadObjectCommandOutput> {
	const PartNumber = part === undefined ? {} : { PartNumber: part };
	return ask(role, signal, (options) =>
		s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key, ...PartNumber }), options),
	);
}

/** Of these the SDK makes a header each. */
const headers = [
	...(['ContentType', 'CacheControl', 'ContentDisposition', 'ContentEncoding', 'ContentLanguage'] as const),
	'WebsiteRedirectLocation',
] as const;
type Headers = { [name in (typeof headers)[number]]?: string } & {
	Expires?: Date;
	Metadata?: Record<string, string>;
};

/** What belongs to an object beside its bytes, as it is written again. */
export function headersOf(facts: HeadObjectCommandOutput | GetObjectCommandOutput): Headers {
	const { ExpiresString, Metadata } = facts;
	const written: Headers = {};
	for (const name of headers) {
		const value = facts[name];
		if (value !== undefined) written[name] = lettersOf(value);
	}
	const expires = ExpiresString === undefined ? NaN : Date.parse(ExpiresString);
	if (!Number.isNaN(expires)) written.Expires = new Date(expires);
	if (Metadata !== undefined)
		written.Metadata = Object.fromEntries(
			Object.entries(Metadata).map(([name, value]) => [name, lettersOf(value)]),
		);
	return written;
}

/** Node reads each byte of a header as a letter; clients send UTF-8, and some Latin-1. */
function lettersOf(header: string): string {
	const bytes = Buffer.from(header, 'latin1');
	return isUtf8(bytes) ? bytes.toString('utf8') : header;
}
