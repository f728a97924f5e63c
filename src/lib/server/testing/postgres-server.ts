import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { GIB, MIB } from '../../shared/units';
import { createDocker } from '../docker';
import type { ContainerSpec, EngineTarget } from '../engines/engine';
import { postgres } from '../engines/postgres/definition';
import { connectAdmin, type PostgresAdmin } from '../engines/postgres/admin';
import { loadEnv } from '../env';
import { isAppError } from '../errors';
import { createImages } from '../images';
import { startSettings } from '../services/settings-of';
import { Secret } from '../secret';

/** A PostgreSQL server in a container made as sh0 makes them, with root's password rotated. */
export type TestServer = {
	target: EngineTarget;
	admin: PostgresAdmin;
	/** Everything the container has logged. */
	logs(): Promise<string>;
	/** Removes the container, its volume and its network. */
	remove(): Promise<void>;
};

/** 18 and the oldest that Debian packages: rules changed between them. `POSTGRES_VERSIONS=14,16` asks for others. */
export const testedVersions = (process.env.POSTGRES_VERSIONS ?? '18,15').split(',');

const readyLimitMs = 60_000;

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	await new Promise((resolve) => server.close(resolve));
	if (address === null || typeof address === 'string') throw new Error('no port');
	return address.port;
}

function keptInMemory<S extends Pick<ContainerSpec, 'env' | 'command' | 'tmpfs'>>(spec: S): S {
	return {
		...spec,
		env: { ...spec.env, PGDATA: '/tmp/data' },
		command: [...spec.command, '-c', 'fsync=off', '-c', 'full_page_writes=off', '-c', 'max_wal_size=64MB'],
		tmpfs: { ...spec.tmpfs, '/tmp': 'rw,nosuid,nodev,noexec,size=768m,mode=1777' },
	};
}

async function waitUntilReady(target: EngineTarget): Promise<void> {
	const deadline = Date.now() + readyLimitMs;
	for (;;) {
		try {
			return await postgres.lifecycle.probe(target);
		} catch (error) {
			if (!isAppError(error, 'ENGINE_NOT_READY') || Date.now() > deadline) throw error;
			await delay(100);
		}
	}
}

/** Starts a server of this version; its image is found, pulled or built. */
export async function startPostgres({
	version,
	inMemory = false,
	memoryBytes = inMemory ? GIB : 256 * MIB,
}: {
	version: string;
	memoryBytes?: number;
	/** Keeps the data in memory, where a test creates hundreds of databases: eight megabytes each. */
	inMemory?: boolean;
}): Promise<TestServer> {
	const instanceId = randomBytes(4).toString('hex');
	const env = loadEnv();
	const docker = createDocker({ socketPath: env.dockerSocket, instanceId });
	const images = createImages({
		docker: docker.client,
		digests: { find: () => undefined, record: () => undefined },
		imagesDir: env.imagesDir,
		dataDir: tmpdir(),
	});
	const image = await images.resolveImage({ engine: 'postgres', version });
	const bootstrap = new Secret(randomBytes(12).toString('hex'));
	const { volumePath, ...spec } = postgres.lifecycle.containerSpec({
		version,
		memoryBytes,
		bootstrapPassword: bootstrap,
		settings: startSettings(postgres, { version, memoryBytes, settings: {} }),
	});
	const name = `sh0-${instanceId}-test`;
	const network = await docker.networks.ensure({ name, preferredIndex: 900, labels: {} });
	await docker.volumes.ensure({ name, labels: {} });
	const hostPort = await freePort();

	async function remove(): Promise<void> {
		await docker.containers.remove(name);
		await docker.volumes.remove(name);
		await docker.networks.remove(name);
	}

	try {
		await docker.containers.create({
			...(inMemory ? keptInMemory(spec) : spec),
			name,
			image: image.ref,
			labels: {},
			volume: { name, path: volumePath },
			network: { name: network.name, aliases: [] },
			hostPort,
			memoryBytes,
		});
		await docker.containers.start(name);
		const first: EngineTarget = {
			host: '127.0.0.1',
			port: hostPort,
			user: 'postgres',
			password: bootstrap,
			version,
		};
		await waitUntilReady(first);
		const password = new Secret(randomBytes(16).toString('hex'));
		await postgres.lifecycle.setRootPassword(first, password);
		const target = { ...first, password };
		const admin = connectAdmin(target);
		return {
			target,
			admin,
			async logs() {
				const lines = await docker.containers.logs(name, { tail: 100_000 });
				return lines.map((line) => line.line).join('\n');
			},
			async remove() {
				await admin.close();
				await remove();
			},
		};
	} catch (error) {
		await remove();
		throw error;
	}
}
