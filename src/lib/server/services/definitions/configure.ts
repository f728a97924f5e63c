import { z } from 'zod';
import { settingValueSchema } from '$lib/shared/settings';
import { writeTransaction } from '../../db/client';
import { AppError, isAppError } from '../../errors';
import { defineOperation, type AnyOperation, type StepContext } from '../../operations/definition';
import type { ServiceDeps } from '../deps';
import { getService, updateService } from '../repository';
import { resetKeys, restartKeys } from '../settings/change';
import { replaceContainer } from './replace';
import { containerStep, waitStep } from './steps';

const values = z.record(z.string(), settingValueSchema);
/** What is declared before and after. */
const configureInput = z.strictObject({ before: values, after: values });
type Input = z.infer<typeof configureInput>;

/**
 * Other settings, which the service's row has asked for since the operation was begun. When one of them needs a new start the container
 * is made anew with it, on the same volume. When the engine refuses one, or does not come up, the former ones come back.
 */
export function configureOperation(deps: ServiceDeps): AnyOperation {
	const { db, engineById, settings } = deps;
	const container = containerStep(deps);
	const wait = waitStep(deps);

	const keysOf = ({ operation, input }: StepContext<Input>) => {
		const service = getService(db, operation.serviceId);
		return restartKeys(engineById(service.engine), service, input);
	};

	async function put(context: StepContext<Input>, declared: Input['after']): Promise<void> {
		const { serviceId } = context.operation;
		if (keysOf(context).length > 0) await replaceContainer(deps, serviceId, { settings: declared });
		else writeTransaction(db, (tx) => updateService(tx, serviceId, { settings: declared }));
	}

	async function setLive(context: StepContext<Input>, change: Input): Promise<void> {
		const service = getService(db, context.operation.serviceId);
		if (service.desiredState === 'stopped') return;
		await settings.apply(service.id, resetKeys(engineById(service.engine), service, change));
	}

	return defineOperation({
		kind: 'service.configure',
		input: configureInput,
		steps: [
			{
				key: 'settings',
				run: (context) => put(context, context.input.after),
				undo: async (context) => {
					const { before, after } = context.input;
					await put(context, before);
					await container.run(context);
					await wait.run(context);
					await setLive(context, { before: after, after: before });
				},
			},
			container,
			{
				key: 'ready',
				run: async (context) => {
					try {
						await wait.run(context);
					} catch (error) {
						throw blamed(error, keysOf(context));
					}
				},
			},
			{ key: 'verify', run: (context) => setLive(context, context.input) },
		],
		// Half way there, the container may have been made with either.
		resumeFrom: () => 'settings',
		onFailure: ({ operation, input }, tx) =>
			updateService(tx, operation.serviceId, { settings: input.before }),
	});
}

/** An engine that ends when it is started with one new value does so because of it. */
function blamed(error: unknown, keys: string[]): unknown {
	const [key] = keys;
	const isAlone = key !== undefined && keys.length === 1;
	if (!isAlone || !isAppError(error, 'ENGINE_NOT_READY') || !('exitCode' in error.details)) return error;
	return new AppError('SETTING_REFUSED', { cause: error, details: { ...error.details, key } });
}
