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
	lifecycle: { minMemoryBytes: 512 * MIB, defaultMemoryBytes: GIB, containerSpec },
	configurable: mysqlConfigurable,
	connectionText: mysqlConnectionText,
});
