import { leavesRunning } from '$lib/shared/operations';
import { cpuPercent, type Docker, type RawStats } from '../docker';
import type { Db } from '../db/client';
import type { Logger } from '../log';
import type { EngineBroker } from './broker';
import { eachLimited, inTime } from './concurrency';
import { sampleEngine, type EngineSample } from './engine-sample';
import type { DockerView } from './docker-view';
import type { Growth } from './growth';
import { findService, listServices, type ServiceRow } from './repository';

export const SAMPLE_INTERVAL_MS = 10_000;
/** One hour. */
const MAX_POINTS = 360;
const CONCURRENCY = 16;
const ENGINE_LIMIT_MS = 5_000;
/** A single missed answer may be a hiccup, two are not. */
const MISSES_TO_WORRY = 2;
/** Sizes cost the engine a look at every file. */
const MEASURE_INTERVAL_MS = 5 * 60_000;
/** One that did not tell is asked again after so long. */
const MEASURE_RETRY_MS = 30_000;

/** A moment in the life of a service; a null is a gap. */
export type StatsPoint = {
	atMs: number;
	/** 100 is one whole core. */
	cpuPercent: number | null;
	memoryBytes: number | null;
	connections: number | null;
};

/** What a storage server holds, and the disk below it. */
type StorageUsage = {
	/** Null while the engine has not counted yet. */
	objects: number | null;
	diskTotalBytes: number | null;
	diskFreeBytes: number | null;
};

type Sampled = {
	points: StatsPoint[];
	raw: RawStats | null;
	misses: number;
	/** Whether it is known to answer or not. */
	isAsked: boolean;
	sizeBytes: number | null;
	usage: StorageUsage | null;
	/** From when on the engine is asked for its size again, as Date.now() gives it; it never is while it is still at it. */
	nextMeasureMs: number;
	maxConnections: number | null;
	engineVersion: string | null;
};

export type LastSample = {
	cpuPercent: number | null;
	memoryBytes: number | null;
	connections: number | null;
	maxConnections: number | null;
	sizeBytes: number | null;
	/** As the engine itself says, such as `17.6`. */
	engineVersion: string | null;
	/** Null for a database server, and while it is not known. */
	usage: StorageUsage | null;
	/** Null when the engine was not asked yet. */
	isAnswering: boolean | null;
};

const noSample: LastSample = {
	cpuPercent: null,
	memoryBytes: null,
	connections: null,
	maxConnections: null,
	sizeBytes: null,
	engineVersion: null,
	usage: null,
	isAnswering: null,
};

export type SamplerDeps = {
	db: Db;
	docker: Docker;
	view: DockerView;
	broker: Pick<EngineBroker, 'admin' | 'storageAdmin'>;
	growth: Pick<Growth, 'note' | 'keepOnly'>;
	log: Logger;
};

/** Measures running services every 10 s and keeps the last hour in memory. */
export class Sampler {
	readonly #deps: SamplerDeps;
	readonly #services = new Map<string, Sampled>();
	#timer: NodeJS.Timeout | null = null;
	#sampling: Promise<void> | null = null;

	constructor(deps: SamplerDeps) {
		this.#deps = deps;
	}

	start(): void {
		this.#timer ??= setInterval(() => void this.sampleAll(), SAMPLE_INTERVAL_MS).unref();
		void this.sampleAll();
	}

