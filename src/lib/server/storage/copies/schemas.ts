import { z } from 'zod';
import { idSchema } from '$lib/shared/ids';
import { waitedFor } from '$lib/shared/operations';
import { copyFindings, copyStates, keyOutcomes, leftBehinds } from '$lib/shared/storage-copies';
import { operationViewSchema } from '../../operations/view';
import { serviceId } from '../../trpc/schemas';

const { errorDetails } = operationViewSchema.shape;

export const onCopy = z.strictObject({ serviceId, copyId: idSchema('storageCopy') });

/** Where to copy from, without the secret, which is a field of its own so that the audit record never has it. */
export const sourceInput = z.discriminatedUnion('kind', [
	z.strictObject({ kind: z.literal('service'), serviceId }),
	z.strictObject({
		kind: z.literal('outside'),
		endpoint: z.string().min(1).max(300),
		region: z.string().regex(/^[A-Za-z0-9-]{1,64}$/),
		accessKeyId: z.string().regex(/^[\x21-\x7e]{1,128}$/),
		isPathStyle: z.boolean(),
		/** Private addresses are wanted. */
		isInOwnNetwork: z.boolean(),
	}),
]);
export const secretInput = z
	.string()
	.regex(/^[\x21-\x7e]{1,256}$/)
	.optional();

export const bucketsInput = z
	.array(
		z.strictObject({
			/** As the source calls it: old buckets have names that new ones may not have. */
			source: z.string().regex(/^[A-Za-z0-9._-]{1,255}$/),
			/** Null: the same name. */
			target: z.string().min(1).max(255).nullable(),
			/** It may hold objects already. */
			isIntoExisting: z.boolean(),
		}),
	)
	.min(1)
	.max(1_000);

export const checkView = z.strictObject({
	/** Null when the key may not list them: their names must be typed. */
	buckets: z
		.array(
			z.strictObject({
				name: z.string(),
				objects: z.number().nullable(),
				sizeBytes: z.number().nullable(),
			}),
		)
		.nullable(),
	/** The secrets of its keys can be read, so that keys keep them. */
	carriesSecrets: z.boolean(),
});

const bucketView = z.strictObject({
	source: z.string(),
	target: z.string(),
	isCopied: z.boolean(),
	isCompared: z.boolean(),
	/** Objects looked at; of these copied now, and found to be the same already. */
	seen: z.number(),
	copied: z.number(),
	copiedBytes: z.number(),
	same: z.number(),
	bytesPerSecond: z.number(),
	/** Counted at the end; before that the source's may be known from its own counters. */
	sourceObjects: z.number().nullable(),
	sourceBytes: z.number().nullable(),
	targetObjects: z.number().nullable(),
	targetBytes: z.number().nullable(),
	missing: z.number(),
	different: z.number(),
	refused: z.number(),
});

const facts = {
	id: z.string(),
	/** The source's name, or its host when it is outside. */
	sourceName: z.string(),
	sourceServiceId: z.string().nullable(),
	state: z.enum(copyStates),
	operationId: z.string().nullable(),
	createdAt: z.date(),
	endedAt: z.date().nullable(),
};

/** What a list shows. */
export const copyItem = z.strictObject({
	...facts,
	buckets: z.number(),
	seen: z.number(),
	copied: z.number(),
	copiedBytes: z.number(),
	missing: z.number(),
	different: z.number(),
	refused: z.number(),
});

export const copyView = z.strictObject({
	...facts,
	/** Who does not answer just now; the copy goes on once it does, or fails after a while. */
	waitsFor: z.enum(waitedFor).nullable(),
	/** What it failed with. */
	failure: z.strictObject({ code: z.string(), details: errorDetails }).nullable(),
	/** Of a source outside, to fill in the form anew; the secret is kept no longer than the copy needs it. */
	outside: z
		.strictObject({
			endpoint: z.string(),
			region: z.string(),
			accessKeyId: z.string(),
			isPathStyle: z.boolean(),
			isInOwnNetwork: z.boolean(),
		})
		.nullable(),
	carriesKeys: z.boolean(),
	buckets: z.array(bucketView),
});

export const reportView = z.strictObject({
	/** At most 1,000 of them. */
	findings: z.array(
		z.strictObject({
			bucket: z.string(),
			key: z.string(),
			finding: z.enum(copyFindings),
			reason: z.string(),
		}),
	),
	/** More than are listed. */
	isCut: z.boolean(),
	leftBehind: z.array(z.strictObject({ bucket: z.string(), what: z.enum(leftBehinds), count: z.number() })),
	keys: z.array(z.strictObject({ id: z.string(), description: z.string(), outcome: z.enum(keyOutcomes) })),
});
