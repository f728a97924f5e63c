import { z } from 'zod';
import { defineOperation, type AnyOperation } from '../../operations/definition';
import type { ServiceDeps } from '../deps';
import { replaceContainer } from './replace';
import { containerStep, readyStep } from './steps';

const resizeInput = z.strictObject({ memoryBytes: z.number(), previousMemoryBytes: z.number() });

/**
 * Another memory size: the container is made anew with it, on the same volume, since the engine's own settings follow the memory. When
 * the engine does not come up with it, the former size comes back.
 */
export function resizeOperation(deps: ServiceDeps): AnyOperation {
	const container = containerStep(deps);
	return defineOperation({
		kind: 'service.resize',
		input: resizeInput,
		steps: [
			{
				key: 'memory',
				run: ({ operation, input: { memoryBytes } }) =>
					replaceContainer(deps, operation.serviceId, { memoryBytes }),
				undo: async (context) => {
					const { previousMemoryBytes: memoryBytes } = context.input;
					await replaceContainer(deps, context.operation.serviceId, { memoryBytes });
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
