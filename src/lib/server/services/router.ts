import { z } from 'zod';
import { MAX_DATA_LIMIT_BYTES, MIN_DATA_LIMIT_BYTES } from '$lib/shared/data-limit';
import { idSchema } from '$lib/shared/ids';
import { hasRole } from '$lib/shared/roles';
import { serviceNameSchema } from '$lib/shared/name-schemas';
import { GIB } from '$lib/shared/units';
import { live, recheckAccess } from '../operations/live';
import { router } from '../trpc/init';
import { inProject, onService } from '../trpc/procedures';
import { done } from '../trpc/schemas';
import { callerOf, handedOver } from './begin-by-call';
import { GROWTH_DAYS } from './growth';
import { LineBuffer } from './line-buffer';
import { MAX_LOG_LINES } from './logs';
import { settingsRouter } from './settings/router';
import {
	catalogueSchema,
	connectionSchema,
	followedLineSchema,
	growthSchema,
	logLineSchema,
	serviceDetailSchema,
	serviceItemSchema,
	startedSchema,
	statsSchema,
	upgradeSchema,
	type FollowedLine,
} from './views';

const serviceId = idSchema('service');
const projectId = idSchema('project');
const memoryBytes = z
	.number()
	.int()
	.positive()
	.max(4_096 * GIB);
/** What all buckets of a storage server may hold together; null: no limit. */
const dataLimitBytes = z.number().int().min(MIN_DATA_LIMIT_BYTES).max(MAX_DATA_LIMIT_BYTES).nullable();
/** Names of another kind are told apart by the engine; here only their size is bounded. */
const engineName = z.string().min(1).max(256);
const onlyService = z.strictObject({ serviceId });

