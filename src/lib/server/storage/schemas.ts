import { z } from 'zod';
import { isKeyDescription, MAX_KEY_DESCRIPTION_LENGTH } from '$lib/shared/storage-names';
import { corsRuleSchema, lifecycleRuleSchema } from '$lib/shared/storage-rules';
import { trialOutcomes, trialSteps } from '../engines/s3-family/trial';
import { pageOutput } from '../trpc/schemas';

/** Of a bucket; what is wrong with one the engine's own check says, with the reason. */
export const bucketName = z.string().min(1).max(255);
/** An access key id; one that is none is a key that is not there. */
export const keyId = z.string().min(1).max(128);

const bound = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).nullable();
export const quotaInput = z.strictObject({ maxBytes: bound, maxObjects: bound });

/** A page of a website as an object's key; its form is checked where it is used. */
const document = z.string().min(1).max(200);
export const publicAccessInput = z.discriminatedUnion('kind', [
	z.strictObject({ kind: z.literal('none') }),
	z.strictObject({ kind: z.literal('read') }),
	z.strictObject({
		kind: z.literal('website'),
		indexDocument: document,
		errorDocument: document.nullable(),
	}),
]);

export const description = z.string().max(MAX_KEY_DESCRIPTION_LENGTH).refine(isKeyDescription);

const rights = { read: z.boolean(), write: z.boolean(), owner: z.boolean() };

export const permissionsInput = z
	.array(z.strictObject({ bucket: bucketName, ...rights }))
	.max(200)
	.refine((list) => new Set(list.map(({ bucket }) => bucket)).size === list.length);

export const bucketView = z.strictObject({
	/** Its id when `isForeign`. */
	name: z.string(),
	createdAt: z.date().nullable(),
	/** Null while the engine has not counted yet. */
	sizeBytes: z.number().nullable(),
	objects: z.number().nullable(),
	quota: z.strictObject({ maxBytes: z.number().nullable(), maxObjects: z.number().nullable() }),
	publicAccess: z.discriminatedUnion('kind', [
		z.strictObject({ kind: z.literal('none') }),
		z.strictObject({ kind: z.literal('read') }),
		z.strictObject({
			kind: z.literal('website'),
			indexDocument: z.string(),
			errorDocument: z.string().nullable(),
		}),
	]),
	isVersioned: z.boolean(),
	/** Made by an app for itself alone: it can only be counted here. */
	isForeign: z.boolean(),
});

/** What was held at the end of a day (UTC), or is just now. */
const sizePoint = z.strictObject({ at: z.date(), sizeBytes: z.number() });

export const bucketDetail = z.strictObject({
	bucket: bucketView,
	/** Null where the engine has no rules for each bucket. */
	cors: z.array(corsRuleSchema).nullable(),
	/** Null for rules made by hand that cannot be shown. */
	lifecycle: z.array(lifecycleRuleSchema).nullable(),
	/** Oldest first, the newest is now's. */
	growth: z.array(sizePoint),
});

export const usageView = z.strictObject({
	sizeBytes: z.number().nullable(),
	objects: z.number().nullable(),
	diskTotalBytes: z.number().nullable(),
	diskFreeBytes: z.number().nullable(),
	/** Of all buckets together, oldest first. */
	growth: z.array(sizePoint),
});

export const keyView = z.strictObject({
	id: z.string(),
	description: z.string(),
	createdAt: z.date().nullable(),
	expiresAt: z.date().nullable(),
	permissions: z.array(z.strictObject({ bucket: z.string(), ...rights })),
	/** It was given rights by hand that cannot be shown as `permissions`. */
	hasOtherRights: z.boolean(),
});

export const keyMatrix = z.strictObject({
	...pageOutput(keyView).shape,
	/** Names of a page of buckets, those that a key can be given rights in. */
	buckets: z.array(z.string()),
	nextBucketCursor: z.string().nullable(),
	bucketTotal: z.number(),
});

export const trialView = z.strictObject({
	steps: z.array(
		z.strictObject({
			step: z.enum(trialSteps),
			outcome: z.enum(trialOutcomes),
			/** The name by which the engine refused. */
			code: z.string().nullable(),
			durationMs: z.number(),
		}),
	),
});
