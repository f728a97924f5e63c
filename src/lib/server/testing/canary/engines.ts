import { GIB, MIB } from '$lib/shared/units';
import type { RouterInputs } from '../../../trpc/client';
import { mongoDriver, mysqlDriver, postgresDriver, redisDriver, type Driver } from './drivers';

/** One engine as the canary's story needs it. */
export type CanaryEngine = {
	engine: string;
	version: string;
	memoryBytes: number;
	driver: Driver;
	/** Every program that may run in its container once it is ready, as the kernel names it. */
	programs: string[];
	/** Databases of a new server that sh0 lists. */
	ownDatabases: string[];
	/** Where the canary lives, and what it may do there. */
	home: string;
	rights: Pick<RouterInputs['databaseUsers']['create'], 'grants' | 'access'>;
	hasGrants: boolean;
	createsDatabases: boolean;
	/** Statements for the query box that hold a password. */
	statements(password: string): string[];
};

const sqlRights: CanaryEngine['rights'] = { grants: [{ database: 'canary', level: 'owner' }] };
const sqlLike = { home: 'canary', rights: sqlRights, hasGrants: true, createsDatabases: true };

const mysqlLike = {
	...{ ...sqlLike, memoryBytes: GIB, driver: mysqlDriver, ownDatabases: [] },
	statements: (password: string) => [
		`ALTER USER canary IDENTIFIED BY '${password}'`,
		`SET PASSWORD = '${password}'`,
		`CREATE USER other IDENTIFIED BY '${password}' no sense`,
		`SELECT '${password}' FROM nothing`,
	],
};

const redisLike = {
	...{ memoryBytes: 256 * MIB, driver: redisDriver, home: '0', hasGrants: false, createsDatabases: false },
	ownDatabases: Array.from({ length: 16 }, (_, index) => String(index)),
	rights: { access: { keyPatterns: ['canary:*'], channelPatterns: [], commands: ['+@all', '-@admin'] } },
	statements: (password: string) => [
		`ACL SETUSER canary >${password}`,
		`AUTH canary ${password}`,
		`CONFIG SET requirepass ${password}`,
		`NONSENSE "${password}"`,
	],
};

const mongoLike = {
	driver: mongoDriver,
	statements: (password: string) => [
		JSON.stringify({ updateUser: 'canary', pwd: password }),
		JSON.stringify({ createUser: 'other', pwd: password, roles: [] }),
		JSON.stringify({ find: 'bird', filter: { $nonsense: password } }),
		`{ "createUser": "other", "pwd": "${password}"`,
	],
};

/** MongoDB, whose image only a registry has. */
export const mongodbCanary: CanaryEngine = {
	...{ ...sqlLike, ...mongoLike, engine: 'mongodb', version: '8', memoryBytes: 512 * MIB },
	...{ programs: ['mongod'], ownDatabases: ['admin', 'config', 'local'] },
};

/** Every engine whose image can be had everywhere. */
export const canaryEngines: CanaryEngine[] = [
	{
		...{ ...sqlLike, engine: 'postgres', version: '18', memoryBytes: 256 * MIB, driver: postgresDriver },
		...{ programs: ['postgres'], ownDatabases: ['postgres'] },
		statements: (password) => [
			`ALTER ROLE canary PASSWORD '${password}'`,
			`CREATE ROLE other LOGIN PASSWORD '${password}' no sense`,
			`SELECT '${password}' FROM nothing`,
			`DO $$ BEGIN RAISE WARNING '%', '${password}'; END $$`,
		],
	},
	{ ...mysqlLike, engine: 'mysql', version: '9', programs: ['mysqld'] },
	{ ...mysqlLike, engine: 'mariadb', version: '11.8', programs: ['mariadbd'] },
	{ ...redisLike, engine: 'redis', version: '8', programs: ['redis-server'] },
	{ ...redisLike, engine: 'valkey', version: '9', programs: ['valkey-server'] },
	{
		...{ ...mongoLike, engine: 'ferretdb', version: '2', memoryBytes: 512 * MIB, home: 'canary' },
		// FerretDB stands on PostgreSQL; the image's entrypoint, a script for bash, passes signals on to both.
		programs: ['bash', 'ferretdb', 'postgres'],
		...{ ownDatabases: [], rights: {}, hasGrants: false, createsDatabases: true },
	},
];