export const servicesRouter = router({
	/** Engines, versions and where their image would come from, and how much memory is left. */
	catalogue: inProject
		.input(z.strictObject({ projectId }))
		.output(catalogueSchema)
		.query(async ({ ctx }) => {
			const catalogue = await ctx.app.catalogue.read();
			// What other projects take is nobody's to know who makes no servers.
			return hasRole(ctx.project.role, 'admin') ? catalogue : { ...catalogue, memory: null };
		}),

	/** By name; those in the trash too. `history` adds samples of the last hour for small charts. */
	list: inProject
		.input(z.strictObject({ projectId, history: z.boolean().default(false) }))
		.output(z.array(serviceItemSchema))
		.query(({ ctx, input }) => ctx.app.reader.list(input.projectId, { history: input.history })),

	create: inProject
		.input(
			z.strictObject({
				projectId,
				engine: z.string().max(40),
				version: z.string().max(40),
				name: serviceNameSchema,
				memoryBytes,
				dataLimitBytes: dataLimitBytes.optional(),
			}),
		)
		.output(startedSchema)
		.mutation(({ ctx, input }) => handedOver(ctx, ctx.app.manager.create(input, callerOf(ctx)))),

	get: onService
		.input(onlyService)
		.output(serviceDetailSchema)
		.query(({ ctx, input }) => ctx.app.reader.get(input.serviceId)),

	start: onService
		.input(onlyService)
		.output(startedSchema)
		.mutation(({ ctx, input }) => handedOver(ctx, ctx.app.manager.start(input.serviceId, callerOf(ctx)))),

	stop: onService
		.input(onlyService)
		.output(startedSchema)
		.mutation(({ ctx, input }) => handedOver(ctx, ctx.app.manager.stop(input.serviceId, callerOf(ctx)))),

	restart: onService
		.input(onlyService)
		.output(startedSchema)
		.mutation(({ ctx, input }) => handedOver(ctx, ctx.app.manager.restart(input.serviceId, callerOf(ctx)))),

	/** Its DNS name in the project's network changes with it. Done when this answers. */
	rename: onService
		.input(z.strictObject({ serviceId, name: serviceNameSchema }))
		.output(z.strictObject({ serviceId }))
		.mutation(({ ctx, input }) => ctx.app.manager.rename(input.serviceId, input.name)),

	/** Restarts it with another memory size. */
	resize: onService
		.input(z.strictObject({ serviceId, memoryBytes }))
		.output(startedSchema)
		.mutation(({ ctx, input }) =>
			handedOver(ctx, ctx.app.manager.resize(input.serviceId, input.memoryBytes, callerOf(ctx))),
		),

	/**
	 * How much a storage server may hold, without a restart. One below what it holds now ends all writing until there is room again.
	 */
	setDataLimit: onService
		.input(z.strictObject({ serviceId, dataLimitBytes }))
		.output(done)
		.mutation(async ({ ctx, input }) => {
			await ctx.app.dataLimits.set(ctx.service, input.dataLimitBytes);
			return {};
		}),

	/** Makes its container anew from what is on record, on the same data. */
	repair: onService
		.input(onlyService)
		.output(startedSchema)
		.mutation(({ ctx, input }) => handedOver(ctx, ctx.app.manager.repair(input.serviceId, callerOf(ctx)))),

	/** Asks the registry or the distribution, which takes seconds, unless it is known; null when nobody can tell. */
	findUpgrade: onService
		.input(onlyService)
		.output(z.strictObject({ upgrade: upgradeSchema }))
		.query(async ({ ctx, input }) => ({ upgrade: await ctx.app.reader.findUpgrade(input.serviceId) })),

	/** The newest image of the same version, on the same data; `version` says which one is meant. */
	upgrade: onService
		.input(z.strictObject({ serviceId, version: z.string().max(40).optional() }))
		.output(startedSchema)
		.mutation(({ ctx, input }) =>
			handedOver(ctx, ctx.app.manager.upgrade(input.serviceId, input.version, callerOf(ctx))),
		),

	settings: settingsRouter,

	/** A new password for the engine's administrator, whom only sh0 uses. */
	rotateRoot: onService
		.input(onlyService)
		.output(startedSchema)
		.mutation(({ ctx, input }) =>
			handedOver(ctx, ctx.app.manager.rotateRoot(input.serviceId, callerOf(ctx))),
		),

	/** To the trash, where its data stay for 7 days. */
	remove: onService
		.input(z.strictObject({ serviceId, confirmName: z.string().max(100) }))
		.output(startedSchema)
		.mutation(({ ctx, input }) =>
			handedOver(ctx, ctx.app.manager.remove(input.serviceId, input.confirmName, callerOf(ctx))),
		),

	/** With `name` when its own is taken by now. */
	restoreFromTrash: onService
		.input(z.strictObject({ serviceId, name: serviceNameSchema.optional() }))
		.output(startedSchema)
		.mutation(({ ctx, input }) =>
			handedOver(ctx, ctx.app.manager.restoreFromTrash(input.serviceId, input.name, callerOf(ctx))),
		),

	/** Removes it from the trash with its data, now. */
	purge: onService
		.input(z.strictObject({ serviceId, confirmName: z.string().max(100) }))
		.output(startedSchema)
		.mutation(({ ctx, input }) =>
			handedOver(ctx, ctx.app.manager.purge(input.serviceId, input.confirmName, callerOf(ctx))),
		),

	/** Host, port, and texts to paste, with a place-holder for the password. */
	connection: onService
		.input(z.strictObject({ serviceId, database: engineName.optional(), userName: engineName.optional() }))
		.output(connectionSchema)
		.query(({ ctx, input }) => ctx.app.reader.connection(input.serviceId, input)),

	/** Samples of the last hour, one in 10 s; with `sinceMs` (milliseconds since 1970) those after it. */
	stats: onService
		.input(z.strictObject({ serviceId, sinceMs: z.number().int().nonnegative().optional() }))
		.output(statsSchema)
		.query(({ ctx, input }) => ctx.app.reader.stats(input.serviceId, input.sinceMs)),

	/** How much its data took, by the hour. */
	growth: onService
		.input(z.strictObject({ serviceId, days: z.number().int().min(1).max(GROWTH_DAYS).default(30) }))
		.output(growthSchema)
		.query(({ ctx, input }) => ({ points: ctx.app.growth.points(input.serviceId, input.days) })),

	/** The newest lines, oldest first; with `search` those that hold it, among the last 5,000. */
	logs: onService
		.input(
			z.strictObject({
				serviceId,
				tail: z.number().int().min(1).max(MAX_LOG_LINES).default(500),
				sinceMs: z.number().int().nonnegative().optional(),
				search: z.string().max(200).optional(),
			}),
		)
		.output(z.strictObject({ lines: z.array(logLineSchema) }))
		.query(async ({ ctx, input: { serviceId, ...request } }) => ({
			lines: await ctx.app.logs.read(serviceId, request),
		})),

	/** The newest `tail` lines, then each new one as it is written. */
	followLogs: onService
		.input(z.strictObject({ serviceId, tail: z.number().int().min(0).max(MAX_LOG_LINES).default(200) }))
		.subscription(({ ctx, input }) =>
			live<FollowedLine>({
				recheck: () => recheckAccess(ctx, 'services.followLogs', ctx.project.id),
				run: async (send, signal) => {
					const buffer = new LineBuffer((line) => send(followedLineSchema.parse(line)));
					try {
						const lines = ctx.app.logs.follow(input.serviceId, { tail: input.tail, signal });
						for await (const line of lines) buffer.add(line);
					} finally {
						buffer.end();
					}
				},
			}),
		),
});
