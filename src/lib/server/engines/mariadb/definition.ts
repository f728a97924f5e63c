import type { CapabilityMatrix } from '$lib/shared/capabilities';
import { mariadbConnectionText } from '$lib/shared/connection/mysql';
import { MIB } from '$lib/shared/units';
import type { EngineDefinition } from '../engine';
import { connectAdmin } from '../mysql-family/admin';
import { familyLifecycle } from '../mysql-family/lifecycle';
import { nameRule } from '../mysql-family/names';
import { containerSpec } from './container';
import { mariadbDialect } from './dialect';
import { mariadbConfigurable } from './settings';

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
	slowQueries: 'noSlowQueries',
	settings: null,
	browse: null,
	query: null,
};

const defaultVersion = '11.8';

export const mariadb: EngineDefinition = {
	id: 'mariadb',
	kind: 'database',
	label: 'MariaDB',
	notice: null,
	versions: ['11.8', '11.4', '10.11'].map((version) => ({
		version,
		image: `mariadb:${version}`,
		isDefault: version === defaultVersion,
	})),
	lifecycle: {
		...familyLifecycle(mariadbDialect),
		minMemoryBytes: 256 * MIB,
		defaultMemoryBytes: 512 * MIB,
		containerSpec,
	},
	configurable: mariadbConfigurable,
	databaseAdmin: {
		names: nameRule(mariadbDialect),
		capabilities: () => capabilities,
		connect: (target) => connectAdmin(target, mariadbDialect),
		connectionText: mariadbConnectionText,
	},
};
