import type { CapabilityMatrix } from '$lib/shared/capabilities';
import { mysqlConnectionText } from '$lib/shared/connection/mysql';
import { GIB, MIB } from '$lib/shared/units';
import type { EngineDefinition } from '../engine';
import { connectAdmin } from '../mysql-family/admin';
import { familyLifecycle } from '../mysql-family/lifecycle';
import { nameRule } from '../mysql-family/names';
import { containerSpec } from './container';
import { mysqlDialect } from './dialect';
import { mysqlConfigurable } from './settings';

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
	sessionQueries: null,
	slowQueries: null,
	settings: null,
	browse: null,
	query: null,
};

const defaultVersion = '9';

export const mysql: EngineDefinition = {
	id: 'mysql',
	kind: 'database',
	label: 'MySQL',
	notice: null,
	versions: ['9', '8.4'].map((version) => ({
		version,
		image: `mysql:${version}`,
		isDefault: version === defaultVersion,
	})),
	lifecycle: {
		...familyLifecycle(mysqlDialect),
		minMemoryBytes: 512 * MIB,
		defaultMemoryBytes: GIB,
		containerSpec,
	},
	configurable: mysqlConfigurable,
	databaseAdmin: {
		names: nameRule(mysqlDialect),
		capabilities: () => capabilities,
		connect: (target) => connectAdmin(target, mysqlDialect),
		connectionText: mysqlConnectionText,
	},
};
