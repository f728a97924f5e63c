import { z } from 'zod';
import { isWellFormed } from '$lib/shared/database-names';
import { uploadIdSchema } from '$lib/shared/name-schemas';
import { linkLifetimes } from '$lib/shared/storage-links';
import { serviceId } from '../../trpc/schemas';

/** What a bucket may be called on any engine; one that is none answers BUCKET_NOT_FOUND. */
export const bucket = z.string().min(1).max(63);
/** A key may hold any character; how long one may be is the engine's to say. */
export const key = z.string().min(1).max(1_024).refine(isWellFormed);
/** Empty: the whole bucket. */
export const prefix = z.string().max(1_024).refine(isWellFormed);

export const inBucket = z.strictObject({ serviceId, bucket });
export const onObject = inBucket.extend({ key });
export const onUpload = onObject.extend({ uploadId: uploadIdSchema });

export const folderName = z
	.string()
	.min(1)
	.max(255)
	.refine((name) => isWellFormed(name) && !name.includes('/'));

export const contentType = z
	.string()
	.max(100)
	.regex(/^[\w.+-]+\/[\w.+-]+$/);

export const expiresInSeconds = z.union(linkLifetimes.map((seconds) => z.literal(seconds)));

const sizeBytes = z.number().int().min(0);
const facts = { key: z.string(), sizeBytes, changedAt: z.date().nullable() };

export const objectPage = z.strictObject({
	/** Folders below the prefix, each with its slash. */
	prefixes: z.array(z.string()),
	objects: z.array(z.strictObject(facts)),
	nextCursor: z.string().nullable(),
});

export const objectHead = z.strictObject({
	...facts,
	contentType: z.string().nullable(),
	etag: z.string().nullable(),
});

export const uploadParts = z.strictObject({
	parts: z.array(z.strictObject({ number: z.number().int(), sizeBytes })),
});
