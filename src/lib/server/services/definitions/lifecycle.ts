import { defineOperation, type AnyOperation, type OperationDefinition } from '../../operations/definition';
import type { ServiceDeps } from '../deps';
import { updateService } from '../repository';
import { noInput } from './input';
import { containerStep, imageStep, readyStep, removeContainerStep, stopStep } from './steps';

type Plain = OperationDefinition<Record<string, never>>;

/** A service whose volume is found to be gone says so from then on. */
const onFailure: NonNullable<Plain['onFailure']> = ({ operation }, tx, { error }) => {
	if (error.code === 'DATA_LOST') updateService(tx, operation.serviceId, { phase: 'data_lost' });
};

/** The wish for "running" is written with the operation; what fails here, the reconciler goes on trying. */
export function startOperation(deps: ServiceDeps): AnyOperation {
	const steps = [containerStep(deps, 'start'), readyStep(deps)];
	return defineOperation({ kind: 'service.start', input: noInput, steps, onFailure });
}

export function stopOperation(deps: ServiceDeps): AnyOperation {
	return defineOperation({ kind: 'service.stop', input: noInput, steps: [stopStep(deps)] });
}

export function restartOperation(deps: ServiceDeps): AnyOperation {
	return defineOperation({
		kind: 'service.restart',
		input: noInput,
		steps: [stopStep(deps), containerStep(deps, 'start'), readyStep(deps)],
		onFailure,
	});
}

/** Makes the container anew from the service's row, on the same volume: for one that is gone or was changed by hand. */
export function repairOperation(deps: ServiceDeps): AnyOperation {
	return defineOperation({
		kind: 'service.repair',
		input: noInput,
		steps: [imageStep(deps), stopStep(deps), removeContainerStep(deps), containerStep(deps), readyStep(deps)],
		onFailure,
	});
}
