import type { OperationKind } from '$lib/shared/operations';
import type { ServicePhase } from '$lib/shared/services';
import { writeTransaction, type Db } from '../db/client';
import { AppError } from '../errors';
import type { OperationRunner } from '../operations/runner';
import { getService, updateService, type ServiceRow } from './repository';

/** Who asks, and the audit intent that the operation takes over. */
export type Caller = { actor: string; auditIntentSeq: number | null };
export type Started = { operationId: string; serviceId: string };

export type Change = {
	kind: OperationKind;
	serviceId: string;
	caller: Caller;
	phases: readonly ServicePhase[];
	input?: (service: ServiceRow) => Record<string, unknown>;
	/** Checked and written in the transaction that starts the operation. */
	values?: (tx: Db, service: ServiceRow) => Partial<ServiceRow>;
};

/**
 * Puts an operation on a service on record, with what it changes in the service's row, and lets it begin. Throws NOT_FOUND, SERVICE_BUSY,
 * and what stands in the way in the service's phase.
 */
export function beginOperation({ db, runner }: { db: Db; runner: OperationRunner }, change: Change): Started {
	const { kind, serviceId, caller, phases, input, values } = change;
	const operationId = writeTransaction(db, (tx) => {
		const service = getService(tx, serviceId);
		const id = runner.start(tx, {
			kind,
			serviceId,
			projectId: service.projectId,
			serviceName: service.name,
			input: input?.(service) ?? {},
			...caller,
		});
		assertPhase(service, phases);
		updateService(tx, serviceId, { phase: service.phase, ...values?.(tx, service) });
		return id;
	});
	runner.kick(operationId);
	return { operationId, serviceId };
}

/** Throws what stands in the way of an action that is possible in these phases only. */
export function assertPhase({ phase }: ServiceRow, allowed: readonly ServicePhase[]): void {
	if (allowed.includes(phase)) return;
	switch (phase) {
		case 'trashed':
		case 'removing':
			throw new AppError('SERVICE_IN_TRASH');
		case 'data_lost':
			throw new AppError('DATA_LOST');
		case 'ready':
			throw new AppError('SERVICE_NOT_IN_TRASH');
		case 'creating':
		case 'failed':
			throw new AppError(allowed.includes('trashed') ? 'SERVICE_NOT_IN_TRASH' : 'ENGINE_NOT_READY');
	}
}
