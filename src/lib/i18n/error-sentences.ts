import type { ErrorCode, ErrorDetails } from '$lib/shared/error-codes';
import { isTlsCode } from '$lib/shared/tls-codes';
import { reasonSentence } from './capabilities';
import { haveSentences, isErrorCode, textIn, type Sentence } from './errors';
import { formatBytes, formatDuration, formatNumber } from './format';
import { m } from './generated/messages';
import { queryRefusalSentence } from './query-refusals';

const numberIn = (details: ErrorDetails, key: string): number | undefined => {
	const value = details[key];
	return typeof value === 'number' ? value : undefined;
};

const nameReasons = new Map<string, () => string>([
	['empty', () => m.error_name_empty()],
	['blanks', () => m.error_name_blanks()],
	['control', () => m.error_name_control()],
	['short', () => m.error_bucket_name_short()],
	['characters', () => m.error_bucket_name_characters()],
	['length', () => m.service_name_rule()],
	['beginning', () => m.service_name_rule()],
	['ends', () => m.error_bucket_name_ends()],
	['dots', () => m.error_bucket_name_dots()],
	['labels', () => m.error_bucket_name_labels()],
	['address', () => m.error_bucket_name_address()],
	['affix', () => m.error_bucket_name_affix()],
]);

const addressReasonSentences = new Map<string, () => string>([
	['form', () => m.error_copy_address_form()],
	['unknown', () => m.error_copy_address_unknown()],
	['own', () => m.error_copy_address_own()],
	['private', () => m.error_copy_address_private()],
	['notAllowed', () => m.error_copy_address_not_allowed()],
	['reserved', () => m.error_copy_address_reserved()],
]);

