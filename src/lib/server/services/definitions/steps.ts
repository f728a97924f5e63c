import type { Step } from '../../operations/definition';
import type { ServiceDeps } from '../deps';
import { ensureImage } from '../image';
import { waitUntilReady } from '../ready';
import { getService } from '../repository';

/** Sees to it that the image is there, as `ensureImage` does. Images are shared: they are never taken back. */
export function imageStep(deps: ServiceDeps): Step<unknown> {
	return {
		key: 'image',
		run: ({ operation, progress, signal }) =>
			ensureImage(deps, operation.serviceId, {
				operationId: operation.id,
				options: { onProgress: progress, signal },
			}),
	};
}

/** Makes the container from the row if need be, and starts it when the service is wanted running. */
export function containerStep(
	{ db, containers }: ServiceDeps,
	key: 'container' | 'start' = 'container',
): Step<unknown> {
	return {
		key,
		run: ({ operation }) => {
			const isStarted = getService(db, operation.serviceId).desiredState === 'running';
			return containers.ensure(operation.serviceId, { operationId: operation.id, isStarted });
		},
	};
}

/** Waits for a login with the root password, unless the service is wanted stopped. */
export function waitStep(deps: ServiceDeps): Step<unknown> {
	return {
		key: 'ready',
		run: async ({ operation, signal }) => {
			const service = getService(deps.db, operation.serviceId);
			if (service.desiredState === 'stopped') return;
			await waitUntilReady(deps, service, { password: deps.secrets.root(service.id), signal });
		},
	};
}

/** Sets what is set in a running engine; where that fails it runs without, and the reconciler tries again. */
export function settingsStep({ db, settings }: ServiceDeps): Step<unknown> {
	return {
		key: 'settings',
		run: async ({ operation: { serviceId } }) => {
			if (getService(db, serviceId).desiredState === 'running') await settings.tryToApply(serviceId);
		},
	};
}

/** `waitStep` and `settingsStep` in one. */
export function readyStep(deps: ServiceDeps): Step<unknown> {
	const wait = waitStep(deps);
	const settings = settingsStep(deps);
	return {
		key: 'ready',
		run: async (context) => {
			await wait.run(context);
			await settings.run(context);
		},
	};
}

/** Ends the panel's own connections, then stops the container as its engine wishes. */
export function stopStep({ db, broker, containers }: ServiceDeps): Step<unknown> {
	return {
		key: 'stop',
		run: async ({ operation }) => {
			await broker.close(operation.serviceId);
			await containers.stop(getService(db, operation.serviceId));
		},
	};
}

/** Closes the ways in before anything is taken away. */
export function accessStep({ broker }: ServiceDeps): Step<unknown> {
	return { key: 'access', run: ({ operation }) => broker.close(operation.serviceId) };
}

/** The volume stays. */
export function removeContainerStep({ containers }: ServiceDeps): Step<unknown> {
	return { key: 'removeContainer', run: ({ operation }) => containers.remove(operation.serviceId) };
}
