import { z } from 'zod';
import { router } from '../trpc/init';
import { onService } from '../trpc/procedures';
import { cursor, done, pageInput, serviceId } from '../trpc/schemas';
import { engineId, queryText } from './inputs';
import { collectionPage, name, queryResult, rowPage, session, slowQuery } from './schemas';

const defaultRows = 50;
const defaultTimeoutMs = 10_000;
const defaultMaxRows = 200;

export const databaseSessionsRouter = router({
	/** Those of sh0 left out; longest-running statement first. */
	list: onService
		.input(z.strictObject({ serviceId }))
		.output(z.strictObject({ sessions: z.array(session) }))
		.query(async ({ ctx }) => ({ sessions: await ctx.app.databaseSessions.list(ctx.service) })),

	end: onService
		.input(z.strictObject({ serviceId, id: engineId }))
		.output(done)
		.mutation(async ({ ctx, input }) => {
			await ctx.app.databaseSessions.end(ctx.service, input.id);
			return {};
		}),

	/** The 20 statements with the longest time. */
	slowQueries: onService
		.input(z.strictObject({ serviceId }))
		.output(z.strictObject({ queries: z.array(slowQuery) }))
		.query(async ({ ctx }) => ({ queries: await ctx.app.databaseSessions.slowQueries(ctx.service) })),
});

export const browserRouter = router({
	/** Tables and views, collections or keys of a database. */
	collections: onService
		.input(pageInput.extend({ database: name }))
		.output(collectionPage)
		.query(({ ctx, input }) => ctx.app.browser.collections(ctx.service, input)),

	/** `collection` is an `id` that `collections` answered. */
	rows: onService
		.input(
			z.strictObject({
				serviceId,
				database: name,
				collection: engineId,
				cursor: cursor.optional(),
				limit: z.number().int().min(1).max(200).default(defaultRows),
			}),
		)
		.output(rowPage)
		.query(({ ctx, input }) =>
			ctx.app.browser.rows(ctx.service, {
				database: input.database,
				collection: input.collection,
				cursor: input.cursor ?? null,
				limit: input.limit,
			}),
		),

	/** One statement. A mutation even when it only reads, so that it stands on record; its text does not, only its SHA-256. */
	query: onService
		.input(
			z.strictObject({
				serviceId,
				database: name,
				text: queryText,
				isReadOnly: z.boolean().default(true),
				timeoutMs: z.number().int().min(1_000).max(60_000).default(defaultTimeoutMs),
				maxRows: z.number().int().min(1).max(1_000).default(defaultMaxRows),
			}),
		)
		.output(queryResult)
		.mutation(({ ctx, input: { database, text, isReadOnly, timeoutMs, maxRows } }) =>
			ctx.app.browser.query(ctx.service, { database, text, isReadOnly, timeoutMs, maxRows }),
		),
});
