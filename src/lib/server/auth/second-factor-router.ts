import { z } from 'zod';
import { AppError } from '../errors';
import type { Context } from '../trpc/context';
import { router } from '../trpc/init';
import { signedIn } from '../trpc/procedures';
import { done } from '../trpc/schemas';
import { code, password } from './schemas';
import { proveAgain } from './sign-in';

const deviceOf = ({ cookies }: Context) => ({ deviceToken: cookies?.deviceToken ?? null });

const recoveryCodes = z.strictObject({ recoveryCodes: z.array(z.string()) });

export const secondFactorRouter = router({
	/** Answers the new secret, this once; it takes effect at `confirm`. */
	enroll: signedIn
		.input(z.strictObject({ password }))
		.output(z.strictObject({ uri: z.string(), secret: z.string(), qrSvg: z.string() }))
		.mutation(async ({ ctx, input }) => {
			await proveAgain(ctx.app.auth, ctx.identity, { ...input, code: null, ...deviceOf(ctx) });
			const { uri, secret, qrSvg } = ctx.app.auth.secondFactor.enroll(ctx.identity.user.id);
			return { uri: uri.reveal(), secret: secret.reveal(), qrSvg: qrSvg.reveal() };
		}),

	confirm: signedIn
		.input(z.strictObject({ code }))
		.output(recoveryCodes)
		.mutation(({ ctx, input }) => {
			const attempt = ctx.app.auth.throttle.begin(ctx.identity.user.email, deviceOf(ctx).deviceToken);
			const codes = ctx.app.auth.secondFactor.confirm(ctx.identity.user.id, input.code);
			attempt.succeed();
			return { recoveryCodes: codes.map((recoveryCode) => recoveryCode.reveal()) };
		}),

	disable: signedIn
		.input(z.strictObject({ password, code }))
		.output(done)
		.mutation(async ({ ctx, input }) => {
			await proveAgain(ctx.app.auth, ctx.identity, { ...input, ...deviceOf(ctx) });
			ctx.app.auth.secondFactor.disable(ctx.identity.user.id);
			return {};
		}),

	renewRecoveryCodes: signedIn
		.input(z.strictObject({ password, code }))
		.output(recoveryCodes)
		.mutation(async ({ ctx, input }) => {
			const user = await proveAgain(ctx.app.auth, ctx.identity, { ...input, ...deviceOf(ctx) });
			if (user.totpEnabledAt === null) throw new AppError('SECOND_FACTOR_OFF');
			const codes = ctx.app.auth.secondFactor.renewRecoveryCodes(user.id);
			return { recoveryCodes: codes.map((recoveryCode) => recoveryCode.reveal()) };
		}),
});
