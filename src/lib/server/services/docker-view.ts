import { LABEL, type ContainerSummary, type Docker } from '../docker';
import type { Logger } from '../log';
import { inTime } from './concurrency';

/** What Docker said last: every service's container from one list call. */
export type Snapshot = { isDockerUp: boolean; containers: ReadonlyMap<string, ContainerSummary> };

/** How long one list call serves all readers, when no event told of a change. */
const TTL_MS = 1_000;
/** A page waits no longer than this for Docker. */
const LIMIT_MS = 2_000;

const nothing: Snapshot = { isDockerUp: false, containers: new Map() };

/** One list call for all who want to know what runs just now. */
export class DockerView {
	readonly #docker: Docker;
	readonly #log: Logger;
	#last: { snapshot: Snapshot; atMs: number } | null = null;
	#asking: Promise<Snapshot> | null = null;

	constructor(docker: Docker, log: Logger) {
		this.#docker = docker;
		this.#log = log;
	}

	/** Something changed: the next reader asks anew. */
	invalidate(): void {
		this.#last = null;
		this.#asking = null;
	}

	/** Never throws: without an answer within 2 s `isDockerUp` is false. */
	async snapshot(): Promise<Snapshot> {
		if (this.#last && Date.now() - this.#last.atMs < TTL_MS) return this.#last.snapshot;
		const asking = (this.#asking ??= this.#ask());
		return (await inTime(asking, LIMIT_MS)) ?? nothing;
	}

	async #ask(): Promise<Snapshot> {
		const snapshot = await this.#list();
		// Whoever asked before a change keeps its answer to itself.
		if (this.#asking !== null) this.#last = { snapshot, atMs: Date.now() };
		this.#asking = null;
		return snapshot;
	}

	async #list(): Promise<Snapshot> {
		try {
			const all = await this.#docker.containers.list();
			const containers = new Map<string, ContainerSummary>();
			for (const container of all) {
				const serviceId = container.labels[LABEL.service];
				if (serviceId !== undefined) containers.set(serviceId, container);
			}
			return { isDockerUp: true, containers };
		} catch (error) {
			this.#log.debug('docker not seen', { error });
			return nothing;
		}
	}
}
