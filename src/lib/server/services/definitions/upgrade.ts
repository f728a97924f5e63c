import { z } from 'zod';
import { imageOrigins } from '$lib/shared/services';
import { writeTransaction } from '../../db/client';
import { AppError } from '../../errors';
import { defineOperation, type AnyOperation } from '../../operations/definition';
import type { ServiceDeps } from '../deps';
import { columnsOf } from '../image';
import { getService, updateService } from '../repository';
import { replaceContainer } from './replace';
import { containerStep, readyStep, waitStep } from './steps';

/** The image that the service has had, for the way back. */
const upgradeInput = z.strictObject({
	imageRef: z.string().nullable(),
	imageDigest: z.string().nullable(),
	imageOrigin: z.enum(imageOrigins).nullable(),
});

/**
 * The newest image of the same version under the same data. When the engine does not come up with it, the former image comes back, which
 * is kept on this machine. Throws ALREADY_NEWEST in its first step, before anything is changed.
 */
export function upgradeOperation(deps: ServiceDeps): AnyOperation {
	const { db, images } = deps;
	const container = containerStep(deps);
	const wait = waitStep(deps);
	return defineOperation({
		kind: 'service.upgrade',
		input: upgradeInput,
		steps: [
			{
				key: 'image',
				run: async ({ operation, input, progress, signal }) => {
					const { engine, version } = getService(db, operation.serviceId);
					const image = await images.resolveNewest({
						...{ engine, version, digest: input.imageDigest },
						...{ onProgress: progress, signal },
					});
					if (image.digest === input.imageDigest) throw new AppError('ALREADY_NEWEST');
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
					await replaceContainer(deps, context.operation.serviceId, context.input);
					await container.run(context);
					await wait.run(context);
				},
			},
			container,
			readyStep(deps),
		],
		onFailure: ({ operation, input }, tx) => updateService(tx, operation.serviceId, input),
	});
}
