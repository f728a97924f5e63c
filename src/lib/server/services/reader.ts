import type { Db } from '../db/client';
import type { ContainerState, DockerNames } from '../docker';
import { dataLimitState } from '$lib/shared/data-limit';
import { s3ConnectionText, s3Endpoint } from '$lib/shared/connection';
import type { EngineDefinition } from '../engines/engine';
import type { StorageEngineDefinition } from '../engines/storage';
import { AppError } from '../errors';
import { findRunning } from '../operations/repository';
import { wantedContainer } from './container-request';
import type { Containers } from './containers';
import type { DataCopies } from './data-copies';
import { formerData, isOver } from './data-volume';
import type { DockerView, Snapshot } from './docker-view';
import { findDrift, type Drift } from './drift';
import { memoryBudget, type Machine } from './machine';
import type { Reconciler } from './reconciler';
import { getService, listProjectServices, type ServiceRow, type ServiceWithOperation } from './repository';
import { startSettings } from './settings-of';
import { storageFacts } from './storage-facts';
import { SAMPLE_INTERVAL_MS, type Sampler } from './sampler';
import { attentionOf, deriveStatus } from './status';
import type { Upgrades } from './upgrades';
import type { Connection, ServiceDetail, ServiceItem, Stats } from './views';

export type ReaderDeps = {
	db: Db;
	view: DockerView;
	containers: Containers;
	copies: Pick<DataCopies, 'isThere'>;
	sampler: Sampler;
	reconciler: Reconciler;
	upgrades: Pick<Upgrades, 'known' | 'find'>;
	machine: Machine;
	names: DockerNames;
	engineById: (id: string) => EngineDefinition;
};

/** As many as a small chart has room for. */
const HISTORY_POINTS = 30;

/** What people see of services. */
export class ServiceReader {
	readonly #deps: ReaderDeps;

	constructor(deps: ReaderDeps) {
		this.#deps = deps;
	}

