import {
	DeleteObjectCommand,
	DeleteObjectsCommand,
	HeadObjectCommand,
	ListObjectsV2Command,
	ListObjectVersionsCommand,
	S3ServiceException,
	type _Error as S3Error,
	type S3Client,
} from '@aws-sdk/client-s3';
import { hasControlCharacter } from '$lib/shared/database-names';
import { AppError, isAppError } from '../../errors';
import type { StorageAccess } from '../storage';
import { forEachOf } from '../turns';
import { isRefusal, openS3, toS3Error } from './client';
import { removeEmptyFolders } from './empty-folders';
import { removeNullMark } from './null-marks';
import { nameReader } from './paths';
import { abortUploads } from './uploads';

/** As many as one call of S3 takes. */
const BATCH = 1_000;
const MOST_SINGLE = 4;

/** What the engine would not remove: one object does not keep the others. */
class Refusals {
	#count = 0;
	#first: { key: string; code: string; cause: unknown } | null = null;
	hasDenials = false;

	/** Notes that this one stays. Throws what is about more than one object. */
	add(key: string, error: unknown): void {
		const known = toS3Error(error);
		const isDenial = isRefusal(error, 'AccessDenied') && isAppError(known, 'ENGINE_UNREACHABLE');
		if (!isDenial && !isAppError(known, 'ENGINE_REFUSED', 'OBJECT_KEY_INVALID')) throw known;
		if (isDenial) this.hasDenials = true;
		const name = error instanceof Error ? error.name : '';
		const code = isDenial ? 'AccessDenied' : name;
		this.#first ??= { key, code, cause: known };
		this.#count += 1;
	}

