import { z } from 'zod';
import { TRASH_DAYS } from '$lib/shared/services';
import { writeTransaction } from '../../db/client';
import { AppError } from '../../errors';
import { defineOperation, type AnyOperation } from '../../operations/definition';
import type { ServiceDeps } from '../deps';
import { deleteService, findService, updateService } from '../repository';
import { noInput } from './input';
import { accessStep, containerStep, imageStep, readyStep, removeContainerStep, stopStep } from './steps';

const DAY_MS = 24 * 60 * 60 * 1_000;

/** Takes a service out of use: its container goes, its volume stays in the trash for `TRASH_DAYS`, its port and name are free. */
export function removeOperation(deps: ServiceDeps): AnyOperation {
	return defineOperation({
		kind: 'service.remove',
		input: noInput,
		steps: [accessStep(deps), stopStep(deps), removeContainerStep(deps)],
		onSuccess: ({ operation }, tx) => {
			const trashedAt = new Date();
			const purgeAfter = new Date(trashedAt.getTime() + TRASH_DAYS * DAY_MS);
			const phase = 'trashed' as const;
			updateService(tx, operation.serviceId, { phase, trashedAt, purgeAfter, hostPort: null });
		},
	});
}

/** What the row looked like in the trash, for the way back. */
const restoreInput = z.strictObject({
	name: z.string(),
	trashedAtMs: z.number(),
	purgeAfterMs: z.number(),
});

/**
 * Brings a service back from the trash, running, on the volume it had; where that is gone, on the one from before its last upgrade. If it
 * fails it lies in the trash as before.
 */
export function restoreOperation(deps: ServiceDeps): AnyOperation {
	const { db, containers, copies, secrets } = deps;
	return defineOperation({
		kind: 'service.restoreFromTrash',
		input: restoreInput,
		steps: [
			{
				key: 'restore',
				run: async ({ operation: { serviceId } }) => {
					if (await containers.hasVolume(serviceId)) return;
					const former = await copies.findFormer(serviceId);
					if (!former) throw new AppError('DATA_LOST');
					writeTransaction(db, (tx) => {
						secrets.bringBackRootOf(tx, serviceId, former.volume);
						updateService(tx, serviceId, former.state);
					});
				},
			},
			imageStep(deps),
			{
				...containerStep(deps),
				undo: ({ operation }) => containers.remove(operation.serviceId),
			},
			readyStep(deps),
		],
		onFailure: ({ operation, input }, tx) =>
			updateService(tx, operation.serviceId, {
				phase: 'trashed',
				desiredState: 'stopped',
				name: input.name,
				trashedAt: new Date(input.trashedAtMs),
				purgeAfter: new Date(input.purgeAfterMs),
				hostPort: null,
			}),
	});
}

/**
 * Ends a service for good: container, volume, network if it was the project's last, row and secrets. Data are deleted out of the trash
 * only: where a lost volume is back, nothing is touched, and the service is ready again.
 */
export function purgeOperation(deps: ServiceDeps): AnyOperation {
	const { db, containers } = deps;
	const access = accessStep(deps);

	async function assertNothingToKeep(serviceId: string): Promise<void> {
		const service = findService(db, serviceId);
		if (!service || service.initializedAt === null || service.phase === 'trashed') return;
		if (await containers.hasAnyVolume(serviceId)) throw new AppError('DATA_FOUND');
	}

	return defineOperation({
		kind: 'service.purge',
		input: noInput,
		steps: [
			{
				...access,
				run: async (context) => {
					await assertNothingToKeep(context.operation.serviceId);
					await access.run(context);
				},
			},
			removeContainerStep(deps),
			{
				key: 'removeVolume',
				run: async ({ operation }) => {
					await assertNothingToKeep(operation.serviceId);
					await containers.removeVolumes(operation.serviceId);
					const service = findService(db, operation.serviceId);
					if (service) await containers.removeNetworkIfLast(service);
				},
			},
		],
		onSuccess: ({ operation }, tx) => deleteService(tx, operation.serviceId),
		onFailure: ({ operation }, tx, { error }) => {
			if (error.code === 'DATA_FOUND') updateService(tx, operation.serviceId, { phase: 'ready' });
		},
	});
}
