import { z } from 'zod';
import { corsRulesSchema, lifecycleRulesSchema } from '$lib/shared/storage-rules';
import { Secret } from '../secret';
import { beginOperation } from '../services/begin-operation';
import { callerOf, handedOver } from '../services/begin-by-call';
import { startedSchema } from '../services/views';
import { router } from '../trpc/init';
import { onService } from '../trpc/procedures';
import { cursor, done, limit, pageInput, pageOutput, search, serviceId } from '../trpc/schemas';
import {
	bucketDetail,
	bucketName,
	bucketView,
	description,
	keyId,
	keyMatrix,
	keyView,
	permissionsInput,
	publicAccessInput,
	quotaInput,
	trialView,
	usageView,
} from './schemas';

const named = z.strictObject({ serviceId, name: bucketName });
/** The name typed once more. */
const confirmName = z.string().max(255);

export const bucketsRouter = router({
	list: onService
		.input(pageInput)
		.output(pageOutput(bucketView))
		.query(({ ctx, input }) => ctx.app.buckets.list(ctx.service, input)),

	/** One with its rules and how it has grown in 30 days. */
	get: onService
		.input(named)
		.output(bucketDetail)
		.query(({ ctx, input }) => ctx.app.buckets.get(ctx.service, input.name)),

	create: onService
		.input(named.extend({ quota: quotaInput.optional(), publicAccess: publicAccessInput.optional() }))
		.output(z.strictObject({ name: z.string() }))
		.mutation(async ({ ctx, input: { name, quota, publicAccess } }) => {
			await ctx.app.buckets.create(ctx.service, { name, quota, publicAccess });
			return { name };
		}),

	/** What is given is set, what is not stays; answers all as the engine has it then. */
	update: onService
		.input(
			named.extend({
				quota: quotaInput.optional(),
				publicAccess: publicAccessInput.optional(),
				isVersioned: z.boolean().optional(),
				cors: corsRulesSchema.optional(),
				lifecycle: lifecycleRulesSchema.optional(),
			}),
		)
		.output(bucketDetail)
		.mutation(({ ctx, input: { serviceId: _serviceId, ...change } }) =>
			ctx.app.buckets.update(ctx.service, change),
		),

	/** An empty one. */
	remove: onService
		.input(named.extend({ confirmName }))
		.output(done)
		.mutation(async ({ ctx, input }) => {
			await ctx.app.buckets.remove(ctx.service, input);
			return {};
		}),

	/** Begins to remove all that is in it, and then the bucket itself if asked to. */
	empty: onService
		.input(named.extend({ confirmName, removesBucket: z.boolean().default(false) }))
		.output(startedSchema)
		.mutation(async ({ ctx, input }) => {
			const meant = await ctx.app.buckets.planEmptying(ctx.service, input);
			return handedOver(
				ctx,
				beginOperation(ctx.app, {
					kind: input.removesBucket ? 'bucket.remove' : 'bucket.empty',
					serviceId: ctx.service.id,
					caller: callerOf(ctx),
					phases: ['ready'],
					input: () => meant,
				}),
			);
		}),

	/** Of the whole server, with how it has grown in 30 days. */
	usage: onService
		.input(z.strictObject({ serviceId }))
		.output(usageView)
		.query(({ ctx }) => ctx.app.buckets.usage(ctx.service)),
});

/** Null: it never ends. */
const expiresAt = z.date().nullable();

export const storageKeysRouter = router({
	/** A page of keys on a page of buckets. `limit` and `bucketLimit`: how many of each. */
	list: onService
		.input(
			pageInput.extend({
				bucketSearch: search.optional(),
				bucketCursor: cursor.optional(),
				bucketLimit: limit.optional(),
			}),
		)
		.output(keyMatrix)
		.query(({ ctx, input }) =>
			ctx.app.storageKeys.list(ctx.service, {
				keys: { search: input.search, cursor: input.cursor, limit: input.limit },
				buckets: { search: input.bucketSearch, cursor: input.bucketCursor, limit: input.bucketLimit },
			}),
		),

	/** Answers the secret this once: it is kept nowhere but in the engine. */
	create: onService
		.input(
			z.strictObject({
				serviceId,
				description: description.optional(),
				expiresAt: expiresAt.optional(),
				permissions: permissionsInput.optional(),
			}),
		)
		.output(z.strictObject({ id: z.string(), secret: z.string() }))
		.mutation(async ({ ctx, input }) => {
			const { id, secret } = await ctx.app.storageKeys.create(ctx.service, {
				description: input.description ?? '',
				expiresAt: input.expiresAt ?? null,
				permissions: input.permissions ?? [],
			});
			return { id, secret: secret.reveal() };
		}),

	update: onService
		.input(
			z.strictObject({
				serviceId,
				keyId,
				description: description.optional(),
				expiresAt: expiresAt.optional(),
			}),
		)
		.output(keyView)
		.mutation(({ ctx, input: { keyId: id, description: text, expiresAt: end } }) =>
			ctx.app.storageKeys.update(ctx.service, { id, description: text, expiresAt: end }),
		),

	/** Makes its rights in these buckets exactly these; those in others stay. All false takes them away. */
	setPermissions: onService
		.input(z.strictObject({ serviceId, keyId, permissions: permissionsInput.min(1) }))
		.output(keyView)
		.mutation(({ ctx, input }) =>
			ctx.app.storageKeys.setPermissions(ctx.service, { id: input.keyId, permissions: input.permissions }),
		),

	remove: onService
		.input(z.strictObject({ serviceId, keyId }))
		.output(done)
		.mutation(async ({ ctx, input }) => {
			await ctx.app.storageKeys.remove(ctx.service, input.keyId);
			return {};
		}),

	/** Uploads, reads and removes one small object with the key; the secret comes from the page that still shows it, and is not kept. */
	tryOut: onService
		.input(z.strictObject({ serviceId, keyId, secret: z.string().min(1).max(256), bucket: bucketName }))
		.output(trialView)
		.mutation(async ({ ctx, input }) => {
			const { keyId: id, bucket } = input;
			const secret = new Secret(input.secret);
			return { steps: await ctx.app.storageKeys.tryOut(ctx.service, { id, secret, bucket }) };
		}),
});
