import { memoryPresetsBytes } from '$lib/shared/units';
import type { ImageAvailability } from '$lib/shared/services';
import type { Db } from '../db/client';
import type { EngineDefinition } from '../engines/engine';
import { storageFacts } from './storage-facts';
import type { Images } from '../images';
import type { Logger } from '../log';
import { inTime } from './concurrency';
import type { DockerView } from './docker-view';
import { memoryBudget, type Machine } from './machine';
import type { Catalogue } from './views';

const TTL_MS = 60_000;
/** A page waits no longer than this for registries; what they say later serves the next one. */
const LIMIT_MS = 800;

export type CatalogueDeps = {
	db: Db;
	engines: EngineDefinition[];
	images: Pick<Images, 'availability' | 'buildMinutes'>;
	machine: Machine;
	view: DockerView;
	log: Logger;
};

type Known = { availability: ImageAvailability; atMs: number };

/** What can be made here: engines, versions with where their image comes from, how much memory is left, and how much of the disk is. */
export class CatalogueReader {
	readonly #deps: CatalogueDeps;
	readonly #known = new Map<string, Known>();
	readonly #asking = new Map<string, Promise<ImageAvailability>>();

	constructor(deps: CatalogueDeps) {
		this.#deps = deps;
	}

	/** Answers within about a second; an availability that takes longer to find out is the last known one, or `unknown`. */
	async read(): Promise<Catalogue> {
		const { db, engines, machine, view } = this.#deps;
		const limit = new Promise<'unknown'>((resolve) => setTimeout(() => resolve('unknown'), LIMIT_MS).unref());
		const [{ isDockerUp }, ...listed] = await Promise.all([
			view.snapshot(),
			...engines.map((engine) => this.#engine(engine, limit)),
		]);
		const machineBytes = await this.#machineBytes(isDockerUp, machine);
		const leftBytes = machineBytes === null ? 0 : memoryBudget(db, machineBytes).leftBytes;
		const memory = machineBytes === null ? null : { machineBytes, leftBytes };
		const presets = memoryPresetsBytes.map((bytes) => ({ bytes, allowed: bytes <= leftBytes }));
		const disk = isDockerUp ? await machine.disk() : null;
		return { isDockerUp, engines: listed, memory, disk, presets };
	}

	/** True when `read` has said that no image of this version can be had, and that is still so; nobody waits to find out the first time. */
	async isUnavailable(engine: string, version: string): Promise<boolean> {
		if (this.#known.get(`${engine}:${version}`)?.availability !== 'unavailable') return false;
		return (await inTime(this.#ask(engine, version), LIMIT_MS)) === 'unavailable';
	}

	async #engine(engine: EngineDefinition, limit: Promise<'unknown'>) {
		const versions = await Promise.all(
			engine.versions.map(async (version) => {
				const asking = this.#availability(engine.id, version.version);
				const known = this.#known.get(`${engine.id}:${version.version}`)?.availability;
				return {
					...version,
					capabilities: engine.databaseAdmin?.capabilities(version.version) ?? null,
					buildMinutes: await this.#deps.images.buildMinutes({ engine: engine.id, version: version.version }),
					storage: storageFacts(engine, version.version),
					availability: await Promise.race([asking, limit.then((late) => known ?? late)]),
				};
			}),
		);
		const { minMemoryBytes, defaultMemoryBytes } = engine.lifecycle;
		return {
			id: engine.id,
			kind: engine.kind,
			label: engine.label,
			notice: engine.notice,
			minMemoryBytes,
			defaultMemoryBytes,
			versions,
		};
	}

	#availability(engine: string, version: string): Promise<ImageAvailability> {
		const key = `${engine}:${version}`;
		const known = this.#known.get(key);
		if (known && Date.now() - known.atMs < TTL_MS) return Promise.resolve(known.availability);
		const running = this.#asking.get(key);
		if (running) return running;
		const asking = this.#ask(engine, version).finally(() => this.#asking.delete(key));
		this.#asking.set(key, asking);
		return asking;
	}

	async #ask(engine: string, version: string): Promise<ImageAvailability> {
		try {
			const availability = await this.#deps.images.availability({ engine, version });
			if (availability !== 'unknown') {
				this.#known.set(`${engine}:${version}`, { availability, atMs: Date.now() });
			}
			return availability;
		} catch (error) {
			this.#deps.log.debug('availability not known', { engine, version, error });
			return 'unknown';
		}
	}

	async #machineBytes(isDockerUp: boolean, machine: Machine): Promise<number | null> {
		if (!isDockerUp) return machine.lastMemoryBytes();
		return machine.memoryBytes().catch(() => machine.lastMemoryBytes());
	}
}
