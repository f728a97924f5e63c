import { bucketNameProblem } from '$lib/shared/storage-names';
import { AppError, nullOn } from '../../errors';
import type { BucketInfo, BucketQuota, PublicAccess } from '../storage';
import { z } from 'zod';
import { bucketSchema, namedBucketSchema, uploadsSchema, type GarageBucket } from './answers';
import { anyAnswer, type GarageClient } from './client';

const PAGE = 1_000;

/**
 * Public objects are served by the website port alone, so `read` is a website whose index page nobody has: such a name asks for nothing.
 */
const NO_INDEX = '.sh0-no-index';

/** The name people use for a bucket of several: not the domain, if there is a plain one. */
function nameOf({ globalAliases }: { globalAliases: string[] }): string | null {
	const usable = globalAliases.filter((alias) => !bucketNameProblem(alias, { isDomain: true })).sort();
	return usable.find((alias) => !alias.includes('.')) ?? usable[0] ?? null;
}

export { nameOf as nameOfBucket };

function publicAccessOf({ websiteAccess, websiteConfig }: GarageBucket): PublicAccess {
	if (!websiteAccess) return { kind: 'none' };
	const indexDocument = websiteConfig?.indexDocument ?? 'index.html';
	if (indexDocument === NO_INDEX) return { kind: 'read' };
	return { kind: 'website', indexDocument, errorDocument: websiteConfig?.errorDocument ?? null };
}

export function infoOf(bucket: GarageBucket): BucketInfo {
	const name = nameOf(bucket);
	return {
		name: name ?? bucket.id,
		createdAt: bucket.created,
		sizeBytes: bucket.bytes,
		objects: bucket.objects,
		quota: { maxBytes: bucket.quotas.maxSize ?? null, maxObjects: bucket.quotas.maxObjects ?? null },
		publicAccess: publicAccessOf(bucket),
		isVersioned: false,
		isForeign: name === null,
	};
}

/** All of them, a thousand a call. A page begins with the one that was asked for, the last of the page before. */
export async function allPages<T>(
	fetchPage: (query: Record<string, string>) => Promise<T[]>,
	idOf: (item: T) => string,
): Promise<T[]> {
	const found = new Map<string, T>();
	let offset: string | undefined;
	for (;;) {
		const page = await fetchPage({ limit: String(PAGE), ...(offset === undefined ? {} : { offset }) });
		for (const item of page) found.set(idOf(item), item);
		const last = page.at(-1);
		if (page.length < PAGE || last === undefined || idOf(last) === offset) return [...found.values()];
		offset = idOf(last);
	}
}

export async function listBuckets(client: GarageClient): Promise<GarageBucket[]> {
	return allPages(
		(query) => client.get('ListBucketsInfo', z.array(bucketSchema), { query }),
		(bucket) => bucket.id,
	);
}

/** In order; one that has no name to go by is left out. The server counts nothing for it. */
export async function listBucketNames(client: GarageClient): Promise<string[]> {
	const all = await allPages(
		(query) => client.get('ListBuckets', z.array(namedBucketSchema), { query }),
		({ id }) => id,
	);
	return all.flatMap((bucket) => nameOf(bucket) ?? []).sort();
}

/** Null when there is none of this name. */
export function findBucket(client: GarageClient, name: string): Promise<GarageBucket | null> {
	const query = { globalAlias: name };
	return nullOn('BUCKET_NOT_FOUND', client.get('GetBucketInfo', bucketSchema, { query }));
}

/** Throws BUCKET_NOT_FOUND. */
export async function getBucket(client: GarageClient, name: string): Promise<GarageBucket> {
	const bucket = await findBucket(client, name);
	if (!bucket) throw new AppError('BUCKET_NOT_FOUND');
	return bucket;
}

export async function createBucket(client: GarageClient, name: string): Promise<void> {
	await client.post('CreateBucket', bucketSchema, { body: { globalAlias: name } });
}

/** Changes one bucket's settings and answers them as they are then. */
export function updateBucket(client: GarageClient, id: string, body: object): Promise<GarageBucket> {
	return client.post('UpdateBucket', bucketSchema, { query: { id }, body });
}

export function quotaBody({ maxBytes, maxObjects }: BucketQuota): object {
	return { quotas: { maxSize: maxBytes, maxObjects } };
}

export function publicAccessBody(access: PublicAccess): object {
	if (access.kind === 'none') return { websiteAccess: { enabled: false } };
	const indexDocument = access.kind === 'website' ? access.indexDocument : NO_INDEX;
	const errorDocument = access.kind === 'website' ? access.errorDocument : null;
	return { websiteAccess: { enabled: true, indexDocument, errorDocument } };
}

/** Ends unfinished uploads; answers how many. */
export async function cleanUploads(
	client: GarageClient,
	{ bucketId, olderThanSecs }: { bucketId: string; olderThanSecs: number },
): Promise<number> {
	const { uploadsDeleted } = await client.post('CleanupIncompleteUploads', uploadsSchema, {
		body: { bucketId, olderThanSecs },
	});
	return uploadsDeleted;
}

/** The server would remove a bucket with unfinished uploads and keep their blocks, so they go first. */
export async function removeBucket(client: GarageClient, name: string): Promise<void> {
	const { id, objects } = await getBucket(client, name);
	if (objects > 0) throw new AppError('BUCKET_NOT_EMPTY');
	await cleanUploads(client, { bucketId: id, olderThanSecs: 0 });
	await client.post('DeleteBucket', anyAnswer, { query: { id } });
}
