import type { OperationKind, OperationStatus, OperationStepKey } from '$lib/shared/operations';
import type { Role } from '$lib/shared/roles';
import type { GrantLevel, ServiceStatus } from '$lib/shared/services';
import { m } from './generated/messages';

/*
 * The words people read for the unions in `$lib/shared`. Exhaustive: a new member needs its word.
 */

export const serviceStatusWords: Record<ServiceStatus, () => string> = {
	creating: m.word_status_creating,
	starting: m.word_status_starting,
	running: m.word_status_running,
	stopping: m.word_status_stopping,
	stopped: m.word_status_stopped,
	unhealthy: m.word_status_unhealthy,
	working: m.word_status_working,
	failed: m.word_status_failed,
	data_lost: m.word_status_data_lost,
	trashed: m.word_status_trashed,
	unknown: m.word_status_unknown,
};

export const roleWords: Record<Role, () => string> = {
	owner: m.word_role_owner,
	admin: m.word_role_admin,
	operator: m.word_role_operator,
	viewer: m.word_role_viewer,
};

export const grantWords: Record<GrantLevel, () => string> = {
	none: m.word_grant_none,
	read: m.word_grant_read,
	write: m.word_grant_write,
	owner: m.word_grant_owner,
};

export const operationWords: Record<OperationKind, () => string> = {
	'service.create': m.word_operation_service_create,
	'service.start': m.word_operation_service_start,
	'service.stop': m.word_operation_service_stop,
	'service.restart': m.word_operation_service_restart,
	'service.resize': m.word_operation_service_resize,
	'service.remove': m.word_operation_service_remove,
	'service.restoreFromTrash': m.word_operation_service_restore_from_trash,
	'service.purge': m.word_operation_service_purge,
	'service.repair': m.word_operation_service_repair,
	'service.rotateRoot': m.word_operation_service_rotate_root,
	'service.configure': m.word_operation_service_configure,
	'service.upgrade': m.word_operation_service_upgrade,
};

export const outcomeWords: Record<OperationStatus, () => string> = {
	running: m.word_outcome_running,
	succeeded: m.word_outcome_succeeded,
	failed: m.word_outcome_failed,
	undone: m.word_outcome_undone,
};

export const stepWords: Record<OperationStepKey, () => string> = {
	image: m.word_step_image,
	network: m.word_step_network,
	volume: m.word_step_volume,
	container: m.word_step_container,
	ready: m.word_step_ready,
	credentials: m.word_step_credentials,
	start: m.word_step_start,
	stop: m.word_step_stop,
	memory: m.word_step_memory,
	settings: m.word_step_settings,
	access: m.word_step_access,
	removeContainer: m.word_step_remove_container,
	removeVolume: m.word_step_remove_volume,
	trash: m.word_step_trash,
	restore: m.word_step_restore,
	verify: m.word_step_verify,
};
