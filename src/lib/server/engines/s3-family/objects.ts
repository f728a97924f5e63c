import {
	AbortMultipartUploadCommand,
	CompleteMultipartUploadCommand,
	CreateMultipartUploadCommand,
	HeadObjectCommand,
	ListObjectsV2Command,
	ListPartsCommand,
	PutObjectCommand,
	type S3Client,
} from '@aws-sdk/client-s3';
import { AppError, isAppError } from '../../errors';
import { badCursor } from '../page';
import type { StorageAccess } from '../storage';
import { openS3, toS3Error } from './client';
import { nameReader } from './paths';

type ObjectFacts = { key: string; sizeBytes: number; changedAt: Date | null };

export type ObjectPage = {
	/** What keys below this one have in common up to their next slash, with it. */
	prefixes: string[];
	objects: ObjectFacts[];
	nextCursor: string | null;
};

export type ObjectHead = ObjectFacts & { contentType: string | null; etag: string | null };

type UploadPart = { number: number; sizeBytes: number; etag: string };

/** Some engines go on after whatever they are given, so that what is none of their tokens must be known here. */
const cursorMark = 'after:';

function cursorOf(token: string | undefined): string | null {
	return token === undefined || token === '' ? null : cursorMark + token;
}

function tokenIn(cursor: string | null): string | null {
	if (cursor === null) return null;
	if (!cursor.startsWith(cursorMark)) throw badCursor();
	return cursor.slice(cursorMark.length);
}

/** So engines name what they make of a cursor that is none of theirs; all else of a list was checked before. */
function isBadRequest(error: unknown): boolean {
	return (
		isAppError(error, 'ENGINE_REFUSED') &&
		['InvalidArgument', 'InvalidRequest'].includes(String(error.details['code']))
	);
}

/** The objects of the one bucket that an access opens. Everything throws ENGINE_UNREACHABLE, ENGINE_REFUSED, BUCKET_NOT_FOUND. */
export class BucketObjects {
	readonly #s3: S3Client;
	readonly #bucket: string;

	constructor(access: StorageAccess, bucket: string) {
		const { endpoint, region, accessKeyId: user, secretAccessKey: secret } = access;
		this.#s3 = openS3({ endpoint, region, user, secret });
		this.#bucket = bucket;
	}

	/** By name. What lies behind a further slash is answered as its prefix alone. Throws BAD_INPUT for a cursor that the engine did not give. */
	async list(request: { prefix: string; cursor: string | null; limit: number }): Promise<ObjectPage> {
		const token = tokenIn(request.cursor);
		const answer = await this.#send(() =>
			this.#s3.send(
				new ListObjectsV2Command({
					Bucket: this.#bucket,
					Prefix: request.prefix,
					MaxKeys: request.limit,
					EncodingType: 'url',
					Delimiter: '/',
					...(token === null ? {} : { ContinuationToken: token }),
				}),
			),
		).catch((error: unknown) => {
			throw token !== null && isBadRequest(error) ? badCursor(error) : error;
		});
		const read = nameReader(answer);
		return {
			prefixes: (answer.CommonPrefixes ?? []).flatMap(({ Prefix }) =>
				Prefix === undefined ? [] : [read(Prefix)],
			),
			objects: (answer.Contents ?? []).flatMap(({ Key, Size = 0, LastModified }) =>
				Key === undefined ? [] : [{ key: read(Key), sizeBytes: Size, changedAt: LastModified ?? null }],
			),
			nextCursor: answer.IsTruncated ? cursorOf(answer.NextContinuationToken) : null,
		};
	}

	/** Throws OBJECT_NOT_FOUND. */
	async head(key: string): Promise<ObjectHead> {
		const answer = await this.#send(() =>
			this.#s3.send(new HeadObjectCommand({ Bucket: this.#bucket, Key: key })),
		);
		return {
			key,
			sizeBytes: answer.ContentLength ?? 0,
			changedAt: answer.LastModified ?? null,
			contentType: answer.ContentType ?? null,
			etag: answer.ETag ?? null,
		};
	}

	/** Puts an empty object there. Throws STORAGE_QUOTA_EXCEEDED. */
	async putEmpty(key: string): Promise<void> {
		await this.#send(() =>
			this.#s3.send(new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: '', ContentLength: 0 })),
		);
	}

	/** Begins an upload in parts; its id. */
	async createUpload({ key, contentType }: { key: string; contentType: string }): Promise<string> {
		const { UploadId } = await this.#send(() =>
			this.#s3.send(
				new CreateMultipartUploadCommand({ Bucket: this.#bucket, Key: key, ContentType: contentType }),
			),
		);
		if (!UploadId) throw new AppError('ENGINE_REFUSED', { details: { code: 'NoUploadId' } });
		return UploadId;
	}

	/** The parts that are there, by number. Throws UPLOAD_NOT_FOUND. */
	async listParts({ key, uploadId }: { key: string; uploadId: string }): Promise<UploadPart[]> {
		const parts: UploadPart[] = [];
		let marker: string | undefined;
		do {
			const answer = await this.#send(() =>
				this.#s3.send(
					new ListPartsCommand({
						...{ Bucket: this.#bucket, Key: key, UploadId: uploadId },
						...(marker === undefined ? {} : { PartNumberMarker: marker }),
					}),
				),
			);
			for (const { PartNumber, Size = 0, ETag } of answer.Parts ?? [])
				if (PartNumber !== undefined && ETag !== undefined)
					parts.push({ number: PartNumber, sizeBytes: Size, etag: ETag });
			marker = answer.IsTruncated ? answer.NextPartNumberMarker : undefined;
		} while (marker !== undefined);
		return parts;
	}

	/** Makes the object of its parts. Throws UPLOAD_NOT_FOUND, STORAGE_QUOTA_EXCEEDED. */
	async completeUpload(input: { key: string; uploadId: string; parts: UploadPart[] }): Promise<void> {
		const Parts = input.parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }));
		await this.#send(() =>
			this.#s3.send(
				new CompleteMultipartUploadCommand({
					...{ Bucket: this.#bucket, Key: input.key, UploadId: input.uploadId },
					MultipartUpload: { Parts },
				}),
			),
		);
	}

	/** Ends an upload and frees its parts; one that is not there is fine. */
	async abortUpload({ key, uploadId }: { key: string; uploadId: string }): Promise<void> {
		try {
			await this.#s3.send(
				new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key: key, UploadId: uploadId }),
			);
		} catch (error) {
			const known = toS3Error(error);
			if (!isAppError(known, 'UPLOAD_NOT_FOUND')) throw known;
		}
	}

	close(): void {
		this.#s3.destroy();
	}

	async #send<T>(call: () => Promise<T>): Promise<T> {
		try {
			return await call();
		} catch (error) {
			throw toS3Error(error);
		}
	}
}
