import { m } from '$lib/i18n/generated/messages';
import { reasonSentences, storageReasonSentences } from '$lib/i18n/capabilities';
import {
	databaseCapabilities,
	type CapabilityMatrix,
	type DatabaseCapability,
	type EngineNotice,
} from '$lib/shared/capabilities';
import {
	storageCapabilities,
	type StorageCapability,
	type StorageCapabilityMatrix,
	type StorageNotice,
} from '$lib/shared/storage-capabilities';
import type { ImageAvailability } from '$lib/shared/services';
import type { EngineShape } from './engine-signs';

/** What an engine is good for, in a plain sentence. The catalogue says which engines there are. */
export const engineSentences: Record<string, () => string> = {
	postgres: m.engine_postgres_text,
	mysql: m.engine_mysql_text,
	mariadb: m.engine_mariadb_text,
	mongodb: m.engine_mongodb_text,
	ferretdb: m.engine_ferretdb_text,
	redis: m.engine_redis_text,
	valkey: m.engine_valkey_text,
	garage: m.engine_garage_text,
	minio: m.engine_minio_text,
	seaweedfs: m.engine_seaweedfs_text,
};

/** What people must know before they choose an engine. */
export const noticeSentences: Record<EngineNotice | StorageNotice, () => string> = {
	standIn: m.engine_notice_stand_in,
	unmaintained: m.engine_notice_unmaintained,
};

/** The same in a word or three. */
export const noticeWords: Record<EngineNotice | StorageNotice, () => string> = {
	standIn: m.engine_experimental,
	unmaintained: m.engine_unmaintained,
};

/** What a database of such an engine holds. */
export const contentWords: Record<EngineShape, () => string> = {
	tables: m.content_tables,
	documents: m.content_documents,
	keys: m.content_keys,
};

/** Each thing that an engine can do or not, as a noun. */
export const capabilityWords: Record<DatabaseCapability, () => string> = {
	databases: m.capability_databases,
	owners: m.capability_owners,
	sizes: m.capability_sizes,
	charsets: m.capability_charsets,
	grants: m.capability_grants,
	access: m.capability_access,
	hosts: m.capability_hosts,
	sessions: m.capability_sessions,
	endSessions: m.capability_end_sessions,
	endIdleSessions: m.capability_end_idle_sessions,
	sessionQueries: m.capability_session_queries,
	slowQueries: m.capability_slow_queries,
	settings: m.capability_settings,
	browse: m.capability_browse,
	query: m.capability_query,
	queryWrites: m.capability_query_writes,
};

/** Each thing that a storage engine can do or not, as a noun. */
const storageCapabilityWords: Record<StorageCapability, () => string> = {
	versioning: m.storage_capability_versioning,
	lifecycleExpiration: m.storage_capability_lifecycle_expiration,
	lifecycleUploads: m.storage_capability_lifecycle_uploads,
	lifecycleSizes: m.storage_capability_lifecycle_sizes,
	lifecycleVersions: m.storage_capability_lifecycle_versions,
	cleanUploads: m.storage_capability_clean_uploads,
	quotaBytes: m.storage_capability_quota_bytes,
	quotaObjects: m.storage_capability_quota_objects,
	website: m.storage_capability_website,
	publicRead: m.storage_capability_public_read,
	cors: m.storage_capability_cors,
	objectLock: m.storage_capability_object_lock,
	keyExpiry: m.storage_capability_key_expiry,
	prefixRights: m.storage_capability_prefix_rights,
	lastUse: m.storage_capability_last_use,
	keyExport: m.storage_capability_key_export,
	conditionalWrites: m.storage_capability_conditional_writes,
	tags: m.storage_capability_tags,
	console: m.storage_capability_console,
};

/** Where an engine's image would come from, in two or three words. */
export const shortAvailability: Record<ImageAvailability, () => string> = {
	present: m.engine_short_present,
	pullable: m.engine_short_pullable,
	buildable: m.engine_short_buildable,
	unavailable: m.engine_short_unavailable,
	unknown: m.engine_short_unknown,
};

/** One thing that an engine can do, or why it cannot. */
export type Ability = { name: string; reason: string | null };

export function databaseAbilities(matrix: CapabilityMatrix): Ability[] {
	return databaseCapabilities.map((capability) => {
		const reason = matrix[capability];
		return { name: capabilityWords[capability](), reason: reason && reasonSentences[reason]() };
	});
}

export function storageAbilities(matrix: StorageCapabilityMatrix): Ability[] {
	return storageCapabilities.map((capability) => {
		const reason = matrix[capability];
		return { name: storageCapabilityWords[capability](), reason: reason && storageReasonSentences[reason]() };
	});
}
