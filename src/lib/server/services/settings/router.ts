import { z } from 'zod';
import { idSchema } from '$lib/shared/ids';
import { settingValueSchema } from '$lib/shared/settings';
import { router } from '../../trpc/init';
import { onService } from '../../trpc/procedures';
import { callerOf, handedOver } from '../begin-by-call';
import { startedSchema } from '../views';
import { settingViewSchema } from './views';

const serviceId = idSchema('service');
/** More than any engine has. */
const MAX_CHANGES = 100;
const changes = z
	.record(z.string().min(1).max(64), settingValueSchema.nullable())
	.refine((values) => Object.keys(values).length <= MAX_CHANGES);

export const settingsRouter = router({
	/** In the engine's order, with what is in force now. */
	get: onService
		.input(z.strictObject({ serviceId }))
		.output(z.strictObject({ settings: z.array(settingViewSchema) }))
		.query(async ({ ctx, input }) => ({ settings: await ctx.app.settingsReader.read(input.serviceId) })),

	/** Null takes a setting back to what follows from the memory size. */
	set: onService
		.input(z.strictObject({ serviceId, values: changes }))
		.output(startedSchema)
		.mutation(({ ctx, input }) =>
			handedOver(ctx, ctx.app.manager.configure(input.serviceId, input.values, callerOf(ctx))),
		),
});
