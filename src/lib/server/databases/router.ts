import { z } from 'zod';
import { databaseNameSchema, databasePasswordSchema } from '$lib/shared/name-schemas';
import { idSchema } from '$lib/shared/ids';
import { grantLevels } from '$lib/shared/services';
import { Secret } from '../secret';
import { router } from '../trpc/init';
import { onService } from '../trpc/procedures';

const serviceId = idSchema('service');
const name = databaseNameSchema;
const level = z.enum(grantLevels);
const done = z.strictObject({});

const pageInput = z.strictObject({
	serviceId,
	search: z.string().max(255).optional(),
	cursor: z.string().max(1_000).optional(),
	limit: z.number().int().min(1).max(200).optional(),
});

function pageOutput<T extends z.ZodType>(item: T) {
	return z.strictObject({ items: z.array(item), nextCursor: z.string().nullable(), total: z.number() });
}

const grantsInput = z
	.array(z.strictObject({ database: name, level }))
	.max(200)
	.refine((grants) => new Set(grants.map((grant) => grant.database)).size === grants.length);

const database = z.strictObject({
	name: z.string(),
	owner: z.string().nullable(),
	encoding: z.string().nullable(),
	/** Null while it has not been measured. */
	sizeBytes: z.number().nullable(),
	isProtected: z.boolean(),
});

const grant = z.strictObject({ database: z.string(), level, declared: level, hasDrift: z.boolean() });

const databaseUser = z.strictObject({
	name: z.string(),
	canLogin: z.boolean(),
	isSuperuser: z.boolean(),
	connections: z.number(),
	hasPassword: z.boolean(),
	grants: z.array(grant),
});

export const databasesRouter = router({
	list: onService
		.input(pageInput)
		.output(pageOutput(database))
		.query(({ ctx, input }) => ctx.app.databases.list(ctx.service, input)),

	create: onService
		.input(z.strictObject({ serviceId, name, owner: name.optional() }))
		.output(z.strictObject({ name: z.string() }))
		.mutation(async ({ ctx, input }) => {
			await ctx.app.databases.create(ctx.service, { name: input.name, owner: input.owner ?? null });
			return { name: input.name };
		}),

	/** `confirmName` is the name typed once more. */
	remove: onService
		.input(z.strictObject({ serviceId, name, confirmName: z.string() }))
		.output(done)
		.mutation(async ({ ctx, input }) => {
			await ctx.app.databases.remove(ctx.service, input);
			return {};
		}),
});

function secretOrNull(password: string | undefined): Secret | null {
	return password === undefined ? null : new Secret(password);
}

/** A password is made here when none is given; `secrets.reveal` shows it. */
const passwordOutput = z.strictObject({ name: z.string(), generated: z.boolean() });

export const databaseUsersRouter = router({
	list: onService
		.input(pageInput)
		.output(pageOutput(databaseUser))
		.query(({ ctx, input }) => ctx.app.databaseUsers.list(ctx.service, input)),

	create: onService
		.input(
			z.strictObject({
				serviceId,
				name,
				password: databasePasswordSchema.optional(),
				grants: grantsInput.optional(),
			}),
		)
		.output(passwordOutput)
		.mutation(async ({ ctx, input }) => {
			const { generated } = await ctx.app.databaseUsers.create(ctx.service, {
				name: input.name,
				password: secretOrNull(input.password),
				grants: input.grants ?? [],
			});
			return { name: input.name, generated };
		}),

	/** Ends the user's sessions unless `endsSessions` is false. */
	setPassword: onService
		.input(
			z.strictObject({
				serviceId,
				name,
				password: databasePasswordSchema.optional(),
				endsSessions: z.boolean().optional(),
			}),
		)
		.output(passwordOutput)
		.mutation(async ({ ctx, input }) => {
			const { generated } = await ctx.app.databaseUsers.setPassword(ctx.service, {
				name: input.name,
				password: secretOrNull(input.password),
				endsSessions: input.endsSessions ?? true,
			});
			return { name: input.name, generated };
		}),

	/** Answers all of the user's levels as the engine has them afterwards. */
	setGrants: onService
		.input(z.strictObject({ serviceId, name, grants: grantsInput }))
		.output(z.strictObject({ grants: z.array(grant) }))
		.mutation(async ({ ctx, input }) => ({
			grants: await ctx.app.databaseUsers.setGrants(ctx.service, input),
		})),

	remove: onService
		.input(z.strictObject({ serviceId, name, confirmName: z.string().optional() }))
		.output(done)
		.mutation(async ({ ctx, input }) => {
			await ctx.app.databaseUsers.remove(ctx.service, {
				name: input.name,
				confirmName: input.confirmName ?? null,
			});
			return {};
		}),
});

export const secretsRouter = router({
	/** The only procedure that answers a secret; audited as a mutation. */
	reveal: onService
		.input(z.strictObject({ serviceId, kind: z.enum(['root', 'databaseUser']), name: name.optional() }))
		.output(z.strictObject({ value: z.string() }))
		.mutation(async ({ ctx, input }) => {
			const secret = await ctx.app.revealSecret(ctx.service, { kind: input.kind, name: input.name ?? null });
			return { value: secret.reveal() };
		}),
});
