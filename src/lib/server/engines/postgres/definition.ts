import { postgresConnectionText } from '$lib/shared/connection/postgres';
import type { CapabilityMatrix } from '$lib/shared/capabilities';
import type { DatabaseEngineDefinition } from '../engine';
import { officialVersions } from '../versions';
import { connectAdmin } from './admin';
import { postgresConfigurable } from './configurable';
import { postgresLifecycle } from './lifecycle';
import { postgresNames } from './names';

const capabilities: CapabilityMatrix = {
	databases: null,
	owners: null,
	sizes: null,
	charsets: 'oneEncoding',
	grants: null,
	access: 'grantsInstead',
	hosts: 'anyHost',
	sessions: null,
	endSessions: null,
	endIdleSessions: null,
	sessionQueries: null,
	slowQueries: 'noSlowQueries',
	settings: null,
	browse: null,
	query: null,
	queryWrites: null,
};

export const postgres: DatabaseEngineDefinition = {
	id: 'postgres',
	kind: 'database',
	label: 'PostgreSQL',
	notice: null,
	versions: officialVersions('postgres', ['18', '17', '16', '15', '14']),
	lifecycle: postgresLifecycle,
	configurable: postgresConfigurable,
	databaseAdmin: {
		names: postgresNames,
		capabilities: () => capabilities,
		connect: async (target) => connectAdmin(target),
		connectionText: postgresConnectionText,
	},
};
