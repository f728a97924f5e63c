import { z } from 'zod';
import { FORMER_DATA_DAYS, imageOrigins } from '$lib/shared/services';
import type { Db } from '../db/client';
import type { DockerNames } from '../docker';
import { listOfKind, type OperationWithSteps } from '../operations/repository';
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

/** Whether a server has answered on the copy that the upgrade made: apps have been writing to it since. */
export function hasAnswered({ row, steps }: OperationWithSteps): boolean {
	return row.status === 'succeeded' || steps.some(({ key, status }) => key === 'ready' && status === 'done');
}

/**
 * How long the copy of an upgrade that did not succeed is kept, once nothing runs on it: a server that was started on it may have answered
 * apps before sh0. Null when none was started.
 */
export function copyKeptUntil(db: Db, { row, steps }: OperationWithSteps): Date | null {
	const hasStarted = steps.some(({ key, startedAt }) => key === 'container' && startedAt !== null);
	if (!hasStarted) return null;
	// A repair may have taken the service back from it only later.
	const [repair] = listOfKind(db, row.serviceId, 'service.repair');
	const ends = [row.finishedAt, repair?.row.finishedAt].map((end) => end?.getTime() ?? 0);
	return keptFrom(Math.max(...ends));
}

const keptFrom = (ms: number) => new Date(ms + FORMER_DATA_DAYS * DAY_MS);

export type FormerData = {
	/** As the service's row named them. */
	state: RunningOn;
	volume: string;
	/** Copies that no server has answered on, of upgrades that failed since. */
	passedOver: string[];
	/** From when on nothing was written to it any more. */
	endedAt: Date;
	/** When it may be cleared; null: not as long as the service is left on the copy of an upgrade that failed. */
	keptUntil: Date | null;
};

/**
 * The last thing that a service has answered on before the upgrade that made the volume it runs on now; null when there was none. By the
 * records: whether the volume is still there only Docker can tell.
 */
export function formerData(
	db: Db,
	names: DockerNames,
	{ id, dataVolume: inUse }: Pick<ServiceRow, 'id' | 'dataVolume'>,
): FormerData | null {
	return inUse === null ? null : formerAmong(upgradesOf(db, id), names, { id, inUse });
}

/** Whether its time is over: a server that is ready has its data, and what it had before may be cleared at any moment. */
export function isOver({ keptUntil }: FormerData, { phase }: Pick<ServiceRow, 'phase'>): boolean {
	return phase === 'ready' && keptUntil !== null && keptUntil < new Date();
}

const upgradesOf = (db: Db, serviceId: string) => listOfKind(db, serviceId, 'service.upgrade');

function formerAmong(
	upgrades: OperationWithSteps[],
	names: DockerNames,
	{ id, inUse }: { id: string; inUse: string },
): FormerData | null {
	const makerOf = (volume: string) => upgrades.find(({ row }) => names.copyVolume(id, row.id) === volume);
	const made = makerOf(inUse);
	if (!made?.row.finishedAt) return null;
	const passedOver: string[] = [];
	for (let upgrade = made; ;) {
		const state = runningOn.safeParse(upgrade.row.input);
		if (!state.success) return null;
		const volume = dataVolume(names, { id, dataVolume: state.data.dataVolume });
		const maker = makerOf(volume);
		if (!maker || hasAnswered(maker)) {
			const keptUntil = hasAnswered(made) ? keptFrom(made.row.finishedAt.getTime()) : null;
			return { state: state.data, volume, passedOver, endedAt: upgrade.row.createdAt, keptUntil };
		}
		passedOver.push(volume);
		upgrade = maker;
	}
}

/** Volumes that are kept beside the one in use, for a while after an upgrade: a service is as it should be with them. */
export function keptVolumes(
	db: Db,
	names: DockerNames,
	{ id, dataVolume: inUse }: Pick<ServiceRow, 'id' | 'dataVolume'>,
): string[] {
	const upgrades = upgradesOf(db, id);
	const former = inUse === null ? null : formerAmong(upgrades, names, { id, inUse });
	const copies = upgrades
		.filter((upgrade) => !hasAnswered(upgrade) && copyKeptUntil(db, upgrade) !== null)
		.map(({ row }) => names.copyVolume(id, row.id));
	const kept = former?.keptUntil ? [former.volume, ...former.passedOver, ...copies] : copies;
	return kept.filter((volume) => volume !== inUse);
}
