import { z } from 'zod';
import { writeTransaction } from '../../db/client';
import { defineOperation, type AnyOperation, type StepContext } from '../../operations/definition';
import type { ServiceDeps } from '../deps';
import { getService, updateService } from '../repository';
import { containerStep, readyStep } from './steps';

export const resizeInput = z.strictObject({ memoryBytes: z.number(), previousMemoryBytes: z.number() });
type Input = z.infer<typeof resizeInput>;

/**
 * Another memory size: the container is made anew with it, on the same volume, since the engine's own settings follow the memory. When
 * the engine does not come up with it, the former size comes back.
 */
export function resizeOperation(deps: ServiceDeps): AnyOperation {
	const { db, broker, containers } = deps;

	async function replaceContainer({ operation }: StepContext<Input>, memoryBytes: number): Promise<void> {
		await broker.close(operation.serviceId);
		await containers.stop(getService(db, operation.serviceId));
		await containers.remove(operation.serviceId);
		writeTransaction(db, (tx) => updateService(tx, operation.serviceId, { memoryBytes }));
	}

	const container = containerStep(deps);
	return defineOperation({
		kind: 'service.resize',
		input: resizeInput,
		steps: [
			{
				key: 'memory',
				run: (context) => replaceContainer(context, context.input.memoryBytes),
				undo: async (context) => {
					await replaceContainer(context, context.input.previousMemoryBytes);
					await container.run(context);
				},
			},
			container,
			readyStep(deps),
		],
		// Half way there, the container may have been made with either size.
		resumeFrom: () => 'memory',
	});
}
