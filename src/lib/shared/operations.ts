import type { ErrorCode } from './error-codes';

export const operationKinds = [
	'service.create',
	'service.start',
	'service.stop',
	'service.restart',
	'service.resize',
	'service.remove',
	'service.restoreFromTrash',
	'service.purge',
	'service.repair',
	'service.rotateRoot',
	'service.configure',
	'service.upgrade',
	'bucket.empty',
	'bucket.remove',
	'objects.remove',
	'storage.copy',
] as const;
export type OperationKind = (typeof operationKinds)[number];

const insideKinds = ['bucket.empty', 'bucket.remove', 'objects.remove', 'storage.copy'] as const;
export type InsideKind = (typeof insideKinds)[number];

/** True for work inside a server, which runs on and answers meanwhile. */
export function leavesRunning(kind: OperationKind): kind is InsideKind {
	return insideKinds.some((inside) => inside === kind);
}

/** `undone`: failed, and everything it had made was cleaned up. `failed`: it failed and what is left is said in `errorCode`. */
export const operationStatuses = ['running', 'succeeded', 'failed', 'undone'] as const;
export type OperationStatus = (typeof operationStatuses)[number];

export const operationStepKeys = [
	'image',
	'network',
	'volume',
	'container',
	'ready',
	'credentials',
	'start',
	'stop',
	'memory',
	'keep',
	'settings',
	'access',
	'removeContainer',
	'removeVolume',
	'trash',
	'restore',
	'verify',
	'removeObjects',
	'removeBucket',
	'makeBuckets',
	'copyObjects',
	'copyKeys',
	'compareSides',
] as const;
export type OperationStepKey = (typeof operationStepKeys)[number];

export const stepStatuses = ['waiting', 'running', 'done', 'failed', 'undone'] as const;

/** What progress is counted in: of a pull, a build, or a bucket. */
export const progressUnits = ['bytes', 'steps', 'objects'] as const;

/** Who does not answer just now, so that a step waits: the service's own server, or the one that it copies from. */
export const waitedFor = ['server', 'source'] as const;
export type WaitedFor = (typeof waitedFor)[number];

/** Progress inside one step; a `total` of 0 is not known; `line` is the newest log line; `waitsFor` is left out while it goes on. */
export type StepProgress = {
	done: number;
	total: number;
	unit: (typeof progressUnits)[number];
	line: string | null;
	waitsFor?: WaitedFor | undefined;
};

/** True for one that has ended because a person cancelled it: nothing went wrong, unless it could not be taken back. */
export function isCancelled(operation: { status: OperationStatus; errorCode: ErrorCode | null }): boolean {
	const { status, errorCode } = operation;
	return (status === 'undone' || status === 'failed') && errorCode === 'OPERATION_CANCELLED';
}
