import type { OperationKind } from '$lib/shared/operations';
import type { Actor, Audit } from '../audit/audit';
import { writeTransaction, type Db } from '../db/client';
import { isAppError } from '../errors';
import type { Logger } from '../log';
import type { OperationRunner } from '../operations/runner';
import { getService, updateService, type ServiceRow } from './repository';

/** Who does what nobody asked for. */
export const systemActor: Actor = { kind: 'system', id: null, label: 'sh0' };

/** The work that sh0 begins by itself; on record under the name of the procedure that a person would call. */
export const ownKinds = [
	'service.start',
	'service.stop',
	'service.repair',
	'service.remove',
	'service.purge',
] as const satisfies readonly OperationKind[];
export type OwnKind = (typeof ownKinds)[number];

export type SystemActionsDeps = {
	db: Db;
	runner: OperationRunner;
	audit: Pick<Audit, 'intent' | 'outcome'>;
	log: Logger;
};

/** What sh0 does by itself, on record like what people do. */
export class SystemActions {
	readonly #deps: SystemActionsDeps;

	constructor(deps: SystemActionsDeps) {
		this.#deps = deps;
	}

	/** Starts an operation if the service is still as it was seen and nothing runs on it. Never throws; false when it did not. */
	begin(kind: OwnKind, seen: ServiceRow): boolean {
		const { db, runner, log } = this.#deps;
		try {
			const operationId = writeTransaction(db, (tx) => {
				const service = getService(tx, seen.id);
				if (service.phase !== seen.phase || service.desiredState !== seen.desiredState) return null;
				return runner.start(tx, {
					kind,
					...{ serviceId: service.id, projectId: service.projectId, serviceName: service.name },
					...{ input: {}, actor: systemActor.label },
					auditIntentSeq: this.#intent(tx, kind.replace('service.', 'services.'), service),
				});
			});
			if (operationId !== null) runner.kick(operationId);
			return operationId !== null;
		} catch (error) {
			if (!isAppError(error, 'SERVICE_BUSY', 'NOT_FOUND')) {
				log.warn('own operation not begun', { kind, service: seen.id, error });
			}
			return false;
		}
	}

	/** A change that is no work: on record and written in one transaction. */
	record(action: string, service: ServiceRow, values: Partial<ServiceRow>): void {
		writeTransaction(this.#deps.db, (tx) => {
			const seq = this.#intent(tx, action, service);
			updateService(tx, service.id, values);
			this.#deps.audit.outcome(seq, { outcome: 'succeeded' }, tx);
		});
	}

	#intent(tx: Db, action: string, service: ServiceRow): number {
		const target = { kind: 'service', id: service.id, name: service.name };
		const { projectId } = service;
		const entry = { action, actor: systemActor, projectId, target, ip: null, requestId: null };
		return this.#deps.audit.intent(entry, tx);
	}
}
