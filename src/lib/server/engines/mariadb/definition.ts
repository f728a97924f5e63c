import { mariadbConnectionText } from '$lib/shared/connection/mysql';
import { MIB } from '$lib/shared/units';
import { mysqlLike } from '../mysql-family/definition';
import { officialVersions } from '../versions';
import { containerSpec } from './container';
import { mariadbDialect } from './dialect';
import { mariadbConfigurable } from './settings';

export const mariadb = mysqlLike({
	id: 'mariadb',
	label: 'MariaDB',
	versions: officialVersions('mariadb', ['11.8', '11.4', '10.11']),
	dialect: mariadbDialect,
	lifecycle: {
		minMemoryBytes: 256 * MIB,
		defaultMemoryBytes: 512 * MIB,
		containerSpec,
		// Releases of one series read each other's data.
		mayRewriteData: () => false,
	},
	configurable: mariadbConfigurable,
	connectionText: mariadbConnectionText,
});