/** What a person reads for each error: what happened and what to do. Exhaustive, so that a new code needs its sentence. */
export const errorSentences: Record<ErrorCode, Sentence> = {
	INTERNAL: (details) => m.error_internal({ request: textIn(details, 'requestId') }),
	BAD_INPUT: () => m.error_bad_input(),
	NOT_FOUND: () => m.error_not_found(),
	NOT_SIGNED_IN: () => m.error_not_signed_in(),
	FORBIDDEN: () => m.error_forbidden(),
	TOKEN_SCOPE_MISSING: (details) =>
		textIn(details, 'reason') === 'sessionOnly'
			? m.error_token_session_only()
			: m.error_token_scope_missing(),
	BATCH_TOO_LARGE: () => m.error_batch_too_large(),
	BATCH_NOT_ALLOWED: () => m.error_batch_not_allowed(),
	THROTTLED: (details) => {
		const seconds = numberIn(details, 'retryAfterSeconds');
		return seconds === undefined
			? m.error_throttled()
			: m.error_throttled_for({ wait: formatDuration(Math.max(10, Math.ceil(seconds)) * 1000) });
	},
	SEALED: () => m.error_sealed(),
	DISK_FULL: () => m.error_disk_full(),
	AUDIT_UNAVAILABLE: () => m.error_audit_unavailable(),

	LOGIN_FAILED: () => m.error_login_failed(),
	SECOND_FACTOR_REQUIRED: () => m.error_second_factor_required(),
	SECOND_FACTOR_WRONG: () => m.error_second_factor_wrong(),
	SECOND_FACTOR_OFF: () => m.error_second_factor_off(),
	SETUP_DONE: () => m.error_setup_done(),
	SETUP_LINK_INVALID: () => m.error_setup_link_invalid(),
	INVITATION_INVALID: () => m.error_invitation_invalid(),
	EMAIL_TAKEN: () => m.error_email_taken(),
	PASSWORD_TOO_WEAK: () => m.error_password_too_weak(),
	PASSWORD_UNUSABLE: (details) => {
		const max = textIn(details, 'reason') === 'length' ? numberIn(details, 'max') : undefined;
		return max === undefined
			? m.error_password_unusable()
			: m.error_password_too_long({ max: formatNumber(max) });
	},
	LAST_OWNER: () => m.error_last_owner(),
	ROLE_TOO_LOW: () => m.error_role_too_low(),

	NAME_INVALID: (details) => (nameReasons.get(textIn(details, 'reason')) ?? m.error_name_invalid)(),
	NAME_RESERVED: () => m.error_name_reserved(),
	NAME_TOO_LONG: (details) => {
		const maxLetters = numberIn(details, 'maxLetters');
		if (maxLetters !== undefined) return m.error_bucket_name_long({ max: formatNumber(maxLetters) });
		const [bytes, max] = [numberIn(details, 'bytes'), numberIn(details, 'maxBytes')];
		return bytes === undefined || max === undefined
			? m.error_name_too_long()
			: m.error_name_too_long_bytes({ bytes: formatNumber(bytes), max: formatNumber(max) });
	},
	NAME_TAKEN: () => m.error_name_taken(),
	CONFIRMATION_MISMATCH: () => m.error_confirmation_mismatch(),

	DOCKER_UNAVAILABLE: () => m.error_docker_unavailable(),
	IMAGE_UNAVAILABLE: (details) => {
		const image = textIn(details, 'recorded');
		return image === '' ? m.error_image_unavailable() : m.error_image_not_recorded({ image });
	},
	IMAGE_PULL_FAILED: () => m.error_image_pull_failed(),
	IMAGE_BUILD_FAILED: () => m.error_image_build_failed(),
	NOT_ENOUGH_MEMORY: (details) => {
		const bytes = numberIn(details, 'leftBytes');
		return bytes === undefined
			? m.error_not_enough_memory()
			: m.error_not_enough_memory_left({ available: formatBytes(bytes) });
	},
	MEMORY_TOO_SMALL: () => m.error_memory_too_small(),
	ENGINE_VERSION_UNKNOWN: () => m.error_engine_version_unknown(),
	ENGINE_UNREACHABLE: (details) =>
		textIn(details, 'reason') === 'login' ? m.error_engine_login() : m.error_engine_unreachable(),
	ENGINE_NOT_READY: () => m.error_engine_not_ready(),
	ENGINE_REFUSED: () => m.error_engine_refused(),
	NOT_SUPPORTED: (details) => {
		const reason = reasonSentence(textIn(details, 'reason'));
		return reason === null ? m.error_not_supported() : m.error_not_supported_because({ reason });
	},
	SERVICE_NOT_RUNNING: () => m.error_service_not_running(),
	SERVICE_BUSY: () => m.error_service_busy(),
	SERVICE_IN_TRASH: () => m.error_service_in_trash(),
	SERVICE_NOT_IN_TRASH: () => m.error_service_not_in_trash(),
	DATA_LOST: () => m.error_data_lost(),
	DATA_FOUND: () => m.error_data_found(),
	PORT_TAKEN: (details) => m.error_port_taken({ port: textIn(details, 'port') }),
	OPERATION_INTERRUPTED: () => m.error_operation_interrupted(),
	OPERATION_CANCELLED: () => m.error_operation_cancelled(),
	OPERATION_NOT_CANCELLABLE: () => m.error_operation_not_cancellable(),

	DATABASE_EXISTS: () => m.error_database_exists(),
	DATABASE_NOT_FOUND: () => m.error_database_not_found(),
	DATABASE_PROTECTED: () => m.error_database_protected(),
	DATABASE_USER_EXISTS: () => m.error_database_user_exists(),
	DATABASE_USER_NOT_FOUND: () => m.error_database_user_not_found(),
	DATABASE_USER_PROTECTED: () => m.error_database_user_protected(),
	DATABASE_USER_OWNS_OBJECTS: () => m.error_database_user_owns_objects(),
	DATABASE_USER_DEFINES_OBJECTS: () => m.error_database_user_defines_objects(),
	ACCESS_INVALID: (details) => m.error_access_invalid({ rule: textIn(details, 'rule') }),
	CHARSET_UNKNOWN: () => m.error_charset_unknown(),
	SESSION_NOT_FOUND: () => m.error_session_not_found(),
	COLLECTION_NOT_FOUND: () => m.error_collection_not_found(),
	QUERY_REFUSED: (details) => m.error_query_refused({ text: textIn(details, 'text') }),
	QUERY_NOT_ALLOWED: (details) => queryRefusalSentence(details) ?? m.error_query_not_allowed(),
	QUERY_TIMEOUT: () => m.error_query_timeout(),
	SETTING_INVALID: (details) => m.error_setting_invalid({ key: textIn(details, 'key') }),
	SETTING_REFUSED: (details) => m.error_setting_refused({ key: textIn(details, 'key') }),
	UPGRADE_MAJOR: () => m.error_upgrade_major(),
	ALREADY_NEWEST: () => m.error_already_newest(),

	BUCKET_EXISTS: () => m.error_bucket_exists(),
	BUCKET_NOT_FOUND: () => m.error_bucket_not_found(),
	BUCKET_NOT_EMPTY: (details) =>
		textIn(details, 'reason') === 'filled' ? m.error_bucket_filled() : m.error_bucket_not_empty(),
	STORAGE_KEY_EXISTS: () => m.error_storage_key_exists(),
	STORAGE_KEY_NOT_FOUND: () => m.error_storage_key_not_found(),
	OBJECT_NOT_FOUND: () => m.error_object_not_found(),
	OBJECT_KEY_INVALID: () => m.error_object_key_invalid(),
	OBJECTS_NOT_REMOVED: (details) =>
		m.error_objects_not_removed({
			count: formatNumber(numberIn(details, 'count') ?? 1),
			key: textIn(details, 'key'),
			code: textIn(details, 'code'),
		}),
	UPLOAD_NOT_FOUND: () => m.error_upload_not_found(),
	UPLOAD_INCOMPLETE: () => m.error_upload_incomplete(),
	STORAGE_QUOTA_EXCEEDED: () => m.error_storage_quota_exceeded(),
	STORAGE_FULL: () => m.error_storage_full(),
	PREVIEW_NOT_POSSIBLE: () => m.error_preview_not_possible(),
	COPY_ADDRESS_REFUSED: (details) =>
		(addressReasonSentences.get(textIn(details, 'reason')) ?? m.error_copy_address_form)(),
	COPY_SOURCE_UNREACHABLE: () => m.error_copy_source_unreachable(),
	COPY_SOURCE_LOGIN: (details) => {
		if (textIn(details, 'source') === 'service') return m.error_copy_source_own_login();
		return textIn(details, 'code') === 'AccessDenied'
			? m.error_copy_source_denied()
			: m.error_copy_source_login();
	},
	COPY_SOURCE_REFUSED: (details) => {
		const code = textIn(details, 'code');
		return isTlsCode(code) ? m.error_copy_source_tls({ code }) : m.error_copy_source_refused({ code });
	},
	COPY_PAUSED: () => m.error_copy_paused(),
	COPY_CANCELLED: () => m.error_copy_cancelled(),
	COPY_STATE: () => m.error_copy_state(),
	UPGRADE_NEEDS_SPACE: (details) =>
		m.error_upgrade_needs_space({
			needed: formatBytes(numberIn(details, 'neededBytes') ?? 0),
			free: formatBytes(numberIn(details, 'freeBytes') ?? 0),
		}),
};

haveSentences(errorSentences);

/** The sentence for a stored code, such as an operation's `errorCode`; an unknown code counts as internal. */
export function sentenceOfCode(code: string, details: ErrorDetails = {}): string {
	return errorSentences[isErrorCode(code) ? code : 'INTERNAL'](details);
}
