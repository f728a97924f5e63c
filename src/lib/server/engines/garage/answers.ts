import { z } from 'zod';

/** What is read of the admin API's answers; all else in them is left alone. */

const moment = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

export const refusalSchema = z.object({ code: z.string().max(100) });

export const permissionsSchema = z.object({ read: z.boolean(), write: z.boolean(), owner: z.boolean() });

export const bucketSchema = z.object({
	id: z.string(),
	created: moment,
	globalAliases: z.array(z.string()),
	websiteAccess: z.boolean(),
	websiteConfig: z.object({ indexDocument: z.string(), errorDocument: z.string().nullish() }).nullish(),
	corsRules: z.array(z.unknown()).nullish(),
	lifecycleRules: z.array(z.unknown()).nullish(),
	keys: z.array(z.object({ accessKeyId: z.string(), permissions: permissionsSchema })),
	objects: z.number(),
	bytes: z.number(),
	quotas: z.object({ maxSize: z.number().nullish(), maxObjects: z.number().nullish() }),
});
export const namedBucketSchema = bucketSchema.pick({ id: true, globalAliases: true });
export type GarageBucket = z.infer<typeof bucketSchema>;

export const keySchema = z.object({
	accessKeyId: z.string(),
	name: z.string(),
	created: moment.nullish(),
	expiration: moment.nullish(),
	expired: z.boolean(),
	permissions: z.object({ createBucket: z.boolean().default(false) }),
	buckets: z.array(
		z.object({
			id: z.string(),
			globalAliases: z.array(z.string()),
			permissions: permissionsSchema,
		}),
	),
});
/** Asked for on purpose alone. */
export const secretSchema = z.object({ secretAccessKey: z.string().min(1) });
export type GarageKey = z.infer<typeof keySchema>;

export const healthSchema = z.object({ status: z.enum(['healthy', 'degraded', 'unavailable']) });

export const statusSchema = z.object({
	nodes: z.array(
		z.object({
			garageVersion: z.string().nullish(),
			dataPartition: z.object({ available: z.number(), total: z.number() }).nullish(),
		}),
	),
});

export const tokenListSchema = z.array(z.object({ id: z.string().nullish(), name: z.string() }));
export const newTokenSchema = z.object({ secretToken: z.string().min(20) });
export const uploadsSchema = z.object({ uploadsDeleted: z.number() });
