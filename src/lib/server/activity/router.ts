import { z } from 'zod';
import { idSchema } from '$lib/shared/ids';
import { inProject, instanceProcedure } from '../trpc/procedures';
import { router } from '../trpc/init';
import { exportFormats } from './export';
import { activityEntry, activityFilter } from './schema';
import { exportActivity, listActivity } from './service';

const ofProject = { projectId: idSchema('project') };
const page = { cursor: z.int().positive().nullish(), limit: z.int().min(1).max(200).default(50) };
const format = { format: z.enum(exportFormats).default('csv') };

const listed = z.strictObject({
	entries: z.array(activityEntry),
	nextCursor: z.int().nullable(),
	/** About the record of the whole instance, in which each entry is linked to the one before. */
	chain: z.strictObject({ valid: z.boolean(), entries: z.int(), checkedAt: z.date() }),
});

const exported = z.strictObject({
	fileName: z.string(),
	contentType: z.string(),
	text: z.string(),
	rows: z.int(),
	isTruncated: z.boolean(),
});

/** What was done in a project, or in none (logins, passwords, new projects), by whom, and how it ended. */
export const activityRouter = router({
	list: inProject
		.input(z.strictObject({ ...ofProject, ...activityFilter, ...page }))
		.output(listed)
		.query(({ ctx, input: { cursor, limit, ...filter } }) =>
			listActivity(ctx.app, { ...filter, projectId: ctx.project.id }, { cursor: cursor ?? null, limit }),
		),

	export: inProject
		.input(z.strictObject({ ...ofProject, ...activityFilter, ...format }))
		.output(exported)
		.query(({ ctx, input: { format, ...filter } }) =>
			exportActivity(ctx.app, { ...filter, projectId: ctx.project.id }, { format }),
		),

	listInstance: instanceProcedure
		.input(z.strictObject({ ...activityFilter, ...page }))
		.output(listed)
		.query(({ ctx, input: { cursor, limit, ...filter } }) =>
			listActivity(ctx.app, { ...filter, projectId: null }, { cursor: cursor ?? null, limit }),
		),

	exportInstance: instanceProcedure
		.input(z.strictObject({ ...activityFilter, ...format }))
		.output(exported)
		.query(({ ctx, input: { format, ...filter } }) =>
			exportActivity(ctx.app, { ...filter, projectId: null }, { format }),
		),
});
