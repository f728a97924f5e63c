import { leavesRunning, type InsideKind, type OperationKind } from '$lib/shared/operations';
import type { DesiredState, ServicePhase, ServiceStatus } from '$lib/shared/services';
import type { ContainerStatus } from '../docker';

export type StatusFacts = {
	phase: ServicePhase;
	desiredState: DesiredState;
	/** Of the operation that runs on it. */
	operation: OperationKind | null;
	isDockerUp: boolean;
	/** Null when it has no container. */
	container: ContainerStatus | null;
	/** Whether the engine answered when last asked; null when it was not asked yet. */
	isAnswering: boolean | null;
	/** How often in a row the reconciler could not bring it up. */
	failedStarts: number;
};

/** What a person is told: the stored phase first, then what is being done, then what Docker and the engine say. */
export function deriveStatus(facts: StatusFacts): ServiceStatus {
	const { operation } = facts;
	if (operation && !leavesRunning(operation)) return statusOfOperation(operation);
	switch (facts.phase) {
		case 'trashed':
		case 'data_lost':
		case 'failed':
			return facts.phase;
		case 'creating':
		case 'removing':
			return 'failed';
		case 'ready':
			return facts.isDockerUp ? statusOfContainer(facts) : 'unknown';
	}
}

function statusOfOperation(kind: Exclude<OperationKind, InsideKind>): ServiceStatus {
	switch (kind) {
		case 'service.create':
			return 'creating';
		case 'service.start':
		case 'service.restoreFromTrash':
			return 'starting';
		case 'service.stop':
			return 'stopping';
		case 'service.restart':
		case 'service.resize':
		case 'service.remove':
		case 'service.purge':
		case 'service.repair':
		case 'service.rotateRoot':
		case 'service.configure':
		case 'service.upgrade':
			return 'working';
	}
}

function statusOfContainer({
	desiredState,
	container,
	isAnswering,
	failedStarts,
}: StatusFacts): ServiceStatus {
	const isUp = container === 'running';
	if (desiredState === 'stopped') return isUp ? 'stopping' : 'stopped';
	if (isUp) return isAnswering === false ? 'unhealthy' : 'running';
	// The reconciler starts it within seconds; it is a matter for people only when that does not help.
	return container === 'restarting' || failedStarts > 1 ? 'unhealthy' : 'starting';
}

export const attentions = [
	'failed',
	'data_lost',
	'out_of_memory',
	'not_starting',
	'not_answering',
	'data_full',
	'drift',
] as const;
export type Attention = (typeof attentions)[number];

/** Why somebody should look at it, the gravest first; null when nothing is wrong. */
export function attentionOf(facts: {
	status: ServiceStatus;
	isOutOfMemory: boolean;
	failedStarts: number;
	hasDrift: boolean;
	/** It has reached its data limit. */
	isFull: boolean;
}): Attention | null {
	if (facts.status === 'failed' || facts.status === 'data_lost') return facts.status;
	if (facts.status === 'trashed' || facts.status === 'creating') return null;
	const isDown = facts.status === 'unhealthy' || facts.status === 'starting';
	if (isDown && facts.isOutOfMemory) return 'out_of_memory';
	if (isDown && facts.failedStarts > 1) return 'not_starting';
	if (facts.status === 'unhealthy') return 'not_answering';
	if (facts.isFull && facts.status === 'running') return 'data_full';
	return facts.hasDrift ? 'drift' : null;
}
