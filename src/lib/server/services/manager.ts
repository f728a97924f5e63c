import { isUniqueViolation, writeTransaction, type Db } from '../db/client';
import type { EngineDefinition } from '../engines/engine';
import { engineVersion } from '../engines';
import { AppError } from '../errors';
import { newId } from '../ids';
import { findRunning } from '../operations/repository';
import { busy, type OperationRunner } from '../operations/runner';
import { assertPhase, beginOperation, type Caller, type Change, type Started } from './begin-operation';
import type { CatalogueReader } from './catalogue';
import type { DataCopies } from './data-copies';
import { assertMemory, memoryBudget, type Machine } from './machine';
import { findFreeHostPort } from './ports';
import { getService, insertService, removalKind, updateService, type ServiceRow } from './repository';
import type { Sampler } from './sampler';
import type { ServiceSecrets } from './secrets';
import { declaredAfter, type SettingChanges } from './settings/change';

export type { Caller, Started };

export type ManagerDeps = {
	db: Db;
	runner: OperationRunner;
	machine: Machine;
	engineById: (id: string) => EngineDefinition;
	copies: Pick<DataCopies, 'findFormer' | 'isLeftOnCopy' | 'hasOthersOnly'>;
	secrets: Pick<ServiceSecrets, 'bringBackRootOf'>;
	sampler: Pick<Sampler, 'last'>;
	catalogue: Pick<CatalogueReader, 'isUnavailable'>;
	/** Gives the running container its new DNS name; best effort, the reconciler does what is left. */
	renameInNetwork: (serviceId: string) => Promise<void>;
};

const PORT_ATTEMPTS = 5;

/**
 * What people can ask of services. Each answers as soon as its operation is on record; two who ask the same at once get one operation
 * and one SERVICE_BUSY. Throws NOT_FOUND for an unknown service.
 */
export class ServiceManager {
	readonly #deps: ManagerDeps;

	constructor(deps: ManagerDeps) {
		this.#deps = deps;
	}

	/**
	 * A new service. Throws ENGINE_VERSION_UNKNOWN, NOT_SUPPORTED for a data limit of one without buckets, IMAGE_UNAVAILABLE when that is
	 * known already, MEMORY_TOO_SMALL, NOT_ENOUGH_MEMORY, NAME_TAKEN, PORT_TAKEN, DOCKER_UNAVAILABLE.
	 */
	async create(
		request: {
			projectId: string;
			engine: string;
			version: string;
			name: string;
			memoryBytes: number;
			/** What all buckets may hold together. */
			dataLimitBytes?: number | null | undefined;
		},
		caller: Caller,
	): Promise<Started> {
		const engine = this.#deps.engineById(request.engine);
		engineVersion(engine, request.version);
		if (typeof request.dataLimitBytes === 'number' && engine.kind !== 'storage')
			throw new AppError('NOT_SUPPORTED', { field: 'dataLimitBytes', details: { engine: engine.id } });
		if (await this.#deps.catalogue.isUnavailable(engine.id, request.version))
			throw new AppError('IMAGE_UNAVAILABLE', { field: 'version' });
		const machineBytes = await this.#deps.machine.memoryBytes();
		for (let attempt = 1; ; attempt += 1) {
			const hostPort = await findFreeHostPort(this.#deps.db);
			try {
				return this.#insert({ ...request, kind: engine.kind, hostPort }, engine, machineBytes, caller);
			} catch (error) {
				if (!isUniqueViolation(error, 'services.host_port') || attempt >= PORT_ATTEMPTS) throw error;
			}
		}
	}

	start(serviceId: string, caller: Caller): Started {
		const values = () => ({ desiredState: 'running' as const });
		return this.#begin({ kind: 'service.start', serviceId, caller, phases: ['ready'], values });
	}

	stop(serviceId: string, caller: Caller): Started {
		const values = () => ({ desiredState: 'stopped' as const });
		return this.#begin({ kind: 'service.stop', serviceId, caller, phases: ['ready'], values });
	}

	restart(serviceId: string, caller: Caller): Started {
		const values = () => ({ desiredState: 'running' as const });
		return this.#begin({ kind: 'service.restart', serviceId, caller, phases: ['ready'], values });
	}

	/**
	 * Makes its container anew from what is on record. One whose data are lost, or that does not answer on the copy of an upgrade that
	 * failed, comes back with those from before that upgrade, image, data and root's password together. Throws DATA_LOST when they are gone
	 * too.
	 */
	async repair(serviceId: string, caller: Caller): Promise<Started> {
		const { copies, secrets } = this.#deps;
		const seen = getService(this.#deps.db, serviceId);
		const former = this.#isToGoBack(seen) ? await copies.findFormer(serviceId) : null;
		return this.#begin({
			...{ kind: 'service.repair', serviceId, caller, phases: ['ready', 'data_lost'] },
			values: (tx, service) => {
				if (service.phase === 'data_lost' && !former) throw new AppError('DATA_LOST');
				if (!former || service.phase !== seen.phase) return {};
				secrets.bringBackRootOf(tx, serviceId, former.volume);
				const { desiredState } =
					service.phase === 'data_lost' ? { desiredState: 'running' as const } : service;
				return { ...former.state, phase: 'ready', desiredState };
			},
		});
	}

	#isToGoBack({ id, phase }: ServiceRow): boolean {
		if (phase === 'data_lost') return true;
		const { copies, sampler } = this.#deps;
		return copies.isLeftOnCopy(id) && sampler.last(id).isAnswering !== true;
	}