	/** Throws OBJECTS_NOT_REMOVED. */
	assertNone(): void {
		if (this.#first === null) return;
		const { cause, ...details } = this.#first;
		throw new AppError('OBJECTS_NOT_REMOVED', { cause, details: { ...details, count: this.#count } });
	}
}

type Entry = { Key: string; VersionId?: string };
/** `isMark`: it says that an object was removed. */
type Listed = { entry: Entry; changedAt: Date | null; isMark?: boolean };

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
		const marks = listedOf(page.DeleteMarkers ?? [], read).map((mark) => ({ ...mark, isMark: true }));
		yield [...listedOf(page.Versions ?? [], read), ...marks];
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

/** `leavesFolders`: as the engine's trait says. */
type InBucket = { bucket: string; leavesFolders: boolean };
/** One removal under way. */
type Work = InBucket & { s3: S3Client; refusals: Refusals; keepsNullMarks?: boolean };

/** The refusal of one among many, as it would be thrown for one alone. */
function refusalOf({ Code = 'unknown', Message = '' }: S3Error): Error {
	return new S3ServiceException({ name: Code, message: Message, $fault: 'client', $metadata: {} });
}

async function removeTogether({ s3, bucket, refusals }: Work, entries: Entry[]): Promise<Entry[]> {
	if (entries.length === 0) return [];
	const { Errors = [] } = await s3.send(
		new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: entries, Quiet: true } }),
	);
	const refused = Errors.filter(({ Code }) => Code !== 'NoSuchKey' && Code !== 'NoSuchVersion');
	for (const each of refused) refusals.add(each.Key ?? '', refusalOf(each));
	const stay = new Set(refused.map(({ Key }) => Key));
	return entries.filter(({ Key }) => !stay.has(Key));
}

/** Removes each by itself, as told; those that went. */
async function removeSingly(
	{ refusals }: Work,
	entries: Entry[],
	remove: (entry: Entry) => Promise<unknown>,
): Promise<Entry[]> {
	const removed = await forEachOf(entries, { most: MOST_SINGLE }, async (entry) => {
		try {
			await remove(entry);
			return [entry];
		} catch (error) {
			refusals.add(entry.Key, error);
			return [];
		}
	});
	return removed.flat();
}

/** Removes what the engine lets go of; how many those are. `marks` are those that it would only say it removes. */
async function removeEntries(work: Work, entries: Entry[], marks: Entry[] = []): Promise<number> {
	const { s3, bucket: Bucket } = work;
	const together = entries.filter((entry) => !isOdd(entry));
	const removed = [
		...(await removeTogether(work, together)),
		...(await removeSingly(work, entries.filter(isOdd), (entry) =>
			s3.send(new DeleteObjectCommand({ Bucket, ...entry })),
		)),
		...(await removeSingly(work, marks, ({ Key }) => removeNullMark(s3, Bucket, Key))),
	];
	const keys = removed.map(({ Key }) => Key);
	if (work.leavesFolders) await removeEmptyFolders(s3, Bucket, keys);
	return removed.length;
}

/** Removes what of these lies within the limits; how many went. */
async function removeWithin(work: Work, listed: Listed[], limits: RemovalLimits): Promise<number> {
	const due = listed.filter(({ changedAt }) => isUntil(changedAt, limits));
	if (due.length === 0) return 0;
	await limits.assertSameBucket();
	const isKept = ({ isMark, entry }: Listed) =>
		work.keepsNullMarks === true && isMark === true && entry.VersionId === 'null';
	const entriesOf = (some: Listed[]) => some.map(({ entry }) => entry);
	return removeEntries(work, entriesOf(due.filter((one) => !isKept(one))), entriesOf(due.filter(isKept)));
}

/** When the object was changed last; null when there is none, or one that stays. */
async function changeOf({ s3, bucket, refusals }: Work, Key: string): Promise<Date | null> {
	try {
		return (await s3.send(new HeadObjectCommand({ Bucket: bucket, Key }))).LastModified ?? null;
	} catch (error) {
		if (!isRefusal(error, 'NotFound', 'NoSuchKey')) refusals.add(Key, error);
		return null;
	}
}

/** A login that has lost its rights is denied each object as if that one were shut. Throws ENGINE_UNREACHABLE for it. */
async function assertLogin({ s3, bucket, refusals }: Work): Promise<void> {
	if (refusals.hasDenials) await s3.send(new ListObjectsV2Command({ Bucket: bucket, MaxKeys: 1 }));
}

/**
 * Removes up to a thousand objects; what is not there is fine. Throws BUCKET_NOT_FOUND, ENGINE_UNREACHABLE, ENGINE_REFUSED, and
 * OBJECTS_NOT_REMOVED with `{ key, count, code }` when all have gone but some that the engine does not let go of.
 */
export async function removeKeys(
	access: StorageAccess,
	{ keys, ...place }: InBucket & { keys: string[] },
): Promise<void> {
	const work = { ...place, s3: open(access), refusals: new Refusals() };
	try {
		await removeEntries(
			work,
			keys.map((Key) => ({ Key })),
		);
		await assertLogin(work);
	} catch (error) {
		throw toS3Error(error);
	} finally {
		work.s3.destroy();
	}
	work.refusals.assertNone();
}

/**
 * Removes up to a thousand objects and all whose keys begin in these ways, within limits, and tells after each batch how many went. Begun
 * again after a failure, it goes on with what is left. Throws as `removeKeys`.
 */
export async function* removeChosen(
	access: StorageAccess,
	{ keys, prefixes, ...place }: InBucket & { keys: string[]; prefixes: string[] },
	limits: RemovalLimits,
): AsyncGenerator<number> {
	const work = { ...place, s3: open(access), refusals: new Refusals() };
	try {
		const listed = await forEachOf(keys, { most: MOST_SINGLE }, async (Key) => ({
			entry: { Key },
			changedAt: await changeOf(work, Key),
		}));
		yield await removeWithin(work, listed, limits);
		for (const prefix of prefixes)
			for await (const page of objects(work.s3, place.bucket, prefix))
				yield await removeWithin(work, page, limits);
		await assertLogin(work);
	} catch (error) {
		throw toS3Error(error);
	} finally {
		work.s3.destroy();
	}
	work.refusals.assertNone();
}

type Left = { key: string; count: number };

/** The first of all that should go, and how many those are. */
function leftWith(before: Left | null, listed: Listed[], limits: RemovalLimits): Left | null {
	const due = listed.filter(({ changedAt }) => isUntil(changedAt, limits));
	const key = before?.key ?? due[0]?.entry.Key;
	return key === undefined ? null : { key, count: (before?.count ?? 0) + due.length };
}

/** Lists may shift while it goes through them; the last time finds nothing. */
const MOST_PASSES = 4;

/**
 * Removes all that is in a bucket, within limits, and tells after each thousand how many went; uploads that were begun by then and never
 * finished go last. Begun again after a failure, it goes on with what is left. `hasVersions`: the engine keeps former ones;
 * `keepsNullMarks`: as its trait says. Throws as `removeKeys`, also when something that should go is there after some times through it:
 * the engine says that it removes it, and lists it all the same.
 */
export async function* emptyBucket(
	access: StorageAccess,
	{ hasVersions, ...place }: InBucket & { hasVersions: boolean; keepsNullMarks: boolean },
	limits: RemovalLimits,
): AsyncGenerator<number> {
	const s3 = open(access);
	const { bucket } = place;
	const list = () => (hasVersions ? versions(s3, bucket) : objects(s3, bucket));
	let left: Left | null = null;
	try {
		for (let pass = 1; pass <= MOST_PASSES; pass += 1) {
			const work = { ...place, s3, refusals: new Refusals() };
			let found = 0;
			left = null;
			for await (const listed of list()) {
				const removed = await removeWithin(work, listed, limits);
				found += removed;
				left = leftWith(left, listed, limits);
				yield removed;
			}
			const olderThanSeconds = (Date.now() - limits.until.getTime()) / 1_000;
			await limits.assertSameBucket();
			await abortUploads(s3, { bucket, olderThanSeconds });
			if (found > 0) continue;
			work.refusals.assertNone();
			return;
		}
	} catch (error) {
		throw toS3Error(error);
	} finally {
		s3.destroy();
	}
	throw new AppError('OBJECTS_NOT_REMOVED', { details: { ...left, code: 'StillListed' } });
}
