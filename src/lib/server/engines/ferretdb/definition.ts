import type { CapabilityMatrix } from '$lib/shared/capabilities';
import { mongodbConnectionText } from '$lib/shared/connection/mongodb';
import { MIB } from '$lib/shared/units';
import type { DatabaseEngineDefinition } from '../engine';
import type { Dialect } from '../mongo-family/dialect';
import { nameRule, ROOT_USER } from '../mongo-family/names';
import { onFirstUse } from '../mongo-family/on-first-use';
import { containerSpec } from './container';

const reservedUsers = new Set([ROOT_USER, 'postgres', 'public', 'none']);

/** Its users are roles of the PostgreSQL below it, which has some of its own. */
function isReserved(user: string): boolean {
	return reservedUsers.has(user) || user.startsWith('pg_') || user.startsWith('documentdb');
}

const dialect: Dialect = {
	engine: 'ferretdb',
	names: nameRule(isReserved),
	hasRoles: false,
	hasSessions: false,
	passwordFields: {},
};

const { probe, setRootPassword, connect } = onFirstUse(dialect);

const capabilities: CapabilityMatrix = {
	databases: null,
	owners: 'standInRoles',
	sizes: null,
	charsets: 'oneEncoding',
	grants: 'standInRoles',
	access: 'standInRoles',
	hosts: 'anyHost',
	sessions: 'standInSessions',
	endSessions: 'standInSessions',
	endIdleSessions: 'standInSessions',
	sessionQueries: 'standInSessions',
	slowQueries: 'noSlowQueries',
	settings: 'standInSettings',
	browse: null,
	query: null,
	queryWrites: 'standInWrites',
};

export const ferretdb: DatabaseEngineDefinition = {
	id: 'ferretdb',
	kind: 'database',
	label: 'FerretDB',
	notice: 'standIn',
	versions: [{ version: '2', image: null, isDefault: true }],
	lifecycle: {
		rootUser: ROOT_USER,
		minMemoryBytes: 256 * MIB,
		defaultMemoryBytes: 512 * MIB,
		containerSpec,
		// Its extension alters the catalogue at the start of a newer one.
		mayRewriteData: () => true,
		probe,
		setRootPassword,
	},
	databaseAdmin: {
		names: dialect.names,
		capabilities: () => capabilities,
		connect,
		connectionText: mongodbConnectionText,
	},
};
