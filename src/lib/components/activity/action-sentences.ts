import { m } from '$lib/i18n/generated/messages';

/** What each recorded action is called, whatever came of it. A test holds it complete. */
const sentences: Record<string, () => string> = {
	'auth.setup': m.activity_action_auth_setup,
	'auth.login': m.activity_action_auth_login,
	'auth.acceptInvitation': m.activity_action_auth_accept_invitation,
	'auth.logout': m.activity_action_auth_logout,
	'auth.changePassword': m.activity_action_auth_change_password,
	'auth.secondFactor.enroll': m.activity_action_auth_second_factor_enroll,
	'auth.secondFactor.confirm': m.activity_action_auth_second_factor_confirm,
	'auth.secondFactor.disable': m.activity_action_auth_second_factor_disable,
	'auth.secondFactor.renewRecoveryCodes': m.activity_action_auth_second_factor_renew_recovery_codes,
	'auth.resetPassword': m.activity_action_auth_reset_password,
	'auth.removeAccount': m.activity_action_auth_remove_account,
	'sessions.revoke': m.activity_action_sessions_revoke,
	'projects.create': m.activity_action_projects_create,
	'projects.rename': m.activity_action_projects_rename,
	'members.setRole': m.activity_action_members_set_role,
	'members.remove': m.activity_action_members_remove,
	'members.leave': m.activity_action_members_leave,
	'invitations.create': m.activity_action_invitations_create,
	'invitations.revoke': m.activity_action_invitations_revoke,
	'tokens.create': m.activity_action_tokens_create,
	'tokens.revoke': m.activity_action_tokens_revoke,
	'services.create': m.activity_action_services_create,
	'services.start': m.activity_action_services_start,
	'services.stop': m.activity_action_services_stop,
	'services.restart': m.activity_action_services_restart,
	'services.rename': m.activity_action_services_rename,
	'services.resize': m.activity_action_services_resize,
	'services.setDataLimit': m.activity_action_services_set_data_limit,
	'services.repair': m.activity_action_services_repair,
	'services.rotateRoot': m.activity_action_services_rotate_root,
	'services.settings.set': m.activity_action_services_configure,
	'services.upgrade': m.activity_action_services_upgrade,
	'services.remove': m.activity_action_services_remove,
	'services.restoreFromTrash': m.activity_action_services_restore_from_trash,
	'services.purge': m.activity_action_services_purge,
	'services.dataLost': m.activity_action_services_data_lost,
	'services.dataFound': m.activity_action_services_data_found,
	'databases.create': m.activity_action_databases_create,
	'databases.remove': m.activity_action_databases_remove,
	'databaseUsers.create': m.activity_action_database_users_create,
	'databaseUsers.setPassword': m.activity_action_database_users_set_password,
	'databaseUsers.setGrants': m.activity_action_database_users_set_grants,
	'databaseUsers.setAccess': m.activity_action_database_users_set_access,
	'databaseUsers.mend': m.activity_action_database_users_mend,
	'databaseUsers.remove': m.activity_action_database_users_remove,
	'databaseSessions.end': m.activity_action_database_sessions_end,
	'browser.query': m.activity_action_browser_query,
	'buckets.create': m.activity_action_buckets_create,
	'buckets.update': m.activity_action_buckets_update,
	'buckets.remove': m.activity_action_buckets_remove,
	'buckets.empty': m.activity_action_buckets_empty,
	'storageKeys.create': m.activity_action_storage_keys_create,
	'storageKeys.update': m.activity_action_storage_keys_update,
	'storageKeys.setPermissions': m.activity_action_storage_keys_set_permissions,
	'storageKeys.remove': m.activity_action_storage_keys_remove,
	'storageKeys.tryOut': m.activity_action_storage_keys_try_out,
	'objects.write': m.activity_action_objects_write,
	'objects.createFolder': m.activity_action_objects_create_folder,
	'storageCopies.check': m.activity_action_storage_copies_check,
	'storageCopies.create': m.activity_action_storage_copies_create,
	'storageCopies.pause': m.activity_action_storage_copies_pause,
	'storageCopies.resume': m.activity_action_storage_copies_resume,
	'storageCopies.cancel': m.activity_action_storage_copies_cancel,
	'objects.remove': m.activity_action_objects_remove,
	'objects.removeAll': m.activity_action_objects_remove_all,
	'objects.signedUrl': m.activity_action_objects_signed_url,
	'objects.createUpload': m.activity_action_objects_create_upload,
	'objects.completeUpload': m.activity_action_objects_complete_upload,
	'objects.abortUpload': m.activity_action_objects_abort_upload,
	'operations.cancel': m.activity_action_operations_cancel,
	'secrets.reveal': m.activity_action_secrets_reveal,
};

/** Every action that has a sentence, in the order of the rooms they belong to. */
export const knownActions: readonly string[] = Object.keys(sentences);

/** Those that belong to no project: a project's record never holds them. */
const beyondProjects = /^(auth|sessions)\.|^projects\.create$/;
export const projectActions: readonly string[] = knownActions.filter(
	(action) => !beyondProjects.test(action),
);
export const instanceActions: readonly string[] = knownActions.filter((action) =>
	beyondProjects.test(action),
);

/** The action's sentence; one that a newer version recorded is shown by its own name. */
export function actionSentence(action: string): string {
	return Object.hasOwn(sentences, action) ? (sentences[action]?.() ?? action) : action;
}
