import { writeTransaction, type Db } from '../db/client';
import {
	isGoing,
	LABEL,
	type ContainerRequest,
	type ContainerState,
	type Docker,
	type DockerNames,
} from '../docker';
import type { EngineDefinition } from '../engines/engine';
import { AppError, isAppError } from '../errors';
import type { Images } from '../images';
import type { Secret } from '../secret';
import { randomPassword } from '../vault';
import { containerRequest, wantedContainer } from './container-request';
import { dataVolume } from './data-volume';
import { ensureImage } from './image';
import type { KeyedLock } from './keyed-lock';
import { startSettings } from './settings-of';
import { findFreeHostPort } from './ports';
import { filesBeforeStart } from './volume-files';
import { getProject, getService, isLastOfProject, updateService, type ServiceRow } from './repository';

const PORT_ATTEMPTS = 20;
/** How often a container that is removed by hand while it is made is made anew. */
const REMOVALS = 3;

export type ContainersDeps = {
	db: Db;
	docker: Docker;
	names: DockerNames;
	images: Pick<Images, 'resolveImage'>;
	engineById: (id: string) => EngineDefinition;
	/** Networks are made, used and removed under the project's lock. */
	projectLock: KeyedLock;
};

export type EnsureOptions = {
	operationId: string;
	/** Only a first start needs a known one; else the engine ignores it. */
	bootstrapPassword?: Secret;
	/** Default: true. */
	isStarted?: boolean;
};

/** The container, volume and network of a service. */
export class Containers {
	readonly #deps: ContainersDeps;

	constructor(deps: ContainersDeps) {
		this.#deps = deps;
	}

	/** The service's container by its name, or by its label when somebody has renamed it; null when there is none. */
	async find(serviceId: string): Promise<ContainerState | null> {
		const { docker, names } = this.#deps;
		const named = await docker.containers.inspect(names.container(serviceId));
		if (named) return named;
		const [labelled] = await docker.containers.list({ [LABEL.service]: serviceId });
		return labelled ? docker.containers.inspect(labelled.id) : null;
	}

	async hasVolume(serviceId: string): Promise<boolean> {
		const { db, docker, names } = this.#deps;
		return (await docker.volumes.inspect(dataVolume(names, getService(db, serviceId)))) !== null;
	}

	/** Also one that is not in use, such as the former one of an upgrade that could not be taken back. */
	async hasAnyVolume(serviceId: string): Promise<boolean> {
		return (await this.#deps.docker.volumes.list({ [LABEL.service]: serviceId })).length > 0;
	}

	async ensureVolume(service: ServiceRow, operationId: string): Promise<void> {
		await this.#deps.docker.volumes.ensure({
			name: dataVolume(this.#deps.names, service),
			labels: {
				[LABEL.project]: service.projectId,
				[LABEL.service]: service.id,
				[LABEL.operation]: operationId,
			},
		});
	}

	/** With former ones and copies of its data, if there are any. */
	async removeVolumes(serviceId: string): Promise<void> {
		const { docker, names } = this.#deps;
		await docker.containers.remove(names.helper(serviceId));
		for (const { name } of await docker.volumes.list({ [LABEL.service]: serviceId }))
			await docker.volumes.remove(name);
	}

	async ensureNetwork(projectId: string): Promise<void> {
		const { db, docker, names } = this.#deps;
		await docker.networks.ensure({
			name: names.network(projectId),
			preferredIndex: getProject(db, projectId).networkIndex,
			labels: { [LABEL.project]: projectId },
		});
	}

	/** Removes the project's network when the project has no service but this one, which is about to go. */
	async removeNetworkIfLast(service: { id: string; projectId: string }): Promise<void> {
		const { db, docker, names, projectLock } = this.#deps;
		await projectLock.run(service.projectId, async () => {
			if (isLastOfProject(db, service)) await docker.networks.remove(names.network(service.projectId));
		});
	}

	/**
	 * Sees to it that the service's container exists, made from its row if need be, and runs. One that was made for another volume or
	 * from another image, is out of its network or about to go gives way; one that somebody removes meanwhile is made anew. A taken host
	 * port is replaced by another. Never makes a volume: throws DATA_LOST when it is gone,
	 * and IMAGE_UNAVAILABLE rather than put another image under data.
	 */
	async ensure(serviceId: string, options: EnsureOptions): Promise<void> {
		const { db } = this.#deps;
		let removals = 0;
		for (let attempt = 1; ; attempt += 1) {
			try {
				return await this.#ensureOnce(serviceId, options);
			} catch (error) {
				if (isAppError(error, 'NOT_FOUND')) {
					removals += 1;
					if (removals > REMOVALS) throw new AppError('ENGINE_NOT_READY', { cause: error });
					await this.remove(serviceId);
				} else if (isAppError(error, 'PORT_TAKEN') && attempt < PORT_ATTEMPTS) {
					const hostPort = await findFreeHostPort(db);
					writeTransaction(db, (tx) => updateService(tx, serviceId, { hostPort }));
				} else throw error;
			}
		}
	}

