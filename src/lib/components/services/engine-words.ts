import { m } from '$lib/i18n/generated/messages';
import type { DatabaseCapability, EngineNotice } from '$lib/shared/capabilities';
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
};

/** What people must know before they choose an engine. */
export const noticeSentences: Record<EngineNotice, () => string> = {
	standIn: m.engine_notice_stand_in,
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

/** Where an engine's image would come from, in two or three words. */
export const shortAvailability: Record<ImageAvailability, () => string> = {
	present: m.engine_short_present,
	pullable: m.engine_short_pullable,
	buildable: m.engine_short_buildable,
	unavailable: m.engine_short_unavailable,
	unknown: m.engine_short_unknown,
};
