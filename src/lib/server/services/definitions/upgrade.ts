import { z } from 'zod';
import { imageOrigins } from '$lib/shared/services';
import { writeTransaction } from '../../db/client';
import { ProgramInImageError } from '../../docker/images-run';
import { AppError } from '../../errors';
import { defineOperation, type AnyOperation, type StepContext } from '../../operations/definition';
import type { ServiceDeps } from '../deps';
import { columnsOf } from '../image';
import { isKept } from '../kept-data';
import { getService, updateService, type ServiceRow } from '../repository';
import { replaceContainer } from './replace';
import { containerStep, readyStep, waitStep } from './steps';

/** The image that the service has had, for the way back. */
const upgradeInput = z.strictObject({
	imageRef: z.string().nullable(),
	imageDigest: z.string().nullable(),
	imageOrigin: z.enum(imageOrigins).nullable(),
});
type Context = StepContext<z.infer<typeof upgradeInput>>;

/**
 * The newest image of the same version under the same data. When the engine does not come up with it, the former image comes back, which
 * is kept on this machine; and so do the data, where the engine says that the former image may not be able to read them any more. Throws
 * ALREADY_NEWEST or UPGRADE_NEEDS_SPACE in its first step, before anything is changed.
 */
export function upgradeOperation(deps: ServiceDeps): AnyOperation {
	const { db, images, kept } = deps;
	const container = containerStep(deps);
	const ready = readyStep(deps);
	const wait = waitStep(deps);

	const serviceOf = ({ operation }: Context) => getService(db, operation.serviceId);
	/** Programs that copy are taken from the former image: the new one may be broken. */
	const copying = ({ input, signal }: Context) => ({ image: input.imageRef ?? '', signal });
	const mayRewriteData = ({ engine, version }: ServiceRow) =>
		deps.engineById(engine).lifecycle.mayRewriteData(version);

	/** While the server still runs, so that it is not stopped for nothing; files that go meanwhile spoil the sum. */
	async function assertRoom(context: Context): Promise<void> {
		const service = serviceOf(context);
		if (!mayRewriteData(service)) return;
		try {
			await kept.assertRoom(service, copying(context));
		} catch (error) {
			if (!(error instanceof ProgramInImageError)) throw error;
		}
	}

	return defineOperation({
		kind: 'service.upgrade',
		input: upgradeInput,
		steps: [
			{
				key: 'image',
				run: async (context) => {
					const { operation, input, progress, signal } = context;
					// Its data come back when its container is made anew.
					if (await kept.isDue(serviceOf(context))) throw new AppError('ENGINE_NOT_READY');
					const { engine, version } = serviceOf(context);
					const image = await images.resolveNewest({
						...{ engine, version, digest: input.imageDigest },
						...{ onProgress: progress, signal },
					});
					if (image.digest === input.imageDigest) throw new AppError('ALREADY_NEWEST');
					await assertRoom(context);
					writeTransaction(db, (tx) => updateService(tx, operation.serviceId, columnsOf(image)));
				},
				undo: ({ operation, input }) => {
					writeTransaction(db, (tx) => updateService(tx, operation.serviceId, input));
					return Promise.resolve();
				},
			},
			{
				key: 'removeContainer',
				run: ({ operation }) => replaceContainer(deps, operation.serviceId, {}),
				undo: async (context) => {
					const { id, serviceId } = context.operation;
					// The data are not back: nothing may start on them, and the copy must stay.
					if (isKept(db, id)) throw new AppError('ENGINE_NOT_READY');
					await replaceContainer(deps, serviceId, context.input);
					await container.run(context);
					await wait.run(context);
					await kept.drop({ id: serviceId });
				},
			},
			{
				key: 'keep',
				run: async (context) => {
					const service = serviceOf(context);
					if (!mayRewriteData(service)) return;
					await kept.keep(service, { ...copying(context), operationId: context.operation.id });
				},
				undo: async (context) => {
					const { id, serviceId } = context.operation;
					// Only of a whole copy the new image was put under the data.
					if (!mayRewriteData(serviceOf(context)) || !isKept(db, id)) return;
					await replaceContainer(deps, serviceId, {});
					await kept.bringBack(serviceOf(context), copying(context));
				},
			},
			container,
			{
				...ready,
				run: async (context) => {
					await ready.run(context);
					await kept.drop({ id: context.operation.serviceId });
				},
			},
		],
		onFailure: ({ operation, input }, tx) => updateService(tx, operation.serviceId, input),
	});
}
