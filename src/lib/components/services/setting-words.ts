import { m } from '$lib/i18n/generated/messages';

export const settingGroups = [
	'memory',
	'connections',
	'limits',
	'durability',
	'logging',
	'behaviour',
] as const;
export type SettingGroup = (typeof settingGroups)[number];

export const settingGroupWords: Record<SettingGroup, () => string> = {
	memory: m.setting_group_memory,
	connections: m.setting_group_connections,
	limits: m.setting_group_limits,
	durability: m.setting_group_durability,
	logging: m.setting_group_logging,
	behaviour: m.setting_group_behaviour,
};

/** What each setting does, by the name its engine gives it. A test holds it complete. */
const settings: Record<string, { group: SettingGroup; sentence: () => string }> = {
	max_connections: { group: 'connections', sentence: m.setting_max_connections },
	shared_buffers: { group: 'memory', sentence: m.setting_shared_buffers },
	work_mem: { group: 'memory', sentence: m.setting_work_mem },
	maintenance_work_mem: { group: 'memory', sentence: m.setting_maintenance_work_mem },
	effective_cache_size: { group: 'memory', sentence: m.setting_effective_cache_size },
	max_wal_size: { group: 'durability', sentence: m.setting_max_wal_size },
	random_page_cost: { group: 'behaviour', sentence: m.setting_random_page_cost },
	statement_timeout: { group: 'limits', sentence: m.setting_statement_timeout },
	transaction_timeout: { group: 'limits', sentence: m.setting_transaction_timeout },
	idle_in_transaction_session_timeout: {
		group: 'limits',
		sentence: m.setting_idle_in_transaction_session_timeout,
	},
	idle_session_timeout: { group: 'limits', sentence: m.setting_idle_session_timeout },
	log_min_duration_statement: { group: 'logging', sentence: m.setting_log_min_duration_statement },
	wal_level: { group: 'durability', sentence: m.setting_wal_level },
	innodb_buffer_pool_size: { group: 'memory', sentence: m.setting_innodb_buffer_pool_size },
	max_allowed_packet: { group: 'connections', sentence: m.setting_max_allowed_packet },
	wait_timeout: { group: 'limits', sentence: m.setting_wait_timeout },
	max_execution_time: { group: 'limits', sentence: m.setting_max_execution_time },
	max_statement_time: { group: 'limits', sentence: m.setting_max_statement_time },
	slow_query_log: { group: 'logging', sentence: m.setting_slow_query_log },
	long_query_time: { group: 'logging', sentence: m.setting_long_query_time },
	sql_mode: { group: 'behaviour', sentence: m.setting_sql_mode },
	innodb_flush_log_at_trx_commit: { group: 'durability', sentence: m.setting_innodb_flush_log_at_trx_commit },
	innodb_redo_log_capacity: { group: 'durability', sentence: m.setting_innodb_redo_log_capacity },
	innodb_log_file_size: { group: 'durability', sentence: m.setting_innodb_log_file_size },
	tmp_table_size: { group: 'memory', sentence: m.setting_tmp_table_size },
	max_heap_table_size: { group: 'memory', sentence: m.setting_max_heap_table_size },
	performance_schema: { group: 'logging', sentence: m.setting_performance_schema },
	log_bin: { group: 'durability', sentence: m.setting_log_bin },
	binlog_expire_logs_seconds: { group: 'durability', sentence: m.setting_binlog_expire_logs_seconds },
	maxmemory: { group: 'memory', sentence: m.setting_maxmemory },
	'maxmemory-policy': { group: 'memory', sentence: m.setting_maxmemory_policy },
	appendonly: { group: 'durability', sentence: m.setting_appendonly },
	appendfsync: { group: 'durability', sentence: m.setting_appendfsync },
	save: { group: 'durability', sentence: m.setting_save },
	maxclients: { group: 'connections', sentence: m.setting_maxclients },
	timeout: { group: 'limits', sentence: m.setting_timeout },
	'tcp-keepalive': { group: 'connections', sentence: m.setting_tcp_keepalive },
	'slowlog-log-slower-than': { group: 'logging', sentence: m.setting_slowlog_log_slower_than },
	'notify-keyspace-events': { group: 'behaviour', sentence: m.setting_notify_keyspace_events },
	databases: { group: 'behaviour', sentence: m.setting_databases },
	cacheSizeGB: { group: 'memory', sentence: m.setting_cache_size_gb },
	maxIncomingConnections: { group: 'connections', sentence: m.setting_max_incoming_connections },
	slowOpThresholdMs: { group: 'logging', sentence: m.setting_slow_op_threshold_ms },
	slowOpSampleRate: { group: 'logging', sentence: m.setting_slow_op_sample_rate },
	cursorTimeoutMillis: { group: 'limits', sentence: m.setting_cursor_timeout_millis },
	internalQueryMaxBlockingSortMemoryUsageBytes: {
		group: 'memory',
		sentence: m.setting_internal_query_max_blocking_sort_memory_usage_bytes,
	},
	maxIndexBuildMemoryUsageMegabytes: {
		group: 'memory',
		sentence: m.setting_max_index_build_memory_usage_megabytes,
	},
	allowDiskUseByDefault: { group: 'behaviour', sentence: m.setting_allow_disk_use_by_default },
	ttlMonitorEnabled: { group: 'behaviour', sentence: m.setting_ttl_monitor_enabled },
	ttlMonitorSleepSecs: { group: 'behaviour', sentence: m.setting_ttl_monitor_sleep_secs },
	journalCommitInterval: { group: 'durability', sentence: m.setting_journal_commit_interval },
};

/** Where a setting stands on the page; one that is not known here stands last. */
export function settingGroup(key: string): SettingGroup {
	return settings[key]?.group ?? 'behaviour';
}

/** What a setting does, in a sentence; undefined for one that is not known here. */
export function settingSentence(key: string): string | undefined {
	return settings[key]?.sentence();
}
