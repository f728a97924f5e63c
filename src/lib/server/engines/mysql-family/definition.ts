import type { CapabilityMatrix } from '$lib/shared/capabilities';
import type { ConnectionFacts, ConnectionText } from '$lib/shared/connection';
import type { Configurable, DatabaseEngineDefinition, EngineVersion, Lifecycle } from '../engine';
import type { Dialect } from './dialect';
import { nameRule, ROOT_USER } from './names';

const capabilities: CapabilityMatrix = {
	databases: null,
	owners: null,
	sizes: null,
	charsets: null,
	grants: null,
	access: 'grantsInstead',
	hosts: null,
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

/** What tells MySQL from MariaDB, beside the dialect. */
export type Flavor = {
	id: string;
	label: string;
	versions: EngineVersion[];
	dialect: Dialect;
	lifecycle: Pick<Lifecycle, 'minMemoryBytes' | 'defaultMemoryBytes' | 'containerSpec' | 'mayRewriteData'>;
	configurable: Configurable;
	connectionText(facts: ConnectionFacts): ConnectionText;
};

/**
 * An engine of this family. What speaks to its servers is loaded when one is first asked: a panel without one does without the driver and
 * the 5 MB that it takes.
 */
export function mysqlLike({
	dialect,
	lifecycle,
	connectionText,
	...flavor
}: Flavor): DatabaseEngineDefinition {
	const login = async () => (await import('./lifecycle')).familyLogin(dialect);
	const matrix: CapabilityMatrix = dialect.slowQueriesSql
		? capabilities
		: { ...capabilities, slowQueries: 'noSlowQueries' };
	return {
		...{ kind: 'database', notice: null, ...flavor },
		lifecycle: {
			rootUser: ROOT_USER,
			...lifecycle,
			probe: async (target, signal) => (await login()).probe(target, signal),
			setRootPassword: async (target, next) => (await login()).setRootPassword(target, next),
		},
		databaseAdmin: {
			names: nameRule(dialect),
			capabilities: (_version, started) =>
				matrix.slowQueries === null && started?.performance_schema === false
					? { ...matrix, slowQueries: 'statementsOff' }
					: matrix,
			connect: async (target) => (await import('./admin')).connectAdmin(target, dialect),
			connectionText,
		},
	};
}
