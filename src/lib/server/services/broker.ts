import type { ContainerState } from '../docker';
import type { DatabaseAdmin, EngineDefinition, EngineTarget } from '../engines/engine';
import type { PortsByRole, StorageAdmin, StorageTarget } from '../engines/storage';
import { AppError } from '../errors';
import type { Secret } from '../secret';
import { Pools } from './pools';
import type { ServiceRow } from './repository';
import type { ServiceSecrets } from './secrets';
import { portsIn, rootLogin, serverIn, type Login, type Server } from './server';

const IDLE_MS = 60_000;

export type BrokerDeps = {
	findContainer: (serviceId: string) => Promise<ContainerState | null>;
	engineById: (id: string) => EngineDefinition;
	secrets: ServiceSecrets;
	/** Default: 60 s. */
	idleMs?: number;
};

/**
 * Connections to running engines, one small pool a service. A pool is closed when it was not asked for in 60 s, when the container
 * was restarted, when the root password changed, or by `close`.
 */
export class EngineBroker {
	readonly #deps: BrokerDeps;
	readonly #databases: Pools<DatabaseAdmin>;
	readonly #storage: Pools<StorageAdmin>;

	constructor(deps: BrokerDeps) {
		this.#deps = deps;
		this.#databases = new Pools(deps.idleMs ?? IDLE_MS);
		this.#storage = new Pools(deps.idleMs ?? IDLE_MS);
	}

	/**
	 * Databases, users and grants of a running service. Throws SERVICE_NOT_RUNNING, DOCKER_UNAVAILABLE, SEALED, and NOT_SUPPORTED
	 * when the engine has none; later calls throw ENGINE_UNREACHABLE when it does not answer.
	 */
	async admin(service: ServiceRow): Promise<DatabaseAdmin> {
		const { databaseAdmin } = this.#deps.engineById(service.engine);
		if (!databaseAdmin) throw notSupported(service);
		const container = await this.#running(service);
		const open = () => databaseAdmin.connect(this.#asRoot(service, container).target);
		return this.#databases.get(service.id, this.#key(service, container), open);
	}

	/** Buckets and keys of a running service. Throws as `admin`, NOT_SUPPORTED for an engine that is no file storage. */
	async storageAdmin(service: ServiceRow): Promise<StorageAdmin> {
		const { storageAdmin } = this.#deps.engineById(service.engine);
		if (!storageAdmin) throw notSupported(service);
		const container = await this.#running(service);
		const open = () => storageAdmin.connect(storageTargetOf(this.#asRoot(service, container), service));
		return this.#storage.get(service.id, this.#key(service, container), open);
	}

	/** Where a storage server answers just now, whoever asks it. Throws as `storageAdmin`, but never SEALED. */
	async storagePorts(service: ServiceRow): Promise<PortsByRole> {
		const engine = this.#deps.engineById(service.engine);
		if (engine.kind !== 'storage') throw notSupported(service);
		const ports = portsIn(await this.#running(service), { engine, service });
		if (!ports) throw new AppError('SERVICE_NOT_RUNNING');
		return ports;
	}

	/** Where the engine answers just now, as its administrator. Throws SERVICE_NOT_RUNNING. */
	async target(service: ServiceRow, password: Secret): Promise<EngineTarget> {
		return (await this.locate(service, password)).target;
	}

	/** As `target`, with the moment at which the container was started (0 when Docker does not tell). */
	async locate(
		service: ServiceRow,
		password: Secret,
	): Promise<{ target: EngineTarget; startedAtMs: number }> {
		const container = await this.#running(service);
		const login = rootLogin(this.#deps.engineById(service.engine), password);
		return { target: this.#server(service, container, login).target, startedAtMs: startOf(container) };
	}

	/** The running engine with its kind, for this login. Throws SERVICE_NOT_RUNNING. */
	async server(service: ServiceRow, login: Login): Promise<Server> {
		return this.#server(service, await this.#running(service), login);
	}

	/** As `server`, in a container that has just been looked at; null when it does not run. */
	serverIn(container: ContainerState, service: ServiceRow, login: Login): Server | null {
		return serverIn(container, { engine: this.#deps.engineById(service.engine), service, login });
	}

	/** Ends the service's connections, such as before it is stopped; waits 3 s at most. */
	async close(serviceId: string): Promise<void> {
		await Promise.all([this.#databases.close(serviceId), this.#storage.close(serviceId)]);
	}

	async closeAll(): Promise<void> {
		await Promise.all([this.#databases.closeAll(), this.#storage.closeAll()]);
	}

	#asRoot(service: ServiceRow, container: ContainerState): Server {
		const password = this.#deps.secrets.root(service.id);
		return this.#server(service, container, rootLogin(this.#deps.engineById(service.engine), password));
	}

	/** Another start, another port or another password is another pool. */
	#key({ id }: ServiceRow, container: ContainerState): string {
		const ports = Object.values(container.hostPorts).join();
		return `${ports}:${startOf(container)}:${this.#deps.secrets.rootChangedAt(id)}`;
	}

	#server(service: ServiceRow, container: ContainerState, login: Login): Server {
		const server = this.serverIn(container, service, login);
		if (!server) throw new AppError('SERVICE_NOT_RUNNING');
		return server;
	}

	async #running({ id }: ServiceRow): Promise<ContainerState> {
		const container = await this.#deps.findContainer(id);
		if (container?.status === 'running' && Object.keys(container.hostPorts).length > 0) return container;
		void this.close(id);
		throw new AppError('SERVICE_NOT_RUNNING');
	}
}

const startOf = ({ startedAt }: ContainerState) => startedAt?.getTime() ?? 0;

function notSupported({ engine }: ServiceRow): AppError {
	return new AppError('NOT_SUPPORTED', { details: { engine } });
}

function storageTargetOf(server: Server, service: ServiceRow): StorageTarget {
	if (server.kind !== 'storage') throw notSupported(service);
	return server.target;
}
