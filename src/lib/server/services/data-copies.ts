import type { StepProgress } from '$lib/shared/operations';
import type { Db } from '../db/client';
import { LABEL, type Docker, type DockerNames } from '../docker';
import type { VolumeState } from '../docker/volumes';
import { ProgramInImageError, type RunInImage } from '../docker/images-run';
import { AppError } from '../errors';
import type { Logger } from '../log';
import { findOperation, findRunning } from '../operations/repository';
import { copyKeptUntil, dataVolume, formerData, hasAnswered, type FormerData } from './data-volume';
import { findService, getService, type ServiceRow } from './repository';
import type { ServiceSecrets } from './secrets';

const KIB = 1_024;
/** Copying a terabyte takes hours. */
const LIMIT_SECONDS = 12 * 60 * 60;
/** Beside the copy there must be room for what else goes on. */
const SPARE_BYTES = 256 * KIB * KIB;
const SPARE_SHARE = 0.1;

type DataCopiesDeps = {
	db: Db;
	docker: Docker;
	names: DockerNames;
	secrets: Pick<ServiceSecrets, 'dropRootOf'>;
	log: Logger;
};

type Owner = Pick<ServiceRow, 'id' | 'projectId'>;
/** `from`: the volume that is copied; `image`: where the programs that copy come from. */
type Copy = { from: string; image: string; signal: AbortSignal };
type Making = Copy & { onProgress: (progress: StepProgress) => void };

/**
 * Copies of a service's data, in volumes of their own, for what the data may not survive: it works on the copy, which the row names from
 * then on, and the former volume is written by nobody. The way back is the row's former value, so nothing is ever copied back.
 */
export class DataCopies {
	readonly #deps: DataCopiesDeps;
	#clearing: Promise<void> | null = null;

	constructor(deps: DataCopiesDeps) {
		this.#deps = deps;
	}

