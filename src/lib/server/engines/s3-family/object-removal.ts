import {
	DeleteObjectCommand,
	DeleteObjectsCommand,
	ListObjectsV2Command,
	ListObjectVersionsCommand,
	type S3Client,
} from '@aws-sdk/client-s3';
import { hasControlCharacter } from '$lib/shared/database-names';
import { AppError } from '../../errors';
import type { StorageAccess } from '../storage';
import { openS3, toS3Error } from './client';
import { nameReader } from './paths';
import { abortUploads } from './uploads';

/** As many as one call of S3 takes. */
const BATCH = 1_000;
const MOST_SINGLE = 4;

type Entry = { Key: string; VersionId?: string };
type Found = { entries: Entry[] };

type Listed = { Key?: string | undefined; VersionId?: string | undefined };

function entriesOf(listed: Listed[], read: (name: string) => string): Entry[] {
	return listed.flatMap(({ Key, VersionId }) =>
		Key === undefined ? [] : [{ Key: read(Key), ...(VersionId === undefined ? {} : { VersionId }) }],
	);
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
		const listed = (page.Contents ?? []).map(({ Key }) => ({ Key }));
		yield { entries: entriesOf(listed, nameReader(page)) };
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
		const read = nameReader(page);
		yield { entries: entriesOf([...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])], read) };
		const { NextKeyMarker, NextVersionIdMarker } = page;
		if (page.IsTruncated !== true || NextKeyMarker === undefined) return;
		after = {
			KeyMarker: read(NextKeyMarker),
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

/** Apps may write meanwhile. */
const MOST_PASSES = 3;

/**
 * Removes all that is in a bucket and tells after each thousand how many went; uploads that were never finished go last. Begun again after
 * a failure, it goes on with what is left. `hasVersions`: the engine keeps former ones. Throws BUCKET_NOT_FOUND, ENGINE_UNREACHABLE,
 * ENGINE_REFUSED, and BUCKET_NOT_EMPTY when something is there after some times through it: an app writes as fast, or the engine lists
 * it by a name under which it cannot be reached.
 */
export async function* emptyBucket(
	access: StorageAccess,
	{ bucket, hasVersions }: { bucket: string; hasVersions: boolean },
): AsyncGenerator<number> {
	const s3 = open(access);
	const list = () => (hasVersions ? versions(s3, bucket) : objects(s3, bucket));
	try {
		for (let pass = 1; pass <= MOST_PASSES; pass += 1) {
			for await (const { entries } of list()) {
				await removeEntries(s3, bucket, entries);
				yield entries.length;
			}
			await abortUploads(s3, { bucket, olderThanSeconds: 0 });
			const first = await list().next();
			if (first.done === true || first.value.entries.length === 0) return;
		}
	} catch (error) {
		throw toS3Error(error);
	} finally {
		s3.destroy();
	}
	throw new AppError('BUCKET_NOT_EMPTY');
}
