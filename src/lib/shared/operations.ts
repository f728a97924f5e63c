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
] as const;
export type OperationKind = (typeof operationKinds)[number];

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
] as const;
export type OperationStepKey = (typeof operationStepKeys)[number];

export const stepStatuses = ['waiting', 'running', 'done', 'failed', 'undone'] as const;

/** Progress inside one step: bytes of a pull, or the number of a build step; `line` is the newest log line. */
export type StepProgress = { done: number; total: number; unit: 'bytes' | 'steps'; line: string | null };
