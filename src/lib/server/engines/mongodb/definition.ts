import type { CapabilityMatrix } from '$lib/shared/capabilities';
import { mongodbConnectionText } from '$lib/shared/connection/mongodb';
import { MIB } from '$lib/shared/units';
import type { EngineDefinition } from '../engine';
import { connectAdmin } from '../mongo-family/admin';
import type { Dialect } from '../mongo-family/dialect';
import { rootLogin } from '../mongo-family/lifecycle';
import { nameRule, ROOT_USER } from '../mongo-family/names';
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
	sessionQueries: null,
	slowQueries: 'noSlowQueries',
	settings: null,
	browse: null,
	query: null,
};

export const mongodb: EngineDefinition = {
	id: 'mongodb',
	kind: 'database',
	label: 'MongoDB',
	notice: null,
	versions: [
		{ version: '8', image: 'mongo:8', isDefault: true },
		{ version: '7', image: 'mongo:7', isDefault: false },
	],
	lifecycle: {
		rootUser: ROOT_USER,
		minMemoryBytes: 512 * MIB,
		defaultMemoryBytes: 1024 * MIB,
		containerSpec,
		...rootLogin(dialect),
	},
	configurable: mongodbConfigurable,
	databaseAdmin: {
		names: dialect.names,
		capabilities: () => capabilities,
		connect: (target) => connectAdmin(dialect, target),
		connectionText: mongodbConnectionText,
	},
};
