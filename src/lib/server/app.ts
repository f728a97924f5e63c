import { createAttempts } from './audit/attempts';
import { Audit } from './audit/audit';
import { Auth } from './auth/auth';
import { createDatabases } from './databases';
import { openDatabase } from './db/client';
import { getOrCreateInstance } from './db/instance';
import { holdInstanceLock, type InstanceLock } from './db/lock';
import { createDocker, dockerNames } from './docker';
import { containerRange } from './docker/subnets';
import { engineById, engines } from './engines';
import { dataFiles, loadEnv, type Env } from './env';
import { createImages } from './images';
import { createImageDigests } from './images/digests';
import { createLogger, Redactor, type Logger } from './log';
import { createServices } from './services';
import { findReadyService, type ServiceRow } from './services/repository';
import { bucketOperations, createStorage } from './storage';
import { theInternet, type OutsideNetwork } from './storage/copies/address';
import { StorageCopies } from './storage/copies/copies';
import { copyOperations } from './storage/copies/operations';
import { createObjects } from './storage/objects';
import { objectOperations } from './storage/objects/operations';
import { openVault } from './vault';

/** Everything the process is made of, built once; nothing else in the code is a singleton. */
export type App = ReturnType<typeof buildApp>;

/**
 * Builds the app over a data folder and a Docker socket. Nothing runs in the background before `start()`. `writeLog` takes the log's lines
 * in place of stderr; `network` decides which addresses outside are connected to.
 */
export function buildApp(
	env: Env,
	options: { log?: Logger; writeLog?: (line: string) => void; network?: OutsideNetwork } = {},
) {
	const panelHost = env.origin === null ? null : new URL(env.origin).hostname;
	const network = options.network ?? {
		...theInternet,
		containerRange,
		panelHost,
		takesPrivate: env.allowsPrivateSources,
	};
	const redactor = new Redactor();
	const write = options.writeLog === undefined ? {} : { write: options.writeLog };
	const log = options.log ?? createLogger({ level: env.logLevel, redactor, ...write });
	const files = dataFiles(env.dataDir);
	const database = openDatabase({ file: files.database, migrationsDir: env.migrationsDir });
	const { db } = database;
	const instance = getOrCreateInstance(db);
	const { instanceId } = instance;
	const vault = openVault({ db, keyFile: files.masterKey, instanceId, redactor });
	const audit = new Audit(db);
	const attempts = createAttempts(audit);
	const auth = new Auth({ db, vault, redactor, log, attempts });
	const docker = createDocker({ socketPath: env.dockerSocket, instanceId });
	const images = createImages({
		docker: docker.client,
		digests: createImageDigests(db),
		imagesDir: env.imagesDir,
		dataDir: env.dataDir,
	});
	const names = dockerNames(instanceId);
	const services = createServices({
		db,
		docker,
		names,
		images,
		engines,
		engineById,
		vault,
		audit,
		redactor,
		log,
		operations: (deps) => [
			...bucketOperations(deps),
			...objectOperations(deps),
			// The limits come later, since they need what runs the operations.
			...copyOperations({
				...{ ...deps, vault, network },
				limits: { keepWithin: (service) => storage.dataLimits.keepWithin(service) },
			}),
		],
	});

	const { broker, secrets } = services;
	const storageCopies = new StorageCopies({ db, log, vault, broker, engineById, network });
	const databases = createDatabases<ServiceRow>({ db, vault, broker, secrets, engineById });
	const storage = createStorage({
		...{ db, log, broker, engineById },
		...{ growth: services.growth, machine: services.machine, sizes: services.sampler },
	});
	const objects = createObjects<ServiceRow>({
		...{ db, log, broker, engineById },
		findReady: (id) => findReadyService(db, id),
	});

	return {
		env,
		log,
		redactor,
		database,
		db,
		instance,
		vault,
		audit,
		attempts,
		auth,
		docker,
		images,
		names,
		engines,
		engineById,
		...services,
		...databases,
		...storage,
		...objects,
		storageCopies,
		/** Takes up what a dead process left, then keeps desired and actual state together until `stop()`. */
		async start(): Promise<void> {
			if (vault.sealReason !== null) log.error('vault sealed', { reason: vault.sealReason });
			audit.closeOrphans();
			auth.start();
			await services.start();
			storage.bucketSampler.start();
			storage.dataLimits.start();
		},
		/** Ends background work between steps; what is unfinished goes on at the next start. */
		async stop(): Promise<void> {
			auth.stop();
			await Promise.all([storage.bucketSampler.stop(), storage.dataLimits.stop()]);
			await services.stop();
			database.close();
		},
	};
}

type Running = { app: App; lock: InstanceLock };

let running: Running | undefined;
const runningSymbol = Symbol.for('sh0.running');

/** The one app of this process, holding the data folder's lock. Built at first use, so that building the pages opens nothing. */
export function getApp(): App {
	if (!running) {
		makeRoom();
		const env = loadEnv();
		const lock = holdInstanceLock(env.dataDir);
		const app = buildApp(env);
		running = { app, lock };
		Object.assign(globalThis, { [runningSymbol]: running });
		app.start().catch((error: unknown) => app.log.error('start failed', { error }));
		process.once('exit', () => lock.release());
	}
	return running.app;
}

/** After an edit the dev server loads this module anew in the same process: the app of the old one ends. */
function makeRoom(): void {
	const previous = Reflect.get(globalThis, runningSymbol) as Running | undefined;
	previous?.lock.release();
	previous?.app.stop().catch((error: unknown) => previous.app.log.error('stop failed', { error }));
}
