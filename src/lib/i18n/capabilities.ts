import { capabilityReasons, type CapabilityReason } from '$lib/shared/capabilities';
import { storageReasons, type StorageReason } from '$lib/shared/storage-capabilities';
import { m } from './generated/messages';

/** Why an engine cannot do something. Exhaustive: a new reason needs its sentence. */
export const reasonSentences: Record<CapabilityReason, () => string> = {
	numberedDatabases: m.capability_reason_numbered_databases,
	noOwners: m.capability_reason_no_owners,
	noDatabaseSizes: m.capability_reason_no_database_sizes,
	oneEncoding: m.capability_reason_one_encoding,
	accessInstead: m.capability_reason_access_instead,
	grantsInstead: m.capability_reason_grants_instead,
	anyHost: m.capability_reason_any_host,
	noSlowQueries: m.capability_reason_no_slow_queries,
	statementsOff: m.capability_reason_statements_off,
	idleConnections: m.capability_reason_idle_connections,
	standInRoles: m.capability_reason_stand_in_roles,
	standInWrites: m.capability_reason_stand_in_writes,
	standInSessions: m.capability_reason_stand_in_sessions,
	standInSettings: m.capability_reason_stand_in_settings,
};

/** As `reasonSentences`, for storage engines. */
export const storageReasonSentences: Record<StorageReason, () => string> = {
	oneVersion: m.storage_reason_one_version,
	headersIgnored: m.storage_reason_headers_ignored,
	conditionsIgnored: m.storage_reason_conditions_ignored,
	noTags: m.storage_reason_no_tags,
	wholeBuckets: m.storage_reason_whole_buckets,
	noUseRecord: m.storage_reason_no_use_record,
	secretsKept: m.storage_reason_secrets_kept,
	bytesOnly: m.storage_reason_bytes_only,
	noWebsites: m.storage_reason_no_websites,
	corsForServer: m.storage_reason_cors_for_server,
	uploadsByItself: m.storage_reason_uploads_by_itself,
	noSizes: m.storage_reason_no_sizes,
	noConsole: m.storage_reason_no_console,
	consoleOpensAll: m.storage_reason_console_opens_all,
	notOffered: m.storage_reason_not_offered,
};

/** The sentence for a reason as an error's details hold it; null for anything else. */
export function reasonSentence(reason: string): string | null {
	const known = capabilityReasons.find((candidate) => candidate === reason);
	if (known) return reasonSentences[known]();
	const ofStorage = storageReasons.find((candidate) => candidate === reason);
	return ofStorage ? storageReasonSentences[ofStorage]() : null;
}
