import { z } from 'zod';
import { inProject } from '../trpc/procedures';
import { router } from '../trpc/init';
import { exportFormats } from './export';
import { activityEntry, activityFilter } from './schema';
import { exportActivity, listActivity } from './service';

/** What was done in a project, by whom, and how it ended. */
export const activityRouter = router({
	list: inProject
		.input(
			z.strictObject({
				...activityFilter,
				cursor: z.int().positive().nullish(),
				limit: z.int().min(1).max(200).default(50),
			}),
		)
		.output(
			z.strictObject({
				entries: z.array(activityEntry),
				nextCursor: z.int().nullable(),
				/** About the record of the whole instance, in which each entry is linked to the one before. */
				chain: z.strictObject({ valid: z.boolean(), entries: z.int(), checkedAt: z.date() }),
			}),
		)
		.query(({ ctx, input: { cursor, limit, ...filter } }) =>
			listActivity(ctx.app, { ...filter, projectId: ctx.project.id }, { cursor: cursor ?? null, limit }),
		),

	export: inProject
		.input(z.strictObject({ ...activityFilter, format: z.enum(exportFormats).default('csv') }))
		.output(
			z.strictObject({
				fileName: z.string(),
				contentType: z.string(),
				text: z.string(),
				rows: z.int(),
				isTruncated: z.boolean(),
			}),
		)
		.query(({ ctx, input: { format, ...filter } }) =>
			exportActivity(ctx.app, { ...filter, projectId: ctx.project.id }, { format }),
		),
});
