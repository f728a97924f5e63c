import { mysqlConnectionText } from '$lib/shared/connection/mysql';
import { GIB, MIB } from '$lib/shared/units';
import { mysqlLike } from '../mysql-family/definition';
import { officialVersions } from '../versions';
import { containerSpec } from './container';
import { mysqlDialect } from './dialect';
import { mysqlConfigurable } from './settings';

export const mysql = mysqlLike({
	id: 'mysql',
	label: 'MySQL',
	versions: officialVersions('mysql', ['9', '8.4']),
	dialect: mysqlDialect,
	lifecycle: {
		minMemoryBytes: 512 * MIB,
		defaultMemoryBytes: GIB,
		containerSpec,
		// Each release of 9 alters the data dictionary in place; within a long-term one going back is supported.
		mayRewriteData: (version) => version === '9',
	},
	configurable: mysqlConfigurable,
	connectionText: mysqlConnectionText,
});
