import { z } from 'zod';
import { defineOperation, type AnyOperation, type Step } from '../../operations/definition';
import type { ServiceDeps } from '../deps';
import { replaceContainer } from './replace';
import { containerStep, readyStep } from './steps';

const resizeInput = z.strictObject({ memoryBytes: z.number(), previousMemoryBytes: z.number() });
type Input = z.infer<typeof resizeInput>;

const unlessSame = (step: Step<Input>): Step<Input> => ({
	...step,
	run: async (context) => {
		if (context.input.memoryBytes !== context.input.previousMemoryBytes) await step.run(context);
	},
});

/**
 * Another memory size: the container is made anew with it, on the same volume, since the engine's own settings follow the memory. When
 * the engine does not come up with it, the former size comes back. The size that it has changes nothing.
 */
export function resizeOperation(deps: ServiceDeps): AnyOperation {
	const container = containerStep(deps);
	return defineOperation({
		kind: 'service.resize',
		input: resizeInput,
		steps: [
			unlessSame({
				key: 'memory',
				run: ({ operation, input: { memoryBytes } }) =>
					replaceContainer(deps, operation.serviceId, { memoryBytes }),
				undo: async (context) => {
					const { previousMemoryBytes: memoryBytes } = context.input;
					await replaceContainer(deps, context.operation.serviceId, { memoryBytes });
					await container.run(context);
				},
			}),
			unlessSame(container),
			unlessSame(readyStep(deps)),
		],
		// Half way there, the container may have been made with either size.
		resumeFrom: () => 'memory',
	});
}
