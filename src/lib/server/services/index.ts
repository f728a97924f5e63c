import { setTimeout as sleep } from 'node:timers/promises';
import type { Audit } from '../audit/audit';
import type { Db } from '../db/client';
import type { Docker, DockerNames } from '../docker';
import type { EngineDefinition } from '../engines/engine';
import type { Logger, Redactor } from '../log';
import type { AnyOperation } from '../operations/definition';
import { findRunning } from '../operations/repository';
import { OperationRunner } from '../operations/runner';
import type { Vault } from '../vault';
import { EngineBroker } from './broker';
import { CatalogueReader } from './catalogue';
import { Containers } from './containers';
import { DataCopies } from './data-copies';
import { serviceOperations } from './definitions';
import type { ServiceDeps, ServiceImages } from './deps';
import { DockerView } from './docker-view';
import { Growth } from './growth';
import { KeyedLock } from './keyed-lock';
import { ServiceLogs } from './logs';
import { Machine } from './machine';
import { ServiceManager } from './manager';
import { ServiceReader } from './reader';
import { Reconciler } from './reconciler';
import { RememberedImages } from './remembered-images';
import { findService } from './repository';
import { Sampler } from './sampler';
import { ServiceSecrets } from './secrets';
import { LiveSettings } from './settings/live';
import { SettingsReader } from './settings/reader';
import { SupersededImages } from './superseded-images';
import { Upgrades } from './upgrades';

export type ServicesOptions = {
	db: Db;
	docker: Docker;
	names: DockerNames;
	images: ServiceImages;
	engines: EngineDefinition[];
	/** Throws ENGINE_VERSION_UNKNOWN. */
	engineById: (id: string) => EngineDefinition;
	vault: Vault;
	audit: Audit;
	redactor: Redactor;
	log: Logger;
	/** Long work inside servers, which the features above do. */
	operations?: (deps: ServiceDeps) => AnyOperation[];
	/** How long an operation waits for Docker to come back. Default: 10 minutes. */
	patienceMs?: number;
};

/** A hung Docker must not keep the panel from ending. */
const STOP_LIMIT_MS = 10_000;

/** Everything around managed containers. */
export type Services = ReturnType<typeof createServices>;

/** Puts the room together; nothing runs before `start()`. */
export function createServices(options: ServicesOptions) {
	const { db, docker, names, engineById, audit, redactor, log } = options;
	const images = new RememberedImages(options.images, docker);
	const secrets = new ServiceSecrets(db, options.vault);
	const projectLock = new KeyedLock();
	const serviceLock = new KeyedLock();
	const copies = new DataCopies({ db, docker, names, secrets, log });
	const containers = new Containers({ db, docker, names, images, engineById, projectLock });
	const broker = new EngineBroker({ findContainer: (id) => containers.find(id), engineById, secrets });
	const settings = new LiveSettings({ db, broker, secrets, engineById, log });
	const deps: ServiceDeps = {
		...{ db, docker, names, images, engineById, secrets, containers, copies, broker, settings, log },
	};
	const patience = options.patienceMs === undefined ? {} : { patienceMs: options.patienceMs };
	const definitions = [...serviceOperations(deps), ...(options.operations?.(deps) ?? [])];
	const runner = new OperationRunner({ db, audit, log, definitions, ...patience });
	const view = new DockerView(docker, log);
	const machine = new Machine(docker);
	const growth = new Growth(db);
	const sampler = new Sampler({ db, docker, view, broker, growth, log });
	const upgrades = new Upgrades({ images, log });
	const supersededImages = new SupersededImages({ db, names, images, log });
	const catalogue = new CatalogueReader({ db, engines: options.engines, images, machine, view, log });
	const reconciler = new Reconciler({ ...deps, runner, audit, view, supersededImages, serviceLock });

	async function renameInNetwork(serviceId: string): Promise<void> {
		await serviceLock
			.run(serviceId, async () => {
				const service = findService(db, serviceId);
				const container = await containers.find(serviceId);
				if (!service || !container || findRunning(db, serviceId)) return;
				await docker.networks.reconnect(names.network(service.projectId), container.id, [service.name]);
			})
			.catch((error: unknown) => log.warn('not renamed in its network yet', { service: serviceId, error }));
	}

	return {
		runner,
		broker,
		secrets,
		containers,
		copies,
		reconciler,
		sampler,
		manager: new ServiceManager({
			...{ db, runner, machine, engineById, copies, secrets, sampler, catalogue, renameInNetwork },
		}),
		reader: new ServiceReader({
			...{ db, view, containers, copies, sampler, reconciler, upgrades, machine, names, engineById },
		}),
		growth,
		machine,
		upgrades,
		settingsReader: new SettingsReader({ db, broker, secrets, live: settings, engineById, log }),
		catalogue,
		logs: new ServiceLogs({ docker, containers, redactor }),
		/** Takes up what an earlier process left, then watches over everything. */
		async start(): Promise<void> {
			runner.bus.subscribe(({ status, serviceId }) => {
				if (status === 'succeeded') void sampler.sampleOne(serviceId);
			});
			await runner.resumeAll();
			reconciler.start();
			sampler.start();
		},
		/** Ends gracefully: operations stay resumable, connections are closed. */
		async stop(): Promise<void> {
			const all = Promise.all([runner.stop(), reconciler.stop(), sampler.stop(), upgrades.stop()]);
			await Promise.race([all, sleep(STOP_LIMIT_MS, undefined, { ref: false })]);
			await broker.closeAll();
		},
	};
}