	async #ensureOnce(serviceId: string, options: EnsureOptions): Promise<void> {
		const container = (await this.#findRight(serviceId, options)) ?? (await this.#create(serviceId, options));
		await this.#seed(serviceId, container, options);
		if (options.isStarted !== false) await this.#deps.docker.containers.start(container.id);
	}

	/** Stops it as its engine wishes; fine when it is gone. */
	async stop(service: ServiceRow): Promise<void> {
		const container = await this.find(service.id);
		if (!container) return;
		const engine = this.#deps.engineById(service.engine);
		const spec = engine.lifecycle.containerSpec({
			version: service.version,
			memoryBytes: service.memoryBytes,
			bootstrapPassword: randomPassword(),
			settings: startSettings(engine, service),
		});
		await this.#deps.docker.containers.stop(container.id, spec.stopTimeoutSeconds);
	}

	/** Removes every container that carries the service's label. Its volume stays. */
	async remove(serviceId: string): Promise<void> {
		const { docker, names } = this.#deps;
		const labelled = await docker.containers.list({ [LABEL.service]: serviceId });
		const all = new Set([names.container(serviceId), ...labelled.map((container) => container.id)]);
		for (const nameOrId of all) await docker.containers.remove(nameOrId);
	}

	/** Its container if that is the row's image on the row's volume in the project's network; another one is taken away when there is something to make. */
	async #findRight(serviceId: string, { operationId }: EnsureOptions): Promise<Found | null> {
		const { db, engineById, names } = this.#deps;
		const container = await this.find(serviceId);
		const service = getService(db, serviceId);
		if (!container) return null;
		const wanted = wantedContainer({ service, engine: engineById(service.engine), names });
		if (isMadeFor(container, { wanted, service })) return container;
		if (!(await this.hasVolume(serviceId))) throw new AppError('DATA_LOST');
		await ensureImage(this.#deps, serviceId, { operationId });
		await this.stop(service);
		await this.remove(serviceId);
		return null;
	}

	async #create(serviceId: string, options: EnsureOptions): Promise<Found> {
		const { db, docker, projectLock } = this.#deps;
		const { projectId } = getService(db, serviceId);
		return projectLock.run(projectId, async () => {
			// Docker would make a missing volume by itself, empty and in silence.
			const [hasVolume] = await Promise.all([this.hasVolume(serviceId), this.ensureNetwork(projectId)]);
			if (!hasVolume) throw new AppError('DATA_LOST');
			await this.#ensurePort(serviceId);
			// It may have been removed behind our back.
			await ensureImage(this.#deps, serviceId, { operationId: options.operationId });
			return docker.containers.create(this.#request(serviceId, options));
		});
	}

	async #seed(serviceId: string, { id, status }: Found, { bootstrapPassword }: EnsureOptions): Promise<void> {
		const { db, docker, engineById, names } = this.#deps;
		const service = getService(db, serviceId);
		const engine = engineById(service.engine);
		const entries = filesBeforeStart(engine, service, { password: bootstrapPassword ?? null, status });
		if (entries.length === 0) return;
		const { volume } = wantedContainer({ service, engine, names });
		await docker.containers.putFiles(id, volume.path, entries);
	}

	#request(serviceId: string, options: EnsureOptions) {
		const { db, names, engineById } = this.#deps;
		const service = getService(db, serviceId);
		return containerRequest(
			{ service, engine: engineById(service.engine), names },
			{
				operationId: options.operationId,
				bootstrapPassword: options.bootstrapPassword ?? randomPassword(),
			},
		);
	}

	async #ensurePort(serviceId: string): Promise<void> {
		const { db } = this.#deps;
		if (getService(db, serviceId).hostPort !== null) return;
		const hostPort = await findFreeHostPort(db);
		writeTransaction(db, (tx) => updateService(tx, serviceId, { hostPort }));
	}
}

type Found = Pick<ContainerState, 'id' | 'status'>;

/** A tag may have come to stand for another build since; a digest of a registry is in the reference itself. */
function isMadeFor(
	container: ContainerState,
	{
		wanted,
		service,
	}: { wanted: Pick<ContainerRequest, 'image' | 'volume' | 'network'>; service: ServiceRow },
): boolean {
	const { imageOrigin, imageDigest, initializedAt } = service;
	const isBound = imageOrigin === 'built' && imageDigest !== null && initializedAt !== null;
	const isOtherBuild = isBound && container.imageId !== imageDigest;
	const isOnVolume = container.volumes[wanted.volume.name] === wanted.volume.path;
	// One that was taken out of it has no port either.
	const isInNetwork = wanted.network.name in container.networks;
	const isRight = isOnVolume && isInNetwork && container.imageRef === wanted.image && !isOtherBuild;
	return isRight && !isGoing(container);
}
