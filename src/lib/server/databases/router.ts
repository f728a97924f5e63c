import { z } from 'zod';
import { databasePasswordSchema } from '$lib/shared/name-schemas';
import { Secret } from '../secret';
import { router } from '../trpc/init';
import { onService } from '../trpc/procedures';
import { cursor, done, limit, pageInput, pageOutput, search, serviceId } from '../trpc/schemas';
import { accessInput, charsetInput, hostInput } from './inputs';
import { accessView, database, databaseUser, grant, grantMatrix, grantsInput, name } from './schemas';

export const databasesRouter = router({
	list: onService
		.input(pageInput)
		.output(pageOutput(database))
		.query(({ ctx, input }) => ctx.app.databases.list(ctx.service, input)),

	create: onService
		.input(
			z.strictObject({
				serviceId,
				name,
				owner: name.optional(),
				encoding: charsetInput.optional(),
				collation: charsetInput.optional(),
			}),
		)
		.output(z.strictObject({ name: z.string() }))
		.mutation(async ({ ctx, input }) => {
			await ctx.app.databases.create(ctx.service, {
				name: input.name,
				owner: input.owner ?? null,
				encoding: input.encoding ?? null,
				collation: input.collation ?? null,
			});
			return { name: input.name };
		}),

	/** What a new database can have, the default first. */
	charsets: onService
		.input(z.strictObject({ serviceId }))
		.output(
			z.strictObject({
				charsets: z.array(z.strictObject({ encoding: z.string(), collations: z.array(z.string()) })),
			}),
		)
		.query(async ({ ctx }) => ({ charsets: await ctx.app.databases.charsets(ctx.service) })),

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
				/** For engines that bind an account to an address: then it is called `name@host` from here on. */
				host: hostInput.optional(),
				password: databasePasswordSchema.optional(),
				grants: grantsInput.optional(),
				access: accessInput.optional(),
			}),
		)
		.output(passwordOutput)
		.mutation(({ ctx, input }) =>
			ctx.app.databaseUsers.create(ctx.service, {
				name: input.name,
				host: input.host ?? null,
				password: secretOrNull(input.password),
				grants: input.grants ?? [],
				access: input.access ?? null,
			}),
		),

	/** Ends the user's sessions where the engine can, unless `endsSessions` is false; true is refused where it cannot. */
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
				endsSessions: input.endsSessions ?? null,
			});
			return { name: input.name, generated };
		}),

	/**
	 * Makes its levels on these databases these; those on others stay. Answers all of the user's levels as the engine has them afterwards.
	 */
	setGrants: onService
		.input(z.strictObject({ serviceId, name, grants: grantsInput.min(1) }))
		.output(z.strictObject({ grants: z.array(grant) }))
		.mutation(async ({ ctx, input }) => ({
			grants: await ctx.app.databaseUsers.setGrants(ctx.service, input),
		})),

	/** Gives the user exactly these rules; answers them as the engine has them, in its own way of writing. */
	setAccess: onService
		.input(z.strictObject({ serviceId, name, access: accessInput }))
		.output(z.strictObject({ access: accessView }))
		.mutation(async ({ ctx, input }) => ({
			access: await ctx.app.databaseUsers.setAccess(ctx.service, input),
		})),

	/** A page of users on a page of databases. `limit` and `databaseLimit`: how many of each. */
	grantMatrix: onService
		.input(
			pageInput.extend({
				databaseSearch: search.optional(),
				databaseCursor: cursor.optional(),
				databaseLimit: limit.optional(),
			}),
		)
		.output(grantMatrix)
		.query(({ ctx, input }) =>
			ctx.app.grantMatrix.read(ctx.service, {
				users: { search: input.search, cursor: input.cursor, limit: input.limit },
				databases: {
					search: input.databaseSearch,
					cursor: input.databaseCursor,
					limit: input.databaseLimit,
				},
			}),
		),

	/** Makes what the engine has what was declared here, for these users or all; answers how many users and levels that changed. */
	mend: onService
		.input(z.strictObject({ serviceId, names: z.array(name).min(1).max(200).optional() }))
		.output(z.strictObject({ users: z.number(), changes: z.number() }))
		.mutation(({ ctx, input }) => ctx.app.grantMatrix.mend(ctx.service, input.names ?? null)),

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