	/** How many bytes there are to copy. Throws UPGRADE_NEEDS_SPACE with `neededBytes` and `freeBytes` when the disk has no room for them. */
	async assertRoom(service: Owner, { from, image, signal }: Copy): Promise<number> {
		const [used = '', disk = ''] = await this.#run(service, {
			...{ image, signal, volumes: [{ volume: from, path: '/data', isReadOnly: true }] },
			commands: [
				['du', '-s', '-k', '/data'],
				['df', '-P', '-k', '/data'],
			],
		});
		const usedBytes = Number(/^\d+/.exec(used)?.[0]) * KIB;
		const freeBytes = Number(/^\S+ +\d+ +\d+ +(\d+) /m.exec(disk)?.[1]) * KIB;
		const neededBytes = Math.ceil(usedBytes * (1 + SPARE_SHARE)) + SPARE_BYTES;
		if (freeBytes >= neededBytes) return usedBytes;
		if (Number.isNaN(freeBytes - neededBytes)) throw new Error(`unknown sizes: ${used} ${disk}`);
		throw new AppError('UPGRADE_NEEDS_SPACE', { details: { neededBytes, freeBytes } });
	}

	/** Copies the data of a service that has no container, anew; gives the copy's name. Throws UPGRADE_NEEDS_SPACE. */
	async make(service: Owner, { operationId, ...copy }: Making & { operationId: string }): Promise<string> {
		const { docker, names } = this.#deps;
		await this.remove(service.id, operationId);
		const totalBytes = await this.assertRoom(service, copy);
		const name = names.copyVolume(service.id, operationId);
		await docker.volumes.ensure({
			name,
			labels: {
				[LABEL.project]: service.projectId,
				[LABEL.service]: service.id,
				[LABEL.operation]: operationId,
			},
		});
		try {
			await this.#copy(service, { ...copy, to: name, totalBytes });
		} catch (error) {
			if (!(error instanceof ProgramInImageError) || !/No space left/.test(error.message)) throw error;
			// Others wrote meanwhile. This tells how much it takes, unless there is room again.
			await this.remove(service.id, operationId);
			await this.assertRoom(service, copy);
			throw error;
		}
		return name;
	}

	/** Removes the operation's copy, and whatever still copies; fine when there is none. */
	async remove(serviceId: string, operationId: string): Promise<void> {
		const { docker, names } = this.#deps;
		await docker.containers.remove(names.helper(serviceId));
		await docker.volumes.remove(names.copyVolume(serviceId, operationId));
	}

	/** What the service ran on before its last upgrade, where its volume is still there; else null. Throws NOT_FOUND. */
	async findFormer(serviceId: string): Promise<FormerData | null> {
		const { db, names } = this.#deps;
		const former = formerData(db, names, getService(db, serviceId));
		return former && (await this.isThere(former)) ? former : null;
	}

	async isThere({ volume }: Pick<FormerData, 'volume'>): Promise<boolean> {
		return (await this.#deps.docker.volumes.inspect(volume)) !== null;
	}

	/** Whether the service was left on the copy of an upgrade that failed before its server had answered. Throws NOT_FOUND. */
	isLeftOnCopy(serviceId: string): boolean {
		const { db, names } = this.#deps;
		return formerData(db, names, getService(db, serviceId))?.keptUntil === null;
	}

	/** Whether the volume that the service's data lay in is gone, and another one of its is not. Throws NOT_FOUND. */
	async hasOthersOnly(serviceId: string): Promise<boolean> {
		const { db, docker, names } = this.#deps;
		const inUse = dataVolume(names, getService(db, serviceId));
		const volumes = await docker.volumes.list({ [LABEL.service]: serviceId });
		return volumes.length > 0 && volumes.every(({ name }) => name !== inUse);
	}

	/**
	 * Removes volumes that services have no use for any more: the former one of an upgrade that succeeded `FORMER_DATA_DAYS` ago, those
	 * before it, and the copy of one that did not, as late where a server was started on it. As long as a service runs on the copy of an
	 * operation that failed, all stay. Large ones take minutes; calls while it is at it share that run. Never throws.
	 */
	clear(): Promise<void> {
		this.#clearing ??= this.#clear()
			.catch((error: unknown) => this.#deps.log.warn('volumes not removed yet', { error }))
			.finally(() => {
				this.#clearing = null;
			});
		return this.#clearing;
	}

	async #clear(): Promise<void> {
		const { docker, secrets, log } = this.#deps;
		const volumes = await docker.volumes.list();
		for (const volume of volumes) {
			if (!this.#isOfNoUse(volume, volumes)) continue;
			await docker.volumes
				.remove(volume.name)
				.then(() => secrets.dropRootOf(volume.labels[LABEL.service] ?? '', volume.name))
				.catch((error: unknown) => log.warn('volume not removed yet', { volume: volume.name, error }));
		}
	}

	/** Only ever true while the volume that is in use is there, and is the first one or made by an upgrade that has answered. */
	#isOfNoUse({ name, labels }: VolumeState, volumes: VolumeState[]): boolean {
		const { db, names } = this.#deps;
		const service = findService(db, labels[LABEL.service] ?? '');
		if (!service || findRunning(db, service.id)) return false;
		const inUse = dataVolume(names, service);
		if (name === inUse || !volumes.some((volume) => volume.name === inUse)) return false;
		const former = formerData(db, names, service);
		if (service.dataVolume !== null && !former?.keptUntil) return false;
		const isFirst = name === names.volume(service.id);
		const maker = isFirst ? null : findOperation(db, labels[LABEL.operation] ?? '');
		// A copy that the records know nothing of may hold what they have forgotten, such as after they were restored.
		if (maker === undefined) return false;
		const now = new Date();
		if (former?.keptUntil && [former.volume, ...former.passedOver].includes(name))
			return former.keptUntil < now;
		if (maker && !hasAnswered(maker)) return (copyKeptUntil(db, maker) ?? now) <= now;
		if (!former) return false;
		// One made later may have been written to later: somebody went back from it.
		return !maker || maker.row.createdAt < former.endedAt;
	}

	async #copy(
		service: Owner,
		{ image, signal, from, to, totalBytes, onProgress }: Making & { to: string; totalBytes: number },
	): Promise<void> {
		const report = (bytes: number) =>
			onProgress({ done: Math.min(bytes, totalBytes), total: totalBytes, unit: 'bytes', line: null });
		report(0);
		await this.#run(service, {
			...{ image, signal },
			watch: { command: ['du', '-s', '-k', '/to'], onOutput: (used) => report(parseInt(used, 10) * KIB) },
			volumes: [
				{ volume: from, path: '/from', isReadOnly: true },
				{ volume: to, path: '/to', isReadOnly: false },
			],
			commands: [
				['cp', '-a', '/from/.', '/to/'],
				['sync', '-f', '/to'],
			],
		});
		report(totalBytes);
	}

	#run(
		{ id }: Pick<Owner, 'id'>,
		{
			volumes: on,
			...options
		}: Omit<Copy, 'from'> & Pick<RunInImage, 'commands' | 'watch'> & { volumes: Mount[] },
	): Promise<string[]> {
		const { docker, names } = this.#deps;
		return docker.runInImage({ ...options, on, name: names.helper(id), limitSeconds: LIMIT_SECONDS });
	}
}

type Mount = { volume: string; path: string; isReadOnly: boolean };
