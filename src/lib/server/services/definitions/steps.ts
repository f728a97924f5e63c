import { writeTransaction } from '../../db/client';
import { inspectImage } from '../../docker/images';
import type { Step } from '../../operations/definition';
import type { ServiceDeps } from '../deps';
import { waitUntilReady } from '../ready';
import { getService, updateService } from '../repository';

/**
 * Finds, pulls or builds the image and records which it is. A service keeps the image it has for as long as the machine does. Images
 * are shared: they are never taken back.
 */
export function imageStep({ db, docker, images }: ServiceDeps): Step<unknown> {
	return {
		key: 'image',
		run: async ({ operation, progress, signal }) => {
			const { engine, version, imageRef } = getService(db, operation.serviceId);
			if (imageRef !== null && (await inspectImage(docker.client, imageRef))) return;
			const image = await images.resolveImage({ engine, version }, { onProgress: progress, signal });
			const values = { imageRef: image.ref, imageDigest: image.digest, imageOrigin: image.origin };
			writeTransaction(db, (tx) => updateService(tx, operation.serviceId, values));
		},
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
export function readyStep(deps: ServiceDeps): Step<unknown> {
	return {
		key: 'ready',
		run: async ({ operation, signal }) => {
			const service = getService(deps.db, operation.serviceId);
			if (service.desiredState === 'stopped') return;
			await waitUntilReady(deps, service, { password: deps.secrets.root(service.id), signal });
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