	async stop(): Promise<void> {
		if (this.#timer) clearInterval(this.#timer);
		this.#timer = null;
		await this.#sampling;
	}

	/** Points after `sinceMs`, oldest first. */
	points(serviceId: string, sinceMs = 0): StatsPoint[] {
		return this.#services.get(serviceId)?.points.filter((point) => point.atMs > sinceMs) ?? [];
	}

	/** The last hour in about `most` points, oldest first, for a small chart. */
	thinned(serviceId: string, most: number): StatsPoint[] {
		const points = this.points(serviceId);
		const step = Math.max(1, Math.ceil(points.length / most));
		return points.filter((_point, index) => (points.length - 1 - index) % step === 0);
	}

	last(serviceId: string): LastSample {
		const sampled = this.#services.get(serviceId);
		const point = sampled?.points.at(-1);
		if (!sampled || !point) return noSample;
		return {
			cpuPercent: point.cpuPercent,
			memoryBytes: point.memoryBytes,
			connections: point.connections,
			maxConnections: sampled.maxConnections,
			sizeBytes: sampled.sizeBytes,
			engineVersion: sampled.engineVersion,
			usage: sampled.usage,
			isAnswering: sampled.isAsked ? sampled.misses < MISSES_TO_WORRY : null,
		};
	}

	/** What a storage server holds, as its engine has just told somebody else: newer than what was measured last. */
	take(serviceId: string, usage: StorageUsage & { sizeBytes: number | null }): void {
		const sampled = this.#services.get(serviceId);
		if (!sampled || usage.sizeBytes === null) return;
		const { objects, diskTotalBytes, diskFreeBytes, sizeBytes } = usage;
		sampled.usage = { objects, diskTotalBytes, diskFreeBytes };
		sampled.sizeBytes = sizeBytes;
		this.#noteSize(serviceId, sizeBytes);
	}

	/** One service now, such as one that has just begun to run; fine when it does not run. Never throws. */
	async sampleOne(serviceId: string): Promise<void> {
		try {
			const { containers } = await this.#deps.view.snapshot();
			const service = findService(this.#deps.db, serviceId);
			const container = containers.get(serviceId);
			if (service?.phase !== 'ready' || container?.status !== 'running') return;
			await this.#sample(service, container.id, true);
		} catch (error) {
			this.#deps.log.debug('not sampled', { service: serviceId, error });
		}
	}

	/** One round over all services; a round that takes longer than the interval is not overtaken. Never throws. */
	sampleAll(): Promise<void> {
		this.#sampling ??= this.#sampleAll()
			.catch((error: unknown) => this.#deps.log.warn('sampling failed', { error }))
			.finally(() => {
				this.#sampling = null;
			});
		return this.#sampling;
	}

	async #sampleAll(): Promise<void> {
		const { containers } = await this.#deps.view.snapshot();
		const all = listServices(this.#deps.db);
		const known = new Set(all.map(({ service }) => service.id));
		for (const id of this.#services.keys()) if (!known.has(id)) this.#services.delete(id);
		this.#deps.growth.keepOnly(known);
		await eachLimited(all, CONCURRENCY, async ({ service, operation }) => {
			const container = containers.get(service.id);
			const isUp = service.phase === 'ready' && container?.status === 'running';
			const isQuiet = operation === null || leavesRunning(operation.kind);
			if (isUp && container) await this.#sample(service, container.id, isQuiet);
			else this.#gap(service.id);
		});
	}

	async #sample(service: ServiceRow, containerId: string, isQuiet: boolean): Promise<void> {
		const sampled = this.#of(service.id);
		const [raw, engine] = await Promise.all([
			this.#deps.docker.containers.stats(containerId).catch(() => null),
			inTime(this.#askEngine(service, false), ENGINE_LIMIT_MS),
			inTime(this.#measure(service, sampled), ENGINE_LIMIT_MS),
		]);
		// While an operation stops or starts it a missing answer is no news.
		if (engine) sampled.misses = 0;
		else if (isQuiet) sampled.misses += 1;
		sampled.isAsked = engine !== null || sampled.misses > 0;
		sampled.maxConnections = engine?.maxConnections ?? sampled.maxConnections;
		sampled.engineVersion = engine?.version ?? sampled.engineVersion;
		this.#push(sampled, {
			atMs: Date.now(),
			cpuPercent: raw && sampled.raw ? cpuPercent(sampled.raw, raw) : null,
			memoryBytes: raw?.memoryBytes ?? null,
			connections: engine?.connections ?? null,
		});
		sampled.raw = raw;
	}

	/** A full disk, or a service removed meanwhile, costs a point and nothing else. */
	#noteSize(serviceId: string, sizeBytes: number): void {
		try {
			this.#deps.growth.note(serviceId, sizeBytes);
		} catch (error) {
			this.#deps.log.debug('size not kept', { service: serviceId, error });
		}
	}

	/** Sizes of thousands of databases may take longer than a sample waits; they are kept when they come. */
	async #measure(service: ServiceRow, sampled: Sampled): Promise<void> {
		if (Date.now() < sampled.nextMeasureMs) return;
		sampled.nextMeasureMs = Number.POSITIVE_INFINITY;
		const measured = await this.#askEngine(service, true);
		const sizeBytes = measured?.sizeBytes ?? null;
		sampled.nextMeasureMs = Date.now() + (sizeBytes === null ? MEASURE_RETRY_MS : MEASURE_INTERVAL_MS);
		if (measured && service.kind === 'storage') sampled.usage = usageOf(measured);
		if (sizeBytes === null) return;
		sampled.sizeBytes = sizeBytes;
		this.#noteSize(service.id, sizeBytes);
	}

	async #askEngine(service: ServiceRow, isMeasured: boolean): Promise<EngineSample | null> {
		try {
			return await sampleEngine(this.#deps.broker, service, isMeasured);
		} catch (error) {
			this.#deps.log.debug('engine not sampled', { service: service.id, error });
			return null;
		}
	}

	#gap(serviceId: string): void {
		const sampled = this.#services.get(serviceId);
		if (!sampled) return;
		sampled.raw = null;
		sampled.misses = 0;
		sampled.isAsked = false;
		this.#push(sampled, { atMs: Date.now(), cpuPercent: null, memoryBytes: null, connections: null });
	}

	#push(sampled: Sampled, point: StatsPoint): void {
		sampled.points.push(point);
		if (sampled.points.length > MAX_POINTS) sampled.points.shift();
	}

	#of(serviceId: string): Sampled {
		const known = this.#services.get(serviceId);
		if (known) return known;
		const unknown = { sizeBytes: null, maxConnections: null, engineVersion: null, usage: null };
		const fresh: Sampled = { points: [], raw: null, misses: 0, isAsked: false, nextMeasureMs: 0, ...unknown };
		this.#services.set(serviceId, fresh);
		return fresh;
	}
}

function usageOf({ objects, diskTotalBytes, diskFreeBytes }: EngineSample): StorageUsage {
	return { objects, diskTotalBytes, diskFreeBytes };
}
