import { postgresConnectionText } from '$lib/shared/connection/postgres';
import type { EngineDefinition } from '../engine';
import { connectAdmin } from './admin';
import { postgresLifecycle } from './lifecycle';
import { postgresNames } from './names';

const defaultVersion = '18';

export const postgres: EngineDefinition = {
	id: 'postgres',
	kind: 'database',
	label: 'PostgreSQL',
	versions: ['18', '17', '16', '15', '14'].map((version) => ({
		version,
		image: `postgres:${version}`,
		isDefault: version === defaultVersion,
	})),
	lifecycle: postgresLifecycle,
	databaseAdmin: { names: postgresNames, connect: connectAdmin, connectionText: postgresConnectionText },
};
