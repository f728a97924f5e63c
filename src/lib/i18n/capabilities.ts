import { capabilityReasons, type CapabilityReason } from '$lib/shared/capabilities';
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

/** The sentence for a reason as an error's details hold it; null for anything else. */
export function reasonSentence(reason: string): string | null {
	const known = capabilityReasons.find((candidate) => candidate === reason);
	return known ? reasonSentences[known]() : null;
}
