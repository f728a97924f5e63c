import type { ContainerState } from '../docker';
import type { DatabaseAdmin, EngineDefinition, EngineTarget } from '../engines/engine';
import { AppError } from '../errors';
import type { Secret } from '../secret';
import { inTime } from './concurrency';
import type { ServiceRow } from './repository';
import type { ServiceSecrets } from './secrets';

const IDLE_MS = 60_000;
/** A pool that waits for a query under way is left to itself after this. */
const CLOSE_LIMIT_MS = 3_000;

export type BrokerDeps = {
	findContainer: (serviceId: string) => Promise<ContainerState | null>;
	engineById: (id: string) => EngineDefinition;
	secrets: ServiceSecrets;
	/** Default: 60 s. */
	idleMs?: number;
};

type Entry = { key: string; admin: Promise<DatabaseAdmin>; idle: NodeJS.Timeout };

/**
 * Connections to running engines, one small pool a service. A pool is closed when it was not asked for in 60 s, when the container
 * was restarted, when the root password changed, or by `close`.
 */
export class EngineBroker {
	readonly #deps: BrokerDeps;
	readonly #entries = new Map<string, Entry>();

	constructor(deps: BrokerDeps) {
		this.#deps = deps;
	}

	/**
	 * Databases, users and grants of a running service. Throws SERVICE_NOT_RUNNING, DOCKER_UNAVAILABLE, SEALED, and NOT_SUPPORTED
	 * when the engine has none; later calls throw ENGINE_UNREACHABLE when it does not answer.
	 */
	async admin(service: ServiceRow): Promise<DatabaseAdmin> {
		const { databaseAdmin } = this.#deps.engineById(service.engine);
		if (!databaseAdmin) throw new AppError('NOT_SUPPORTED', { details: { engine: service.engine } });
		const { port, startedAtMs } = await this.#running(service);
		const key = `${port}:${startedAtMs}:${this.#deps.secrets.rootChangedAt(service.id)}`;
		const existing = this.#entries.get(service.id);
		if (existing?.key === key) {
			existing.idle.refresh();
			return existing.admin;
		}
		this.#drop(service.id);
		const password = this.#deps.secrets.root(service.id);
		const admin = databaseAdmin.connect(this.#target(service, port, password));
		const idle = setTimeout(() => this.#drop(service.id), this.#deps.idleMs ?? IDLE_MS).unref();
		this.#entries.set(service.id, { key, admin, idle });
		return admin;
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
		const { port, startedAtMs } = await this.#running(service);
		return { target: this.#target(service, port, password), startedAtMs };
	}

	/** As `target`, in a container that has just been looked at; null when it does not run. */
	targetIn(container: ContainerState, service: ServiceRow, password: Secret): EngineTarget | null {
		const port = portOf(container);
		return port === undefined ? null : this.#target(service, port, password);
	}

	/** Ends the service's connections, such as before it is stopped; waits 3 s at most. */
	async close(serviceId: string): Promise<void> {
		const entry = this.#entries.get(serviceId);
		this.#entries.delete(serviceId);
		if (!entry) return;
		clearTimeout(entry.idle);
		const isClosed = entry.admin.then((admin) => admin.close()).catch(() => {});
		await inTime(isClosed, CLOSE_LIMIT_MS);
	}

	async closeAll(): Promise<void> {
		await Promise.all([...this.#entries.keys()].map((serviceId) => this.close(serviceId)));
	}

	#target({ engine, version }: ServiceRow, port: number, password: Secret): EngineTarget {
		const { rootUser } = this.#deps.engineById(engine).lifecycle;
		return { host: '127.0.0.1', port, user: rootUser, version, password };
	}

	async #running(service: ServiceRow): Promise<{ port: number; startedAtMs: number }> {
		const container = await this.#deps.findContainer(service.id);
		const port = container ? portOf(container) : undefined;
		if (!container || port === undefined) {
			this.#drop(service.id);
			throw new AppError('SERVICE_NOT_RUNNING');
		}
		return { port, startedAtMs: container.startedAt?.getTime() ?? 0 };
	}

	#drop(serviceId: string): void {
		void this.close(serviceId);
	}
}

function portOf({ status, hostPorts }: ContainerState): number | undefined {
	return status === 'running' ? Object.values(hostPorts)[0] : undefined;
}