	/** A project's services by name, those in the trash too: one query and at most one call to Docker. */
	async list(projectId: string, { history } = { history: false }): Promise<ServiceItem[]> {
		const snapshot = await this.#deps.view.snapshot();
		return listProjectServices(this.#deps.db, projectId).map((found) => ({
			...this.#item(found, snapshot),
			history: history ? this.#history(found.service.id) : null,
		}));
	}

	/** Throws NOT_FOUND. */
	async get(serviceId: string): Promise<ServiceDetail> {
		const { db, view, machine, reconciler, upgrades, engineById } = this.#deps;
		const snapshot = await view.snapshot();
		const container = snapshot.isDockerUp ? await this.#container(serviceId) : null;
		const service = getService(db, serviceId);
		const operation = findRunning(db, serviceId) ?? null;
		const machineBytes = await this.#machineBytes(snapshot);
		const state = container ?? reconciler.observed(serviceId).container;
		const engine = engineById(service.engine);
		const { databaseAdmin, lifecycle, notice } = engine;
		const { usage } = this.#deps.sampler.last(serviceId);
		return {
			...this.#item({ service, operation }, snapshot, container),
			capabilities: databaseAdmin?.capabilities(service.version, startSettings(engine, service)) ?? null,
			maxNameBytes: databaseAdmin?.names.maxNameBytes ?? null,
			storage: storageFacts(engine, service.version),
			usage: usage && snapshot.isDockerUp ? await machine.withDisk(usage) : usage,
			notice,
			startedAt: container?.status === 'running' ? container.startedAt : null,
			exitCode: container?.exitCode ?? null,
			isOutOfMemory: state?.oomKilled ?? false,
			imageRef: service.imageRef,
			imageDigest: service.imageDigest,
			upgrade: service.phase === 'ready' ? upgrades.known(service) : null,
			formerData: await this.#formerData(service),
			drift: operation ? [] : this.#drift(service, container),
			minMemoryBytes: lifecycle.minMemoryBytes,
			maxMemoryBytes: machineBytes === null ? null : memoryBudget(db, machineBytes, service.id).leftBytes,
			machineMemoryBytes: machineBytes ?? machine.lastMemoryBytes(),
		};
	}

	/**
	 * Null while Docker is away, too: nobody knows whether they are still there; and for one that works after all on the copy of an upgrade
	 * that failed.
	 */
	async #formerData(service: ServiceRow): Promise<ServiceDetail['formerData']> {
		const { db, names, copies, sampler } = this.#deps;
		const former = formerData(db, names, service);
		if (!former || isOver(former, service)) return null;
		const { endedAt, keptUntil } = former;
		const isWorking = service.phase === 'ready' && sampler.last(service.id).isAnswering === true;
		if (isWorking && keptUntil === null) return null;
		const isThere = await copies.isThere(former).catch(() => false);
		return isThere ? { endedAt, keptUntil } : null;
	}

	/** Whether there is a newer image of its version, asked now unless it is known; null when nobody can tell. Throws NOT_FOUND. */
	async findUpgrade(serviceId: string): Promise<ServiceDetail['upgrade']> {
		const service = getService(this.#deps.db, serviceId);
		return service.phase === 'ready' ? this.#deps.upgrades.find(service) : null;
	}

	/**
	 * How to connect, without the password. Throws NOT_SUPPORTED when the engine has no logins, and NAME_INVALID, NAME_RESERVED or
	 * NAME_TOO_LONG for names the engine cannot have.
	 */
	async connection(
		serviceId: string,
		login: { database?: string | undefined; userName?: string | undefined },
	): Promise<Connection> {
		const service = getService(this.#deps.db, serviceId);
		const engine = this.#deps.engineById(service.engine);
		if (engine.kind === 'storage') return this.#storageConnection(service, engine, login);
		const { databaseAdmin, lifecycle } = engine;
		if (!databaseAdmin) throw new AppError('NOT_SUPPORTED');
		const user = login.userName ?? lifecycle.rootUser;
		const database = login.database ?? null;
		if (user !== lifecycle.rootUser) databaseAdmin.names.assertUserName(user);
		const { port, networkPort, isRunning } = await this.#ports(service);
		const networkHost = service.name;
		const text = { user, password: null, database };
		const { uri, command, env, snippets } = databaseAdmin.connectionText({
			host: '127.0.0.1',
			port,
			...text,
		});
		const networkUri = databaseAdmin.connectionText({ host: networkHost, port: networkPort, ...text }).uri;
		const addresses = { host: '127.0.0.1', port, networkHost, networkPort };
		return {
			...addresses,
			user,
			database,
			isRunning,
			uri,
			networkUri,
			command,
			env,
			snippets,
			storage: null,
		};
	}

	/** Apps log in with a key of their own, never as root. */
	async #storageConnection(
		service: ServiceRow,
		{ lifecycle, storageAdmin: { region, consolePath } }: StorageEngineDefinition,
		login: { database?: string | undefined; userName?: string | undefined },
	): Promise<Connection> {
		if (login.database !== undefined || login.userName !== undefined) throw new AppError('NOT_SUPPORTED');
		const { port, networkPort, isRunning, hostPorts } = await this.#ports(service);
		const { version, memoryBytes } = service;
		const roles = lifecycle.containerSpec({ version, memoryBytes }).ports;
		const now = (role: number | undefined) => (role === undefined ? null : (hostPorts[role] ?? null));
		const consolePort = consolePath === null ? null : now(roles.console);
		const webPort = now(roles.web);
		const { uri, ...texts } = s3ConnectionText({ host: '127.0.0.1', port, region });
		return {
			...{ host: '127.0.0.1', port, networkHost: service.name, networkPort },
			...{ user: lifecycle.rootUser, database: null, isRunning, uri, ...texts },
			networkUri: s3Endpoint({ host: service.name, port: networkPort }),
			storage: {
				region,
				consoleUrl: consolePort === null ? null : `http://127.0.0.1:${consolePort}${consolePath}`,
				web:
					roles.web === undefined
						? null
						: {
								address: webPort === null ? null : `127.0.0.1:${webPort}`,
								networkAddress: `${service.name}:${roles.web}`,
							},
			},
		};
	}

	/** The samples after `sinceMs` (a moment, as Date.now() gives it), at most of the last hour. */
	stats(serviceId: string, sinceMs?: number): Stats {
		const service = getService(this.#deps.db, serviceId);
		return {
			intervalMs: SAMPLE_INTERVAL_MS,
			memoryLimitBytes: service.memoryBytes,
			maxConnections: this.#deps.sampler.last(serviceId).maxConnections,
			points: this.#deps.sampler.points(serviceId, sinceMs),
		};
	}

	#history(serviceId: string): ServiceItem['history'] {
		return this.#deps.sampler
			.thinned(serviceId, HISTORY_POINTS)
			.map(({ atMs, cpuPercent, memoryBytes }) => ({ atMs, cpuPercent, memoryBytes }));
	}

	#item(
		{ service, operation }: ServiceWithOperation,
		snapshot: Snapshot,
		fresh: ContainerState | null = null,
	): ServiceItem {
		const container = fresh ?? snapshot.containers.get(service.id) ?? null;
		const observed = this.#deps.reconciler.observed(service.id);
		const { failedStarts } = observed;
		const isUp = container?.status === 'running' && service.phase === 'ready';
		const { isAnswering, memoryBytes: memoryUsedBytes, ...sample } = this.#deps.sampler.last(service.id);
		const status = deriveStatus({
			...{ phase: service.phase, desiredState: service.desiredState, isDockerUp: snapshot.isDockerUp },
			...{
				operation: operation?.kind ?? null,
				container: container?.status ?? null,
				isAnswering,
				failedStarts,
			},
		});
		const isOutOfMemory = observed.container?.oomKilled ?? false;
		const hasDrift = operation === null && this.#drift(service, fresh).length > 0;
		const { dataLimitBytes } = service;
		const isFull = dataLimitState({ sizeBytes: sample.sizeBytes, dataLimitBytes }) === 'full';
		return {
			id: service.id,
			projectId: service.projectId,
			name: service.name,
			kind: service.kind,
			engine: service.engine,
			engineLabel: this.#deps.engineById(service.engine).label,
			version: service.version,
			status,
			desiredState: service.desiredState,
			attention: attentionOf({ status, isOutOfMemory, failedStarts, hasDrift, isFull }),
			operation: operation && { id: operation.id, kind: operation.kind },
			memoryBytes: service.memoryBytes,
			memoryUsedBytes: isUp ? memoryUsedBytes : null,
			cpuPercent: isUp ? sample.cpuPercent : null,
			connections: isUp ? sample.connections : null,
			maxConnections: sample.maxConnections,
			sizeBytes: sample.sizeBytes,
			dataLimitBytes,
			engineVersion: sample.engineVersion,
			history: null,
			imageOrigin: service.imageOrigin,
			createdAt: service.createdAt,
			trashedAt: service.trashedAt,
			purgeAfter: service.purgeAfter,
		};
	}

	/** As the container is now when it has just been looked at, else as it was when the reconciler last looked. */
	#drift(service: ServiceRow, fresh: ContainerState | null): Drift[] {
		const { engineById, names, reconciler } = this.#deps;
		if (!fresh || service.phase !== 'ready') return reconciler.observed(service.id).drift;
		return findDrift(wantedContainer({ service, engine: engineById(service.engine), names }), fresh);
	}

	async #container(serviceId: string): Promise<ContainerState | null> {
		return this.#deps.containers.find(serviceId).catch(() => null);
	}

	/** Always from Docker; without a running container, or while Docker is away, the port it will have. */
	async #ports(service: ServiceRow) {
		const { isDockerUp } = await this.#deps.view.snapshot();
		const container = isDockerUp ? await this.#container(service.id) : null;
		const networkPort = this.#enginePort(service);
		const live = container?.hostPorts[networkPort];
		const asked = container?.requestedPorts[networkPort] ?? service.hostPort ?? 0;
		const hostPorts = container?.hostPorts ?? {};
		return { port: live ?? asked, networkPort, isRunning: live !== undefined, hostPorts };
	}

	#enginePort(service: ServiceRow): number {
		const { engineById, names } = this.#deps;
		return wantedContainer({ service, engine: engineById(service.engine), names }).port;
	}

	async #machineBytes({ isDockerUp }: Snapshot): Promise<number | null> {
		const { machine } = this.#deps;
		if (!isDockerUp) return machine.lastMemoryBytes();
		return machine.memoryBytes().catch(() => machine.lastMemoryBytes());
	}
}
