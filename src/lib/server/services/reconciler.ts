import { setTimeout as sleep } from 'node:timers/promises';
import type { OperationKind } from '$lib/shared/operations';
import type { Audit } from '../audit/audit';
import type { ContainerState, DockerEvent } from '../docker';
import { isAppError } from '../errors';
import { hasOperatedSince } from '../operations/repository';
import type { OperationRunner } from '../operations/runner';
import { Backoff } from './backoff';
import { eachLimited } from './concurrency';
import { wantedContainer } from './container-request';
import type { ServiceDeps } from './deps';
import type { DockerView } from './docker-view';
import { findDrift, type Drift } from './drift';
import type { KeyedLock } from './keyed-lock';
import { findService, listPurgeable, listServices, removalKind, type ServiceRow } from './repository';
import { emptyReport, type Report } from './report';
import { clearStrays } from './strays';
import type { SupersededImages } from './superseded-images';
import { SystemActions, type OwnKind } from './system-actions';

const INTERVAL_MS = 30_000;
/** While Docker is away: back within 15 s of its return. */
const AWAY_INTERVAL_MS = 5_000;
/** Events come in bursts. */
const SETTLE_MS = 300;
const CONCURRENCY = 8;

export type ReconcilerDeps = ServiceDeps & {
	runner: OperationRunner;
	audit: Pick<Audit, 'intent' | 'outcome'>;
	view: DockerView;
	supersededImages: Pick<SupersededImages, 'clear'>;
	serviceLock: KeyedLock;
};

export type Observed = { container: ContainerState | null; drift: Drift[]; failedStarts: number };

/** Those whose failure is tried again later; what people ask for is for them to ask again. */
const healing: readonly OperationKind[] = [
	...(['service.start', 'service.stop', 'service.restart', 'service.repair'] as const),
	...(['service.remove', 'service.purge'] as const),
];
const isHealing = (kind: OperationKind) => healing.includes(kind);

/**
 * Makes what is match what is wanted: at boot, when Docker tells of a change or comes back, and every 30 s. Whatever it changes it
 * changes by an operation, so it never meets a person half way; services that an operation runs on are left alone.
 */
export class Reconciler {
	readonly #deps: ReconcilerDeps;
	readonly #actions: SystemActions;
	readonly #backoff = new Backoff();
	readonly #settingUp = new Backoff({ firstMs: 1_000 });
	readonly #observed = new Map<string, Omit<Observed, 'failedStarts'>>();
	readonly #stopping = new AbortController();
	/** Services to look at next; null for all. */
	#dirty: Set<string> | null = null;
	/** True when something ended that people wait for. */
	#isUrgent = false;
	#running: Promise<Report> | null = null;
	#wake: () => void = () => {};
	#loop: Promise<void> | null = null;

	constructor(deps: ReconcilerDeps) {
		this.#deps = deps;
		this.#actions = new SystemActions(deps);
	}

	/** Begins to watch. */
	start(): void {
		const { docker, runner, view } = this.#deps;
		const { signal } = this.#stopping;
		void docker.events({
			signal,
			onEvent: (event) => this.#onEvent(event),
			onReconnect: () => this.#touch(null),
		});
		const unsubscribe = runner.bus.subscribe((operation) => {
			if (operation.status === 'running') return;
			view.invalidate();
			if (isHealing(operation.kind)) {
				const waitMs = this.#backoff.ended(operation.serviceId, operation.status === 'succeeded');
				if (waitMs > 0) this.#touchIn(operation.serviceId, waitMs);
			}
			this.#forgetDrift(operation.serviceId);
			// What it left is seen at once: whoever waited for its end looks now.
			this.#isUrgent = true;
			this.#touch(operation.serviceId);
		});
		signal.addEventListener('abort', unsubscribe, { once: true });
		this.#loop = this.#watch();
	}

	async stop(): Promise<void> {
		this.#stopping.abort();
		this.#wake();
		await this.#loop;
	}

