import { z } from 'zod';
import { idSchema } from '$lib/shared/ids';
import { AppError } from '../errors';
import { router } from '../trpc/init';
import { inProject, onOperation } from '../trpc/procedures';
import { live, recheckAccess } from './live';
import { listOperations, listRunning } from './repository';
import { operationView, operationViewSchema, type OperationView } from './view';

const MAX_LISTED = 200;

/** Resolves when the signal aborts. */
function aborted(signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

export const operationsRouter = router({
	/** Newest first. */
	list: inProject
		.input(
			z.strictObject({
				projectId: idSchema('project'),
				serviceId: idSchema('service').optional(),
				limit: z.number().int().min(1).max(MAX_LISTED).default(50),
			}),
		)
		.output(z.array(operationViewSchema))
		.query(({ ctx, input }) =>
			listOperations(ctx.app.db, input).map(({ row, steps }) =>
				row.status === 'running'
					? (ctx.app.runner.view(row.id) ?? operationView(row, steps))
					: operationView(row, steps),
			),
		),

	get: onOperation
		.input(z.strictObject({ operationId: idSchema('operation') }))
		.output(operationViewSchema)
		.query(({ ctx, input }) => {
			const view = ctx.app.runner.view(input.operationId);
			if (!view) throw new AppError('NOT_FOUND');
			return view;
		}),

	/** Ends it where its present step can be ended; what it has done is taken back. */
	cancel: onOperation
		.input(z.strictObject({ operationId: idSchema('operation') }))
		.output(z.strictObject({ operationId: z.string() }))
		.mutation(({ ctx, input }) => {
			ctx.app.runner.cancel(input.operationId);
			return { operationId: input.operationId };
		}),

	/** The operation as it is, then each change; completes when it has ended. */
	watch: onOperation
		.input(z.strictObject({ operationId: idSchema('operation') }))
		.subscription(({ ctx, input }) => {
			const { runner } = ctx.app;
			return live<OperationView>({
				recheck: () => recheckAccess(ctx, 'operations.watch', ctx.project.id),
				run: (send, signal) =>
					new Promise((resolve) => {
						const end = () => {
							unsubscribe();
							resolve();
						};
						const tell = (view: OperationView | undefined) => {
							if (view?.id !== input.operationId) return;
							send(operationViewSchema.parse(view));
							if (view.status !== 'running') end();
						};
						const unsubscribe = runner.bus.subscribe(tell);
						signal.addEventListener('abort', end, { once: true });
						tell(runner.view(input.operationId));
					}),
			});
		}),

	/** Every change of every operation of the project, from those that run just now on. */
	watchProject: inProject
		.input(z.strictObject({ projectId: idSchema('project') }))
		.subscription(({ ctx, input }) => {
			const { runner, db } = ctx.app;
			return live<OperationView>({
				recheck: () => recheckAccess(ctx, 'operations.watchProject', input.projectId),
				run: async (send, signal) => {
					const unsubscribe = runner.bus.subscribe((view) => {
						if (view.projectId === input.projectId) send(operationViewSchema.parse(view));
					});
					try {
						for (const { id } of listRunning(db, input.projectId)) {
							const view = runner.view(id);
							if (view) send(operationViewSchema.parse(view));
						}
						await aborted(signal);
					} finally {
						unsubscribe();
					}
				},
			});
		}),
});
