import { z } from 'zod';
import { idSchema } from '$lib/shared/ids';
import { hasRole, roles, tokenScopes } from '$lib/shared/roles';
import { AppError } from '../errors';
import type { Context } from '../trpc/context';
import { router } from '../trpc/init';
import { auditStranger, inProject, onToken, publicProcedure, signedIn } from '../trpc/procedures';
import { done } from '../trpc/schemas';
import { changePassword, getMe } from './accounts';
import { acceptInvitation } from './invitation-acceptance';
import { secondFactorRouter } from './second-factor-router';
import { createFirstOwner, requireSetupToken } from './setup';
import type { SignInCookies } from './sign-in-cookies';
import { code, email, noInput, opaqueToken, password, sessionId, tokenName } from './schemas';
import { proveAgain, signIn } from './sign-in';
import { createToken, listTokens, MAX_TOKEN_DAYS, revokeToken } from './tokens';

/** Signing in needs a browser's answer to carry the cookie: it cannot be done over a WebSocket. */
function requireCookies(ctx: Context): SignInCookies {
	if (!ctx.cookies) throw new AppError('BAD_INPUT', { message: 'no cookie can be set here' });
	return ctx.cookies;
}

const clientOf = ({ ip, userAgent }: Context) => ({ ip, userAgent });

export const authRouter = router({
	setup: publicProcedure
		.input(z.strictObject({ token: opaqueToken, email, password }))
		.use(auditStranger)
		.output(z.strictObject({ projectId: idSchema('project') }))
		.mutation(async ({ ctx, input }) => {
			const cookies = requireCookies(ctx);
			requireSetupToken(ctx.app.db, input.token);
			ctx.audit.write();
			const { projectId } = await createFirstOwner({ db: ctx.app.db }, input);
			const proof = { email: input.email, password: input.password, code: null, deviceToken: null };
			cookies.set(await signIn(ctx.app.auth, { ...proof, ...clientOf(ctx) }));
			return { projectId };
		}),

	login: publicProcedure
		.input(z.strictObject({ email, password, code: code.optional() }))
		.use(auditStranger)
		.output(done)
		.mutation(async ({ ctx, input }) => {
			const cookies = requireCookies(ctx);
			const proof = {
				...{ email: input.email, password: input.password, code: input.code ?? null },
				deviceToken: cookies.deviceToken,
				onPasswordRight: () => void ctx.audit.write(),
			};
			cookies.set(await signIn(ctx.app.auth, { ...proof, ...clientOf(ctx) }));
			return {};
		}),

	acceptInvitation: publicProcedure
		.input(z.strictObject({ token: opaqueToken, password, code: code.optional() }))
		.use(auditStranger)
		.output(z.strictObject({ projectId: idSchema('project') }))
		.mutation(async ({ ctx, input }) => {
			const cookies = requireCookies(ctx);
			const { token, password, code = null } = input;
			const acceptance = {
				...{ token, password, code, deviceToken: cookies.deviceToken, ...clientOf(ctx) },
				onProven: () => void ctx.audit.write(),
			};
			const accepted = await acceptInvitation(ctx.app.auth, acceptance);
			cookies.set(accepted);
			return { projectId: accepted.projectId };
		}),

	me: signedIn
		.input(noInput)
		.output(
			z.strictObject({
				user: z.strictObject({
					id: idSchema('user'),
					email: z.string(),
					isInstanceOwner: z.boolean(),
					hasSecondFactor: z.boolean(),
					recoveryCodesLeft: z.int(),
				}),
				projects: z.array(z.strictObject({ id: idSchema('project'), name: z.string(), role: z.enum(roles) })),
			}),
		)
		.query(({ ctx }) => getMe(ctx.app.auth, ctx.identity)),

	logout: signedIn
		.input(noInput)
		.output(done)
		.mutation(({ ctx }) => {
			const { user, via } = ctx.identity;
			if (via.kind === 'session') ctx.app.auth.sessions.revoke(user.id, via.sessionId);
			ctx.cookies?.clear();
			return {};
		}),

	changePassword: signedIn
		.input(z.strictObject({ currentPassword: password, newPassword: password, code: code.optional() }))
		.output(done)
		.mutation(async ({ ctx, input }) => {
			const { currentPassword, newPassword, code = null } = input;
			const deviceToken = ctx.cookies?.deviceToken ?? null;
			const wanted = { currentPassword, newPassword, code, deviceToken };
			await changePassword(ctx.app.auth, ctx.identity, wanted);
			return {};
		}),

	secondFactor: secondFactorRouter,
});

export const sessionsRouter = router({
	list: signedIn
		.input(noInput)
		.output(
			z.array(
				z.strictObject({
					id: sessionId,
					createdAt: z.date(),
					lastSeenAt: z.date(),
					expiresAt: z.date(),
					ip: z.string(),
					userAgent: z.string(),
					isCurrent: z.boolean(),
				}),
			),
		)
		.query(({ ctx }) => ctx.app.auth.sessions.list(ctx.identity)),

	/** One session of the caller, or all but the one that asks. */
	revoke: signedIn
		.input(z.union([z.strictObject({ sessionId }), z.strictObject({ others: z.literal(true) })]))
		.output(done)
		.mutation(({ ctx, input }) => {
			const { user, via } = ctx.identity;
			if ('others' in input) {
				ctx.app.auth.sessions.revokeOthers(user.id, via.kind === 'session' ? via.sessionId : null);
				return {};
			}
			ctx.app.auth.sessions.revoke(user.id, input.sessionId);
			if (via.kind === 'session' && via.sessionId === input.sessionId) ctx.cookies?.clear();
			return {};
		}),
});

const days = z.int().min(1).max(MAX_TOKEN_DAYS);
const scopes = z.array(z.enum(tokenScopes)).min(1).max(tokenScopes.length);

export const tokensRouter = router({
	list: inProject
		.input(z.strictObject({ projectId: idSchema('project') }))
		.output(
			z.array(
				z.strictObject({
					id: idSchema('token'),
					name: z.string(),
					ownerEmail: z.string(),
					isOwn: z.boolean(),
					scopes: z.array(z.enum(tokenScopes)),
					createdAt: z.date(),
					expiresAt: z.date(),
					lastUsedAt: z.date().nullable(),
				}),
			),
		)
		.query(({ ctx }) =>
			listTokens(ctx.app.db, {
				projectId: ctx.project.id,
				userId: ctx.identity.user.id,
				isAdmin: hasRole(ctx.project.role, 'admin'),
			}),
		),

	create: inProject
		.input(
			z.strictObject({
				projectId: idSchema('project'),
				name: tokenName,
				scopes,
				expiresInDays: days.default(90),
				password,
				code: code.optional(),
			}),
		)
		.output(z.strictObject({ tokenId: idSchema('token'), token: z.string(), expiresAt: z.date() }))
		.mutation(async ({ ctx, input }) => {
			const { password, code = null, ...wanted } = input;
			const deviceToken = ctx.cookies?.deviceToken ?? null;
			// A token outlives the session it was made in.
			await proveAgain(ctx.app.auth, ctx.identity, { password, code, deviceToken });
			const created = createToken(ctx.app, {
				...wanted,
				projectId: ctx.project.id,
				userId: ctx.identity.user.id,
			});
			return { ...created, token: created.token.reveal() };
		}),

	revoke: onToken
		.input(z.strictObject({ tokenId: idSchema('token') }))
		.output(done)
		.mutation(({ ctx }) => {
			const hash = revokeToken(ctx.app.db, ctx.token.id);
			if (hash !== null) ctx.app.auth.connections.close(hash);
			return {};
		}),
});
