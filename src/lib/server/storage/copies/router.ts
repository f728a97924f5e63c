import { z } from 'zod';
import { callerOf, handedOver } from '../../services/begin-by-call';
import { startedSchema } from '../../services/views';
import { router } from '../../trpc/init';
import { onService } from '../../trpc/procedures';
import { done, serviceId } from '../../trpc/schemas';
import {
	bucketsInput,
	checkView,
	copyItem,
	copyView,
	onCopy,
	reportView,
	secretInput,
	sourceInput,
} from './schemas';

const started = startedSchema.extend({ copyId: z.string() });
const fromSource = z.strictObject({ serviceId, source: sourceInput, secret: secretInput });

/** Copies of buckets into a storage server, from another of the project or from an S3 outside. */
export const storageCopiesRouter = router({
	/** Connects to the source and lists its buckets. A mutation, since it goes out and has a secret. */
	check: onService
		.input(fromSource)
		.output(checkView)
		.mutation(({ ctx, input }) => ctx.app.storageCopies.check(ctx.service, input)),

	/** Begins a copy; `buckets` null: all of the source, under their own names, into new or empty ones. */
	create: onService
		.input(fromSource.extend({ buckets: bucketsInput.nullable(), carriesKeys: z.boolean().default(false) }))
		.output(started)
		.mutation(({ ctx, input }) =>
			handedOver(
				ctx,
				ctx.app.storageCopies.create(ctx.app.runner, ctx.service, {
					...input,
					...{ caller: callerOf(ctx), hasLeft: ctx.hasLeft },
				}),
			),
		),

	/** What the installation lets a source be. */
	options: onService
		.input(z.strictObject({ serviceId }))
		.output(z.strictObject({ takesPrivate: z.boolean() }))
		.query(({ ctx }) => ctx.app.storageCopies.options()),

	/** The newest first; older ones only while they are not over. */
	list: onService
		.input(z.strictObject({ serviceId }))
		.output(z.array(copyItem))
		.query(({ ctx }) => ctx.app.storageCopies.list(ctx.service)),

	get: onService
		.input(onCopy)
		.output(copyView)
		.query(({ ctx, input }) => ctx.app.storageCopies.get(ctx.service, input.copyId)),

	/** What is not as in the source, and what was not carried over. */
	report: onService
		.input(onCopy)
		.output(reportView)
		.query(({ ctx, input }) => ctx.app.storageCopies.report(ctx.service, input.copyId)),

	/** What was copied stays, and `resume` goes on from there. */
	pause: onService
		.input(onCopy)
		.output(done)
		.mutation(async ({ ctx, input }) => {
			await ctx.app.storageCopies.stop(ctx.service, input.copyId, 'pause');
			return {};
		}),

	resume: onService
		.input(onCopy)
		.output(started)
		.mutation(({ ctx, input: { copyId } }) =>
			handedOver(
				ctx,
				ctx.app.storageCopies.resume(ctx.app.runner, ctx.service, { copyId, caller: callerOf(ctx) }),
			),
		),

	/** Ends it for good; what was copied stays. */
	cancel: onService
		.input(onCopy)
		.output(done)
		.mutation(async ({ ctx, input }) => {
			await ctx.app.storageCopies.stop(ctx.service, input.copyId, 'cancel');
			return {};
		}),
});
