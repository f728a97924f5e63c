import type { OperationKind } from '$lib/shared/operations';
import type { Role } from '$lib/shared/roles';
import type { ServiceStatus } from '$lib/shared/services';
import { m } from './generated/messages';

/*
 * The words people read for the unions in `$lib/shared` that nearly every page names; those of one room are in its own folder, so that no
 * other page loads them. Exhaustive: a new member needs its word.
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
	'bucket.empty': m.word_operation_bucket_empty,
	'bucket.remove': m.word_operation_bucket_remove,
	'objects.remove': m.word_operation_objects_remove,
	'storage.copy': m.word_operation_storage_copy,
};
