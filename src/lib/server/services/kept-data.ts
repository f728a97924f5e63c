import type { Db } from '../db/client';
import { LABEL, type Docker, type DockerNames } from '../docker';
import { ProgramInImageError } from '../docker/images-run';
import { AppError } from '../errors';
import { findOperation } from '../operations/repository';
import type { ServiceRow } from './repository';

const KIB = 1_024;
/** Copying a terabyte takes hours. */
const LIMIT_SECONDS = 12 * 60 * 60;
/** Beside the copy there must be room for what else goes on. */
const SPARE_BYTES = 256 * KIB * KIB;
const SPARE_SHARE = 0.1;

export type KeptDataDeps = { db: Db; docker: Docker; names: DockerNames };

type Owner = Pick<ServiceRow, 'id' | 'projectId'>;
type Copy = { image: string; signal: AbortSignal };

/**
 * A copy of a service's data, in a volume of its own, from before something that the data may not survive. While there is one, nothing
 * but `drop` and the service's purge removes it.
 */
export class KeptData {
	readonly #deps: KeptDataDeps;

	constructor(deps: KeptDataDeps) {
		this.#deps = deps;
	}

	/** Throws UPGRADE_NEEDS_SPACE with `neededBytes` and `freeBytes` when the disk has no room for a copy of the data as it is now. */
	async assertRoom(service: Owner, { image, signal }: Copy): Promise<void> {
		const [used = '', disk = ''] = await this.#run(service, {
			...{ image, signal, volumes: [{ volume: this.#data(service), path: '/data', isReadOnly: true }] },
			commands: [
				['du', '-s', '-k', '/data'],
				['df', '-P', '-k', '/data'],
			],
		});
		const usedBytes = Number(/^\d+/.exec(used)?.[0]) * KIB;
		const freeBytes = Number(/^\S+ +\d+ +\d+ +(\d+) /m.exec(disk)?.[1]) * KIB;
		const neededBytes = Math.ceil(usedBytes * (1 + SPARE_SHARE)) + SPARE_BYTES;
		if (freeBytes >= neededBytes) return;
		if (Number.isNaN(freeBytes - neededBytes)) throw new Error(`unknown sizes: ${used} ${disk}`);
		throw new AppError('UPGRADE_NEEDS_SPACE', { details: { neededBytes, freeBytes } });
	}

	/** Copies the data of a service that has no container, anew. Throws UPGRADE_NEEDS_SPACE. */
	async keep(service: Owner, copy: Copy & { operationId: string }): Promise<void> {
		const { docker } = this.#deps;
		await this.drop(service);
		await this.assertRoom(service, copy);
		await docker.volumes.ensure({
			name: this.#kept(service),
			labels: {
				[LABEL.project]: service.projectId,
				[LABEL.service]: service.id,
				[LABEL.operation]: copy.operationId,
			},
		});
		await this.#copy(service, { ...copy, from: this.#data(service), to: this.#kept(service) });
	}

	/**
	 * Puts the kept data in place of what the service has, which must have no container. The copy stays; idempotent. Throws DATA_LOST when
	 * there is no copy.
	 */
	async bringBack(service: Owner, { image, signal }: Copy): Promise<void> {
		const { docker } = this.#deps;
		const to = this.#data(service);
		// Docker would make it by itself, empty, and that would be brought back.
		if (!(await docker.volumes.inspect(this.#kept(service)))) throw new AppError('DATA_LOST');
		const volumes = [{ volume: to, path: '/data', isReadOnly: false }];
		try {
			await this.#run(service, { image, signal, volumes, commands: [['rm', '-rf', '--', '/data']] });
		} catch (error) {
			// It empties the folder, and says that it cannot remove a mount.
			if (!(error instanceof ProgramInImageError)) throw error;
		}
		const [left] = await this.#run(service, { image, signal, volumes, commands: [['ls', '-A', '/data']] });
		if (left !== '') throw new AppError('INTERNAL', { message: `the volume of ${service.id} is not empty` });
		await this.#copy(service, { image, signal, from: this.#kept(service), to });
	}

	/** Whether an upgrade failed so badly that its copy was not brought back: what lies in the volume now is neither old nor new. */
	async isDue(service: Owner): Promise<boolean> {
		const { db, docker } = this.#deps;
		const volume = await docker.volumes.inspect(this.#kept(service));
		const operationId = volume?.labels[LABEL.operation] ?? '';
		return findOperation(db, operationId)?.row.status === 'failed' && isKept(db, operationId);
	}

	/** Removes the copy, and whatever still copies; fine when there is none. */
	async drop({ id }: Pick<Owner, 'id'>): Promise<void> {
		const { docker, names } = this.#deps;
		await docker.containers.remove(names.helper(id));
		await docker.volumes.remove(names.keptVolume(id));
	}

	async #copy(service: Owner, { image, signal, from, to }: Copy & { from: string; to: string }) {
		await this.#run(service, {
			...{ image, signal },
			volumes: [
				{ volume: from, path: '/from', isReadOnly: true },
				{ volume: to, path: '/to', isReadOnly: false },
			],
			commands: [
				['cp', '-a', '/from/.', '/to/'],
				['sync', '-f', '/to'],
			],
		});
	}

	#run(
		{ id }: Owner,
		{ volumes: on, ...options }: Copy & { volumes: Mount[]; commands: string[][] },
	): Promise<string[]> {
		const { docker, names } = this.#deps;
		return docker.runInImage({ ...options, on, name: names.helper(id), limitSeconds: LIMIT_SECONDS });
	}

	#data({ id }: Owner): string {
		return this.#deps.names.volume(id);
	}

	#kept({ id }: Owner): string {
		return this.#deps.names.keptVolume(id);
	}
}

type Mount = { volume: string; path: string; isReadOnly: boolean };

/** Whether the operation has a whole copy that it has not brought back. */
export function isKept(db: Db, operationId: string): boolean {
	const step = findOperation(db, operationId)?.steps.find(({ key }) => key === 'keep');
	return step?.status === 'done';
}
