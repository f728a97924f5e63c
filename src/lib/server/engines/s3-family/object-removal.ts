import {
	DeleteObjectCommand,
	DeleteObjectsCommand,
	HeadObjectCommand,
	ListObjectsV2Command,
	ListObjectVersionsCommand,
	type S3Client,
} from '@aws-sdk/client-s3';
import { hasControlCharacter } from '$lib/shared/database-names';
import { AppError } from '../../errors';
import type { StorageAccess } from '../storage';
import { forEachOf } from '../turns';
import { isRefusal, openS3, toS3Error } from './client';
import { removeEmptyFolders } from './empty-folders';
import { nameReader } from './paths';
import { abortUploads } from './uploads';

/** As many as one call of S3 takes. */
const BATCH = 1_000;
const MOST_SINGLE = 4;

type Entry = { Key: string; VersionId?: string };
type Listed = { entry: Entry; changedAt: Date | null };

type Raw = { Key?: string | undefined; VersionId?: string | undefined; LastModified?: Date | undefined };

/** What bounds a removal that may go on long after it was asked for. */
export type RemovalLimits = {
	/** What changed after it stays. There are engines that tell times to the second, so that of its own second all goes. */
	until: Date;
	/** Asked before each batch goes: what it throws ends the work. */
	assertSameBucket(): Promise<void>;
};

function listedOf(raw: Raw[], read: (name: string) => string): Listed[] {
	return raw.flatMap(({ Key, VersionId, LastModified }) =>
		Key === undefined
			? []
			: [
					{
						entry: { Key: read(Key), ...(VersionId === undefined ? {} : { VersionId }) },
						changedAt: LastModified ?? null,
					},
				],
	);
}

/** One whose time is not known stays. */
function isUntil(changedAt: Date | null | undefined, { until }: RemovalLimits): boolean {
	return changedAt instanceof Date && changedAt <= until;
}

function open({ endpoint, region, accessKeyId: user, secretAccessKey: secret }: StorageAccess): S3Client {
	return openS3({ endpoint, region, user, secret });
}

async function* objects(s3: S3Client, bucket: string, prefix = ''): AsyncGenerator<Listed[]> {
	let token: string | undefined;
	do {
		const page = await s3.send(
			new ListObjectsV2Command({
				...{ Bucket: bucket, Prefix: prefix, MaxKeys: BATCH, EncodingType: 'url' },
				...(token === undefined ? {} : { ContinuationToken: token }),
			}),
		);
		const raw = (page.Contents ?? []).map(({ Key, LastModified }) => ({ Key, LastModified }));
		yield listedOf(raw, nameReader(page));
		token = page.NextContinuationToken;
	} while (token !== undefined);
}

/** Former versions and the marks of removed objects too. */
async function* versions(s3: S3Client, bucket: string): AsyncGenerator<Listed[]> {
	let after: { KeyMarker?: string; VersionIdMarker?: string } = {};
	for (;;) {
		const page = await s3.send(
			new ListObjectVersionsCommand({ Bucket: bucket, MaxKeys: BATCH, EncodingType: 'url', ...after }),
		);
		const read = nameReader(page);
		yield listedOf([...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])], read);
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

/** `leavesFolders`: as the engine's trait says. */
type InBucket = { bucket: string; leavesFolders: boolean };

async function removeWhole(
	s3: S3Client,
	{ bucket, leavesFolders }: InBucket,
	entries: Entry[],
): Promise<void> {
	await removeEntries(s3, bucket, entries);
	if (leavesFolders)
		await removeEmptyFolders(
			s3,
			bucket,
			entries.map(({ Key }) => Key),
		);
}

/** Removes up to a thousand objects; what is not there is fine. Throws BUCKET_NOT_FOUND, ENGINE_UNREACHABLE, ENGINE_REFUSED. */
export async function removeKeys(
	access: StorageAccess,
	{ keys, ...place }: InBucket & { keys: string[] },
): Promise<void> {
	const s3 = open(access);
	try {
		await removeWhole(
			s3,
			place,
			keys.map((Key) => ({ Key })),
		);
	} catch (error) {
		throw toS3Error(error);
	} finally {
		s3.destroy();
	}
}

