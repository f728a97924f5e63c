import { z } from 'zod';
import { uploadIdSchema } from '$lib/shared/name-schemas';
import { callerOf, handedOver } from '../../services/begin-by-call';
import { beginOperation } from '../../services/begin-operation';
import { startedSchema } from '../../services/views';
import { router } from '../../trpc/init';
import { onService } from '../../trpc/procedures';
import { done } from '../../trpc/schemas';
import {
	contentType,
	expiresInSeconds,
	folderName,
	inBucket,
	key,
	objectHead,
	objectPage,
	onObject,
	onUpload,
	prefix,
	uploadParts,
} from './schemas';

const defaultLimit = 100;

/** Objects in buckets; their bytes go by `/objects/…` (`http/bytes/`). */
export const objectsRouter = router({
	/** One level below a prefix: those whose names begin with `search`. */
	list: onService
		.input(
			inBucket.extend({
				prefix: prefix.default(''),
				search: prefix.default(''),
				cursor: z.string().min(1).max(4_000).optional(),
				limit: z.number().int().min(1).max(1_000).default(defaultLimit),
			}),
		)
		.output(objectPage)
		.query(({ ctx, input }) => ctx.app.objects.list(ctx.service, { ...input, cursor: input.cursor ?? null })),

	head: onService
		.input(onObject)
		.output(objectHead)
		.query(({ ctx, input }) => ctx.app.objects.head(ctx.service, input)),

	/** An empty object whose key ends with a slash, which is what tools show as a folder. */
	createFolder: onService
		.input(inBucket.extend({ prefix: prefix.default(''), name: folderName }))
		.output(z.strictObject({ key: z.string() }))
		.mutation(async ({ ctx, input }) => ({ key: await ctx.app.objects.createFolder(ctx.service, input) })),

	/** Removes these objects; what is not there is fine. */
	remove: onService
		.input(inBucket.extend({ keys: z.array(key).min(1).max(1_000) }))
		.output(done)
		.mutation(async ({ ctx, input }) => {
			await ctx.app.objects.remove(ctx.service, input);
			return {};
		}),

	/** Begins to remove all objects whose keys begin in one of these ways, such as those of a folder, and these beside them. */
	removeAll: onService
		.input(
			inBucket.extend({
				prefixes: z.array(key).min(1).max(200),
				keys: z.array(key).max(1_000).default([]),
			}),
		)
		.output(startedSchema)
		.mutation(async ({ ctx, input: { serviceId, bucket, prefixes, keys } }) => {
			const chosen = await ctx.app.objects.planRemoval(ctx.service, { bucket, prefixes, keys });
			return handedOver(
				ctx,
				beginOperation(ctx.app, {
					kind: 'objects.remove',
					serviceId,
					caller: callerOf(ctx),
					phases: ['ready'],
					input: () => chosen,
				}),
			);
		}),

	/** A link by which whoever has it reads this object until it expires: a path of the panel. */
	signedUrl: onService
		.input(onObject.extend({ expiresInSeconds }))
		.output(z.strictObject({ path: z.string(), expiresAt: z.date() }))
		.mutation(({ ctx, input }) => ctx.app.objects.signedLink(ctx.service, input)),

	/** Begins an upload in parts of at most 10,000; each is put under `/objects/…` with its number. */
	createUpload: onService
		.input(onObject.extend({ contentType: contentType.default('application/octet-stream') }))
		.output(z.strictObject({ uploadId: uploadIdSchema }))
		.mutation(async ({ ctx, input }) => ({
			uploadId: await ctx.app.objects.createUpload(ctx.service, input),
		})),

	/** What of an upload is there, to go on with it. */
	listParts: onService
		.input(onUpload)
		.output(uploadParts)
		.query(async ({ ctx, input }) => {
			const parts = await ctx.app.objects.listParts(ctx.service, input);
			return { parts: parts.map(({ number, sizeBytes }) => ({ number, sizeBytes })) };
		}),

	/** Makes the object of its parts, numbered from 1. */
	completeUpload: onService
		.input(
			onUpload.extend({
				parts: z.number().int().min(1).max(10_000),
				sizeBytes: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
			}),
		)
		.output(done)
		.mutation(async ({ ctx, input }) => {
			await ctx.app.objects.completeUpload(ctx.service, input);
			return {};
		}),

	abortUpload: onService
		.input(onUpload)
		.output(done)
		.mutation(async ({ ctx, input }) => {
			await ctx.app.objects.abortUpload(ctx.service, input);
			return {};
		}),
});
