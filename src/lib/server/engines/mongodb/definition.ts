import type { CapabilityMatrix } from '$lib/shared/capabilities';
import { mongodbConnectionText } from '$lib/shared/connection/mongodb';
import { MIB } from '$lib/shared/units';
import type { DatabaseEngineDefinition } from '../engine';
import type { Dialect } from '../mongo-family/dialect';
import { nameRule, ROOT_USER } from '../mongo-family/names';
import { onFirstUse } from '../mongo-family/on-first-use';
import { officialVersions } from '../versions';
import { mongodbConfigurable } from './configurable';
import { containerSpec } from './container';

const reservedUsers = new Set([ROOT_USER, '__system']);

const dialect: Dialect = {
	engine: 'mongodb',
	names: nameRule((user) => reservedUsers.has(user)),
	hasRoles: true,
	hasSessions: true,
	// The other mechanism keeps a hash that is as good as the password.
	passwordFields: { mechanisms: ['SCRAM-SHA-256'] },
};

const { probe, setRootPassword, connect } = onFirstUse(dialect);

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
	endIdleSessions: 'idleConnections',
	sessionQueries: null,
	slowQueries: 'noSlowQueries',
	settings: null,
	browse: null,
	query: null,
	queryWrites: null,
};

export const mongodb: DatabaseEngineDefinition = {
	id: 'mongodb',
	kind: 'database',
	label: 'MongoDB',
	notice: null,
	versions: officialVersions('mongo', ['8', '7']),
	lifecycle: {
		rootUser: ROOT_USER,
		minMemoryBytes: 512 * MIB,
		defaultMemoryBytes: 1024 * MIB,
		containerSpec,
		// The tag of a major version goes from 8.0 to 8.2, and back only while nothing new was used.
		mayRewriteData: () => true,
		probe,
		setRootPassword,
	},
	configurable: mongodbConfigurable,
	databaseAdmin: {
		names: dialect.names,
		capabilities: () => capabilities,
		connect,
		connectionText: mongodbConnectionText,
	},
};
