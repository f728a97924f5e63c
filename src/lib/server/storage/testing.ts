import { afterAll, beforeAll, beforeEach } from 'vitest';
import { writeTransaction } from '../db/client';
import { services } from '../db/schema/index';
import { engineById } from '../engines';
import type { StorageEngineDefinition } from '../engines/storage';
import { AppError } from '../errors';
import { newId } from '../ids';
import { versionsHere } from '../testing/images-here';
import { startStorageServer, type StorageServer } from '../testing/storage-server';
import { seedPeople, type SeededPeople } from '../testing/surface-seed';
import { TestApp } from '../testing/test-app';
import { appRouter } from '../trpc/router';
import { storageEngine, type StorageService } from './deps';

/** The whole API over one real storage server: only where its container is found is told to the app. */
export class StorageHouse {
	readonly house = new TestApp();
	readonly serviceId = newId('service');
	readonly people: SeededPeople;
	readonly #server: StorageServer;

	constructor(definition: StorageEngineDefinition, server: StorageServer) {
		this.#server = server;
		this.people = seedPeople(this.house.app.db);
		this.#insertService(definition);
		this.#tellServer();
	}

	get app() {
		return this.house.app;
	}

	/** Calls the API as a person of this role. */
	as(role: keyof SeededPeople['people']) {
		return appRouter.createCaller({
			...{ app: this.app, requestId: 'r', ip: '127.0.0.1', userAgent: 'test', cookies: null, batchSize: 1 },
			credentials: { kind: 'session', token: this.people.people[role].sessionToken },
		});
	}

	/** Lets the panel find the server once more, and then no more until it is begun again: work that the next call asks for cannot go on. */
	hideServer(): void {
		let left = 1;
		Object.assign(this.app.broker, {
			storageAdmin: () =>
				left-- > 0
					? Promise.resolve(this.#server.admin())
					: Promise.reject(new AppError('ENGINE_UNREACHABLE')),
		});
	}

	/** Ends the panel once this step has begun, and starts another one on the same data; `meanwhile` happens while there is none. */
	async restartIn(operationId: string, step: string, meanwhile?: () => Promise<void>): Promise<void> {
		await this.house.rebuildIn(operationId, step);
		await meanwhile?.();
		this.#tellServer();
		await this.app.runner.resumeAll();
	}

	/** Ends the panel, and starts another one on the same data. */
	async restart(): Promise<void> {
		await this.house.rebuild();
		this.#tellServer();
	}

	async remove(): Promise<void> {
		await this.house.remove();
	}

	/** As the broker finds it, which refuses what is no storage server before anything else. */
	#tellServer(): void {
		const find = (service: StorageService) =>
			Promise.resolve(service).then((asked) => {
				storageEngine({ engineById }, asked);
				return this.#server;
			});
		Object.assign(this.app.broker, {
			storageAdmin: (service: StorageService) => find(service).then((server) => server.admin()),
			storagePorts: (service: StorageService) => find(service).then((server) => server.target().ports),
		});
	}

	#insertService({ id: engine, versions }: StorageEngineDefinition): void {
		const now = new Date();
		writeTransaction(this.app.db, (tx) =>
			tx
				.insert(services)
				.values({
					...{ id: this.serviceId, projectId: this.people.projectId, kind: 'storage', engine, name: 'files' },
					...{ version: versions[0]?.version ?? '', memoryBytes: 268_435_456, desiredState: 'running' },
					...{ phase: 'ready', createdAt: now, initializedAt: now },
				})
				.run(),
		);
	}
}

/**
 * Stands up one server and a house over it for all tests of a `describe`, and hands them over before the first; where the engine's image
 * is not on this machine each test is skipped with that reason, since compiling one takes from minutes to an hour.
 */
export function useStorageHouse(
	definition: StorageEngineDefinition,
	handOver: (opened: { server: StorageServer; house: StorageHouse }) => void,
): void {
	let server: StorageServer | undefined;
	let house: StorageHouse | undefined;
	let isHere = false;
	beforeAll(async () => {
		const versions = definition.versions.map(({ version }) => version);
		isHere = (await versionsHere(definition.id, versions)).length > 0;
		if (!isHere) return;
		server = await startStorageServer(definition);
		house = new StorageHouse(definition, server);
		handOver({ server, house });
	});
	beforeEach((context) => context.skip(!isHere, `the image of ${definition.label} is not on this machine`));
	afterAll(async () => {
		await house?.remove();
		await server?.remove();
	});
}
