import { z } from 'zod';
import { FORMER_DATA_DAYS, imageOrigins } from '$lib/shared/services';
import type { Db } from '../db/client';
import type { DockerNames } from '../docker';
import { listSucceeded } from '../operations/repository';
import type { ServiceRow } from './repository';

const DAY_MS = 24 * 60 * 60 * 1_000;

/** Which image ran on which volume: the two belong together. */
export const runningOn = z.strictObject({
	imageRef: z.string().nullable(),
	imageDigest: z.string().nullable(),
	imageOrigin: z.enum(imageOrigins).nullable(),
	/** Null: the first one. */
	dataVolume: z.string().nullable().default(null),
});
export type RunningOn = z.infer<typeof runningOn>;

/** The volume that a service's data lie in. */
export function dataVolume(names: DockerNames, service: Pick<ServiceRow, 'id' | 'dataVolume'>): string {
	return service.dataVolume ?? names.volume(service.id);
}

export type FormerData = {
	/** As the service's row named them. */
	state: RunningOn;
	volume: string;
	/** From when on nothing was written to it any more. */
	endedAt: Date;
	/** When it may be cleared. */
	keptUntil: Date;
};

/**
 * What a service ran on before the upgrade that made the volume it runs on now; null when there was none. By the records: whether the
 * volume is still there only Docker can tell.
 */
export function formerData(
	db: Db,
	names: DockerNames,
	{ id, dataVolume: inUse }: Pick<ServiceRow, 'id' | 'dataVolume'>,
): FormerData | null {
	if (inUse === null) return null;
	const made = listSucceeded(db, id, 'service.upgrade').find(
		(operation) => names.copyVolume(id, operation.id) === inUse,
	);
	const state = runningOn.safeParse(made?.input);
	if (!made?.finishedAt || !state.success) return null;
	return {
		state: state.data,
		volume: dataVolume(names, { id, dataVolume: state.data.dataVolume }),
		endedAt: made.createdAt,
		keptUntil: new Date(made.finishedAt.getTime() + FORMER_DATA_DAYS * DAY_MS),
	};
}
