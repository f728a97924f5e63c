import { GIB } from '../../shared/units';
import { postgres } from '../engines/postgres/definition';
import type { PostgresAdmin } from '../engines/postgres/admin';
import { startEngineServer, type ContainerTweak, type EngineServer } from './engine-server';

/** A PostgreSQL server in a container made as sh0 makes them, with root's password rotated. */
export type TestServer = EngineServer & { admin: PostgresAdmin };

/** 18 and the oldest that Debian packages: rules changed between them. `POSTGRES_VERSIONS=14,16` asks for others. */
export const testedVersions = (process.env.POSTGRES_VERSIONS ?? '18,15').split(',');

const keptInMemory: ContainerTweak = (spec) => ({
	...spec,
	env: { ...spec.env, PGDATA: '/tmp/data' },
	command: [...spec.command, '-c', 'fsync=off', '-c', 'full_page_writes=off', '-c', 'max_wal_size=64MB'],
	tmpfs: { ...spec.tmpfs, '/tmp': 'rw,nosuid,nodev,noexec,size=768m,mode=1777' },
});

/** Starts a server of this version; its image is found, pulled or built. */
export async function startPostgres({
	version,
	inMemory = false,
}: {
	version: string;
	/** Keeps the data in memory, where a test creates hundreds of databases: eight megabytes each. */
	inMemory?: boolean;
}): Promise<TestServer> {
	const options = inMemory ? { memoryBytes: GIB, tweak: keptInMemory } : {};
	const server = await startEngineServer(postgres, version, options);
	const { grants } = server.admin;
	if (!grants) throw new Error('PostgreSQL has grants');
	return { ...server, admin: { ...server.admin, grants } };
}
