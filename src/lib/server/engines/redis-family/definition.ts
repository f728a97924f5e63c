import type { CapabilityMatrix } from '$lib/shared/capabilities';
import type { DatabaseEngineDefinition } from '../engine';
import { connectAdmin } from './admin';
import { redisConfigurable } from './configurable';
import type { Flavor } from './flavor';
import { lifecycleOf } from './lifecycle';
import { redisNames } from './names';

/** Valkey 9.1 could also keep a user to some of the databases (`db=`); no other version can, so it is left out. */
const capabilities: CapabilityMatrix = {
	databases: 'numberedDatabases',
	owners: 'noOwners',
	sizes: 'noDatabaseSizes',
	charsets: 'numberedDatabases',
	grants: 'accessInstead',
	access: null,
	hosts: 'anyHost',
	sessions: null,
	endSessions: null,
	endIdleSessions: null,
	sessionQueries: null,
	slowQueries: null,
	settings: null,
	browse: null,
	query: null,
	queryWrites: null,
};

/** An engine of this family. */
export function redisLike(flavor: Flavor): DatabaseEngineDefinition {
	return {
		...{ id: flavor.id, kind: 'database', label: flavor.label, notice: null, versions: flavor.versions },
		lifecycle: lifecycleOf(flavor),
		configurable: redisConfigurable,
		databaseAdmin: {
			names: redisNames,
			capabilities: () => capabilities,
			connect: async (target) => connectAdmin(target),
			connectionText: flavor.connectionText,
		},
	};
}
