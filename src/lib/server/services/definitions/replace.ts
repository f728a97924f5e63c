import { writeTransaction } from '../../db/client';
import type { ServiceDeps } from '../deps';
import { getService, updateService, type ServiceRow } from '../repository';

/**
 * Takes the service's container away, as its engine wishes to be stopped, and writes what the next one is made from. The volume stays;
 * idempotent.
 */
export async function replaceContainer(
	{ db, broker, containers }: ServiceDeps,
	serviceId: string,
	values: Partial<ServiceRow>,
): Promise<void> {
	await broker.close(serviceId);
	await containers.stop(getService(db, serviceId));
	await containers.remove(serviceId);
	writeTransaction(db, (tx) => updateService(tx, serviceId, values));
}