	/** What was last seen of a service. */
	observed(serviceId: string): Observed {
		const seen = this.#observed.get(serviceId) ?? { container: null, drift: [] };
		return { ...seen, failedStarts: this.#backoff.failures(serviceId) };
	}

	/** One look at everything; runs never overlap. Never throws. */
	async runOnce(): Promise<Report> {
		await this.#running;
		this.#dirty = null;
		return this.#runExclusively();
	}

	async #watch(): Promise<void> {
		while (!this.#stopping.signal.aborted) {
			const report = await this.#runExclusively();
			await this.#rest(report.isDockerUp ? INTERVAL_MS : AWAY_INTERVAL_MS);
		}
	}

	#runExclusively(): Promise<Report> {
		this.#running ??= this.#run().finally(() => {
			this.#running = null;
		});
		return this.#running;
	}

	/** Until something changed or the time is over. */
	async #rest(limitMs: number): Promise<void> {
		const { signal } = this.#stopping;
		if (this.#dirty === null || this.#dirty.size === 0) {
			const woken = new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
			const timer = new AbortController();
			const isOver = sleep(limitMs, true, { signal: timer.signal }).catch(() => false);
			const wasOver = await Promise.race([woken, isOver]);
			timer.abort();
			if (wasOver) this.#dirty = null;
		}
		const isUrgent = this.#isUrgent;
		this.#isUrgent = false;
		if (!isUrgent) await sleep(SETTLE_MS, undefined, { signal }).catch(() => {});
	}

	/** An operation may have made the container anew: what differed before says nothing of now. */
	#forgetDrift(serviceId: string): void {
		const seen = this.#observed.get(serviceId);
		if (seen) this.#observed.set(serviceId, { ...seen, drift: [] });
	}

	#onEvent(event: DockerEvent): void {
		this.#deps.view.invalidate();
		if (event.kind === 'container') {
			if (event.action !== 'create') this.#touch(event.serviceId);
		} else if (event.action === 'destroy') this.#touch(null);
	}

	#touch(serviceId: string | null): void {
		if (serviceId === null) this.#dirty = null;
		else this.#dirty?.add(serviceId);
		this.#wake();
	}

	/** What failed is looked at as soon as it may be tried again, and not only with everything else. */
	#touchIn(serviceId: string, waitMs: number): void {
		setTimeout(() => this.#touch(serviceId), waitMs).unref();
	}

	async #run(): Promise<Report> {
		const scope = this.#dirty;
		this.#dirty = new Set();
		const report = emptyReport();
		try {
			await this.#examineServices(scope, report);
			if (scope === null) await this.#examineRest(report);
		} catch (error) {
			if (isAppError(error, 'DOCKER_UNAVAILABLE')) report.isDockerUp = false;
			else this.#deps.log.error('reconciling failed', { error });
			// What was not looked at is looked at again.
			this.#dirty = null;
		}
		const did = Object.fromEntries(
			Object.entries(report).filter(([, value]) => Array.isArray(value) && value.length > 0),
		);
		if (Object.keys(did).length > 0) this.#deps.log.info('reconciled', did);
		return report;
	}

	async #examineServices(scope: Set<string> | null, report: Report): Promise<void> {
		// Docker that does not answer is met once, not once a service.
		await this.#deps.docker.ping();
		const all = listServices(this.#deps.db);
		if (scope === null) this.#forgetOthers(new Set(all.map(({ service }) => service.id)));
		const due = all.filter(
			({ service, operation }) => operation === null && (scope === null || scope.has(service.id)),
		);
		await eachLimited(due, CONCURRENCY, ({ service }) => this.#examine(service, report));
	}

	#forgetOthers(known: Set<string>): void {
		for (const id of this.#observed.keys()) if (!known.has(id)) this.#observed.delete(id);
		this.#backoff.keepOnly(known);
		this.#settingUp.keepOnly(known);
		this.#deps.settings.keepOnly(known);
	}

	async #examine(before: ServiceRow, report: Report): Promise<void> {
		if (before.phase === 'removing') return this.#begin(removalKind(before), before, report.removed);
		if (before.phase !== 'ready' && before.phase !== 'data_lost') return;
		const { containers, db } = this.#deps;
		const since = new Date();
		const container = await containers.find(before.id);
		const hasVolume = await containers.hasVolume(before.id);
		const service = findService(db, before.id);
		// What an operation did in between makes what was seen old: its end brings us here again.
		if (!service || service.phase !== before.phase || hasOperatedSince(db, service.id, since)) return;
		if (!hasVolume) return this.#loseData(service, report);
		if (service.phase === 'data_lost') return this.#findData(service);
		const drift = container ? this.#drift(service, container) : [];
		this.#observed.set(service.id, { container, drift });
		if (drift.length > 0) report.drifted.push(service.id);
		await this.#act(service, container, report);
	}

	async #act(service: ServiceRow, container: ContainerState | null, report: Report): Promise<void> {
		if (!container) return this.#begin('service.repair', service, report.repaired);
		const isUp = container.status === 'running';
		const isWantedUp = service.desiredState === 'running';
		if (isWantedUp && !isUp && container.status !== 'restarting') {
			return this.#begin('service.start', service, report.started);
		}
		if (!isWantedUp && (isUp || container.status === 'restarting' || container.status === 'paused')) {
			return this.#begin('service.stop', service, report.stopped);
		}
		await this.#renameInNetwork(service, container);
		if (isUp && isWantedUp) await this.#setUp(service, container);
	}

	/** A start that no operation saw to, such as Docker's own after a crash: the engine may have forgotten what was set in it. */
	async #setUp(service: ServiceRow, { startedAt }: ContainerState): Promise<void> {
		const { settings } = this.#deps;
		if (!settings.isDue(service.engine, service.id, startedAt) || !this.#settingUp.isDue(service.id)) return;
		const isDone = await settings.tryToApply(service.id);
		const waitMs = this.#settingUp.ended(service.id, isDone);
		if (!isDone) this.#touchIn(service.id, waitMs);
	}

	#begin(kind: OwnKind, service: ServiceRow, list: string[]): void {
		if (!this.#backoff.isDue(service.id)) return;
		if (this.#actions.begin(kind, service)) list.push(service.id);
	}

	#drift(service: ServiceRow, container: ContainerState): Drift[] {
		const { engineById, names, log } = this.#deps;
		const wanted = wantedContainer({ service, engine: engineById(service.engine), names });
		const drift = findDrift(wanted, container);
		const fields = drift.map(({ field }) => field);
		const known = this.#observed.get(service.id)?.drift.map(({ field }) => field) ?? [];
		if (fields.join() !== known.join())
			log.info('container differs from its service', { service: service.id, fields });
		return drift;
	}

	#loseData(service: ServiceRow, report: Report): void {
		if (service.phase === 'data_lost') return;
		this.#actions.record('services.dataLost', service, { phase: 'data_lost' });
		this.#observed.delete(service.id);
		this.#deps.log.error('the volume of a service is gone', { service: service.id });
		report.dataLost.push(service.id);
	}

	/** Somebody brought the volume back. */
	#findData(service: ServiceRow): void {
		this.#actions.record('services.dataFound', service, { phase: 'ready' });
		this.#touch(service.id);
	}

	/** The DNS name follows the row, also when somebody took the container out of the network. */
	async #renameInNetwork(service: ServiceRow, container: ContainerState): Promise<void> {
		const { db, docker, names, serviceLock } = this.#deps;
		const network = names.network(service.projectId);
		if (container.networks[network]?.includes(service.name)) return;
		await serviceLock.run(service.id, async () => {
			const { name } = findService(db, service.id) ?? service;
			await docker.networks.reconnect(network, container.id, [name]);
		});
		const seen = this.#observed.get(service.id);
		if (seen)
			this.#observed.set(service.id, {
				...seen,
				drift: seen.drift.filter(({ field }) => field !== 'network'),
			});
	}

	async #examineRest(report: Report): Promise<void> {
		await clearStrays(this.#deps, report);
		// Large volumes take minutes, and the next look does not wait for them.
		void this.#deps.copies.clear();
		void this.#deps.supersededImages.clear();
		for (const service of listPurgeable(this.#deps.db, new Date())) {
			this.#begin('service.purge', service, report.purged);
		}
	}
}
