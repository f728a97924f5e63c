import {
	AbortMultipartUploadCommand,
	DeleteObjectCommand,
	DeleteObjectsCommand,
	ListMultipartUploadsCommand,
	ListObjectsV2Command,
	ListObjectVersionsCommand,
	type S3Client,
} from '@aws-sdk/client-s3';
import { hasControlCharacter } from '$lib/shared/database-names';
import { AppError } from '../../errors';
import type { StorageAccess } from '../storage';
import { openS3, toS3Error } from './client';

/** As many as one call of S3 takes. */
const BATCH = 1_000;
const MOST_SINGLE = 4;

type Entry = { Key: string; VersionId?: string };
type Found = { entries: Entry[] };

/** A key of a list that was asked for encoded, since XML cannot hold every character of it. */
function decoded(key: string): string {
	return decodeURIComponent(key.replaceAll('+', ' '));
}

function entryOf({ Key, VersionId }: { Key?: string | undefined; VersionId?: string | undefined }): Entry[] {
	if (Key === undefined) return [];
	return [{ Key: decoded(Key), ...(VersionId === undefined ? {} : { VersionId }) }];
}

function open({ endpoint, region, accessKeyId: user, secretAccessKey: secret }: StorageAccess): S3Client {
	return openS3({ endpoint, region, user, secret });
}

async function* objects(s3: S3Client, bucket: string, prefix = ''): AsyncGenerator<Found> {
	let token: string | undefined;
	do {
		const page = await s3.send(
			new ListObjectsV2Command({
				...{ Bucket: bucket, Prefix: prefix, MaxKeys: BATCH, EncodingType: 'url' },
				...(token === undefined ? {} : { ContinuationToken: token }),
			}),
		);
		yield { entries: (page.Contents ?? []).flatMap(({ Key }) => entryOf({ Key })) };
		token = page.NextContinuationToken;
	} while (token !== undefined);
}

/** Former versions and the marks of removed objects too. */
async function* versions(s3: S3Client, bucket: string): AsyncGenerator<Found> {
	let after: { KeyMarker?: string; VersionIdMarker?: string } = {};
	for (;;) {
		const page = await s3.send(
			new ListObjectVersionsCommand({ Bucket: bucket, MaxKeys: BATCH, EncodingType: 'url', ...after }),
		);
		yield { entries: [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])].flatMap(entryOf) };
		const { NextKeyMarker, NextVersionIdMarker } = page;
		if (page.IsTruncated !== true || NextKeyMarker === undefined) return;
		after = {
			KeyMarker: decoded(NextKeyMarker),
			...(NextVersionIdMarker === undefined ? {} : { VersionIdMarker: NextVersionIdMarker }),
		};
	}
}

/** True for a key that might be read as another one when it stands in XML. */
function isOdd({ Key }: Entry): boolean {
	return hasControlCharacter(Key) || /[\ufffe\uffff]|^\s|\s$/u.test(Key);
}

async function removeTogether(s3: S3Client, bucket: string, entries: Entry[]): Promise<void> {
	if (entries.length === 0) return;
	const { Errors = [] } = await s3.send(
		new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: entries, Quiet: true } }),
	);
	const [first] = Errors.filter(({ Code }) => Code !== 'NoSuchKey' && Code !== 'NoSuchVersion');
	if (first) throw new AppError('ENGINE_REFUSED', { details: { code: first.Code ?? 'unknown' } });
}

async function removeEntries(s3: S3Client, bucket: string, entries: Entry[]): Promise<void> {
	await removeTogether(
		s3,
		bucket,
		entries.filter((entry) => !isOdd(entry)),
	);
	const odd = entries.filter(isOdd);
	for (let index = 0; index < odd.length; index += MOST_SINGLE) {
		const few = odd.slice(index, index + MOST_SINGLE);
		await Promise.all(few.map((entry) => s3.send(new DeleteObjectCommand({ Bucket: bucket, ...entry }))));
	}
}

async function abortUploads(s3: S3Client, bucket: string): Promise<void> {
	let after: { KeyMarker?: string; UploadIdMarker?: string } = {};
	for (;;) {
		const page = await s3.send(
			new ListMultipartUploadsCommand({ Bucket: bucket, EncodingType: 'url', ...after }),
		);
		for (const { Key, UploadId } of page.Uploads ?? []) {
			if (Key === undefined || UploadId === undefined) continue;
			await s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: decoded(Key), UploadId }));
		}
		const { NextKeyMarker, NextUploadIdMarker } = page;
		if (page.IsTruncated !== true || NextKeyMarker === undefined) return;
		after = {
			KeyMarker: decoded(NextKeyMarker),
			...(NextUploadIdMarker === undefined ? {} : { UploadIdMarker: NextUploadIdMarker }),
		};
	}
}

/** Removes up to a thousand objects; what is not there is fine. Throws BUCKET_NOT_FOUND, ENGINE_UNREACHABLE, ENGINE_REFUSED. */
export async function removeKeys(
	access: StorageAccess,
	{ bucket, keys }: { bucket: string; keys: string[] },
): Promise<void> {
	const s3 = open(access);
	try {
		await removeEntries(
			s3,
			bucket,
			keys.map((Key) => ({ Key })),
		);
	} catch (error) {
		throw toS3Error(error);
	} finally {
		s3.destroy();
	}
}

/**
 * Removes all objects whose keys begin so, and tells after each thousand how many went. Begun again after a failure, it goes on with what
 * is left. Throws as `removeKeys`.
 */
export async function* removeUnder(
	access: StorageAccess,
	{ bucket, prefix }: { bucket: string; prefix: string },
): AsyncGenerator<number> {
	const s3 = open(access);
	try {
		for await (const { entries } of objects(s3, bucket, prefix)) {
			await removeEntries(s3, bucket, entries);
			yield entries.length;
		}
	} catch (error) {
		throw toS3Error(error);
	} finally {
		s3.destroy();
	}
}

/**
 * Removes all that is in a bucket, once through it from its beginning, and tells after each thousand how many went; uploads that were
 * never finished go last. Begun again after a failure, it goes on with what is left. `hasVersions`: the engine keeps former ones.
 * Throws BUCKET_NOT_FOUND, ENGINE_UNREACHABLE, ENGINE_REFUSED.
 */
export async function* emptyBucket(
	access: StorageAccess,
	{ bucket, hasVersions }: { bucket: string; hasVersions: boolean },
): AsyncGenerator<number> {
	const s3 = open(access);
	try {
		for await (const { entries } of hasVersions ? versions(s3, bucket) : objects(s3, bucket)) {
			await removeEntries(s3, bucket, entries);
			yield entries.length;
		}
		await abortUploads(s3, bucket);
	} catch (error) {
		throw toS3Error(error);
	} finally {
		s3.destroy();
	}
}