/** When the object was changed last; null when there is none. */
async function changeOf(s3: S3Client, bucket: string, Key: string): Promise<Date | null> {
	try {
		return (await s3.send(new HeadObjectCommand({ Bucket: bucket, Key }))).LastModified ?? null;
	} catch (error) {
		if (isRefusal(error, 'NotFound', 'NoSuchKey')) return null;
		throw error;
	}
}

/** As `removeKeys`, within limits; tells how many went. */
export async function* removeKeysWithin(
	access: StorageAccess,
	{ keys, ...place }: InBucket & { keys: string[] },
	limits: RemovalLimits,
): AsyncGenerator<number> {
	const s3 = open(access);
	try {
		const listed = await forEachOf(keys, { most: MOST_SINGLE }, async (Key) => ({
			entry: { Key },
			changedAt: await changeOf(s3, place.bucket, Key),
		}));
		yield await removeWithin(s3, { ...place, listed }, limits);
	} catch (error) {
		throw toS3Error(error);
	} finally {
		s3.destroy();
	}
}

/** Removes what of these lies within the limits; how many. */
async function removeWithin(
	s3: S3Client,
	{ listed, ...place }: InBucket & { listed: Listed[] },
	limits: RemovalLimits,
): Promise<number> {
	const entries = listed.flatMap(({ entry, changedAt }) => (isUntil(changedAt, limits) ? [entry] : []));
	if (entries.length > 0) {
		await limits.assertSameBucket();
		await removeWhole(s3, place, entries);
	}
	return entries.length;
}

/**
 * Removes all objects whose keys begin so, within limits, and tells after each thousand how many went. Begun again after a failure, it goes
 * on with what is left. Throws as `removeKeys`.
 */
export async function* removeUnder(
	access: StorageAccess,
	{ prefix, ...place }: InBucket & { prefix: string },
	limits: RemovalLimits,
): AsyncGenerator<number> {
	const s3 = open(access);
	try {
		for await (const listed of objects(s3, place.bucket, prefix))
			yield await removeWithin(s3, { ...place, listed }, limits);
	} catch (error) {
		throw toS3Error(error);
	} finally {
		s3.destroy();
	}
}

/** Lists may shift while it goes through them; the last time finds nothing. */
const MOST_PASSES = 4;

/**
 * Removes all that is in a bucket, within limits, and tells after each thousand how many went; uploads that were begun by then and never
 * finished go last. Begun again after a failure, it goes on with what is left. `hasVersions`: the engine keeps former ones. Throws
 * BUCKET_NOT_FOUND, ENGINE_UNREACHABLE, ENGINE_REFUSED, and BUCKET_NOT_EMPTY when something that should go is there after some times
 * through it: the engine lists it by a name under which it cannot be reached.
 */
export async function* emptyBucket(
	access: StorageAccess,
	{ hasVersions, ...place }: InBucket & { hasVersions: boolean },
	limits: RemovalLimits,
): AsyncGenerator<number> {
	const s3 = open(access);
	const { bucket } = place;
	const list = () => (hasVersions ? versions(s3, bucket) : objects(s3, bucket));
	try {
		for (let pass = 1; pass <= MOST_PASSES; pass += 1) {
			let found = 0;
			for await (const listed of list()) {
				const removed = await removeWithin(s3, { ...place, listed }, limits);
				found += removed;
				yield removed;
			}
			const olderThanSeconds = (Date.now() - limits.until.getTime()) / 1_000;
			await limits.assertSameBucket();
			await abortUploads(s3, { bucket, olderThanSeconds });
			if (found === 0) return;
		}
	} catch (error) {
		throw toS3Error(error);
	} finally {
		s3.destroy();
	}
	throw new AppError('BUCKET_NOT_EMPTY');
}