	/** A new password for the engine's administrator. Throws SERVICE_NOT_RUNNING for a service that is wanted stopped. */
	rotateRoot(serviceId: string, caller: Caller): Started {
		const values = (_tx: Db, service: ServiceRow) => {
			if (service.desiredState === 'stopped') throw new AppError('SERVICE_NOT_RUNNING');
			return {};
		};
		return this.#begin({ kind: 'service.rotateRoot', serviceId, caller, phases: ['ready'], values });
	}

	/** Throws MEMORY_TOO_SMALL, NOT_ENOUGH_MEMORY, DOCKER_UNAVAILABLE. */
	async resize(serviceId: string, memoryBytes: number, caller: Caller): Promise<Started> {
		const machineBytes = await this.#deps.machine.memoryBytes();
		return this.#begin({
			...{ kind: 'service.resize', serviceId, caller, phases: ['ready'] },
			input: (service) => ({ memoryBytes, previousMemoryBytes: service.memoryBytes }),
			values: (tx, service) => {
				const { minMemoryBytes } = this.#deps.engineById(service.engine).lifecycle;
				assertMemory(memoryBytes, minMemoryBytes, memoryBudget(tx, machineBytes, service.id));
				return { memoryBytes };
			},
		});
	}

	/**
	 * The newest image of the version it has; `version` says which one the caller means. Throws UPGRADE_MAJOR for another one,
	 * ENGINE_VERSION_UNKNOWN, SERVICE_NOT_RUNNING; the operation ends with ALREADY_NEWEST when there is none.
	 */
	upgrade(serviceId: string, version: string | undefined, caller: Caller): Started {
		return this.#begin({
			...{ kind: 'service.upgrade', serviceId, caller, phases: ['ready'] },
			input: ({ imageRef, imageDigest, imageOrigin, dataVolume }) => ({
				...{ imageRef, imageDigest, imageOrigin, dataVolume },
			}),
			values: (_tx, service) => {
				assertSameVersion(this.#deps.engineById(service.engine), service.version, version);
				// Whether the engine comes up with it can only be seen when it runs.
				if (service.desiredState === 'stopped') throw new AppError('SERVICE_NOT_RUNNING');
				return {};
			},
		});
	}

	/**
	 * Other settings; null takes one back to what follows from the memory size. Throws NOT_SUPPORTED for an engine without, and
	 * SETTING_INVALID.
	 */
	configure(serviceId: string, changes: SettingChanges, caller: Caller): Started {
		const after = (service: ServiceRow) =>
			declaredAfter(this.#deps.engineById(service.engine), service, changes);
		return this.#begin({
			...{ kind: 'service.configure', serviceId, caller, phases: ['ready'] },
			input: (service) => ({ before: service.settings, after: after(service) }),
			values: (_tx, service) => ({ settings: after(service) }),
		});
	}

	/**
	 * Changes its name, which is its DNS name in the project's network too: apps there that used the old name must be told. Not
	 * long work. Throws NAME_TAKEN.
	 */
	async rename(serviceId: string, name: string): Promise<{ serviceId: string }> {
		this.#takingName(() =>
			writeTransaction(this.#deps.db, (tx) => {
				const running = findRunning(tx, serviceId);
				if (running) throw busy(running);
				assertPhase(getService(tx, serviceId), ['ready', 'failed', 'data_lost']);
				updateService(tx, serviceId, { name });
			}),
		);
		await this.#deps.renameInNetwork(serviceId);
		return { serviceId };
	}

	/**
	 * To the trash, where its data stay for 7 days; one that never came up, or whose data are lost, is gone at once. Throws
	 * CONFIRMATION_MISMATCH unless `confirmName` is its name.
	 */
	async remove(serviceId: string, confirmName: string, caller: Caller): Promise<Started> {
		const { db, copies } = this.#deps;
		const isLost = getService(db, serviceId).phase === 'data_lost';
		// Beside lost data there may be those from before an upgrade: they go to the trash like any.
		const hasOthers = isLost && (await copies.hasOthersOnly(serviceId));
		return this.#begin({
			kind: hasOthers ? 'service.remove' : removalKind(getService(db, serviceId)),
			serviceId,
			caller,
			phases: ['ready', 'failed', 'removing', 'data_lost'],
			values: (_tx, current) => {
				assertConfirmed(current, confirmName);
				// Lost data stay lost if the removal fails half way.
				const phase = current.phase === 'data_lost' ? 'data_lost' : 'removing';
				return { phase, desiredState: 'stopped' };
			},
		});
	}

	/** Back from the trash, with another name if need be. Throws SERVICE_NOT_IN_TRASH, NAME_TAKEN, NOT_ENOUGH_MEMORY. */
	async restoreFromTrash(serviceId: string, name: string | undefined, caller: Caller): Promise<Started> {
		const machineBytes = await this.#deps.machine.memoryBytes();
		return this.#takingName(() =>
			this.#begin({
				...{ kind: 'service.restoreFromTrash', serviceId, caller, phases: ['trashed'] },
				input: (service) => ({
					name: service.name,
					trashedAtMs: service.trashedAt?.getTime() ?? 0,
					purgeAfterMs: service.purgeAfter?.getTime() ?? 0,
				}),
				values: (tx, service) => {
					assertMemory(service.memoryBytes, 0, memoryBudget(tx, machineBytes));
					const back = {
						phase: 'ready',
						desiredState: 'running',
						trashedAt: null,
						purgeAfter: null,
					} as const;
					return { ...back, name: name ?? service.name };
				},
			}),
		);
	}

	/** Ends what is in the trash for good, now. Throws SERVICE_NOT_IN_TRASH, CONFIRMATION_MISMATCH. */
	purge(serviceId: string, confirmName: string, caller: Caller): Started {
		return this.#begin({
			...{ kind: 'service.purge', serviceId, caller, phases: ['trashed'] },
			values: (_tx, service) => {
				assertConfirmed(service, confirmName);
				return {};
			},
		});
	}

	#insert(
		request: Parameters<ServiceManager['create']>[0] & { kind: EngineDefinition['kind']; hostPort: number },
		engine: EngineDefinition,
		machineBytes: number,
		{ actor, auditIntentSeq }: Caller,
	): Started {
		const { db, runner } = this.#deps;
		const serviceId = newId('service');
		const operationId = this.#takingName(() =>
			writeTransaction(db, (tx) => {
				const { minMemoryBytes } = engine.lifecycle;
				assertMemory(request.memoryBytes, minMemoryBytes, memoryBudget(tx, machineBytes));
				const life = { desiredState: 'running', phase: 'creating', createdAt: new Date() } as const;
				insertService(tx, { ...request, ...life, id: serviceId });
				return runner.start(tx, {
					...{ kind: 'service.create', projectId: request.projectId, serviceId, serviceName: request.name },
					...{ input: {}, actor, auditIntentSeq },
				});
			}),
		);
		runner.kick(operationId);
		return { operationId, serviceId };
	}

	#begin(change: Change): Started {
		return beginOperation(this.#deps, change);
	}

	#takingName<T>(write: () => T): T {
		try {
			return write();
		} catch (error) {
			if (!isUniqueViolation(error, 'services.name')) throw error;
			throw new AppError('NAME_TAKEN', { field: 'name', cause: error });
		}
	}
}

function assertSameVersion(engine: EngineDefinition, from: string, to: string | undefined): void {
	if (to === undefined || to === from) return;
	engineVersion(engine, to);
	throw new AppError('UPGRADE_MAJOR', { field: 'version', details: { from, to } });
}

function assertConfirmed(service: ServiceRow, confirmName: string): void {
	if (service.name !== confirmName) throw new AppError('CONFIRMATION_MISMATCH', { field: 'confirmName' });
}
