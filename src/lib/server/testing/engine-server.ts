import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { ContainerSpec, DatabaseAdmin, DatabaseEngineDefinition, EngineTarget } from '../engines/engine';
import { isAppError } from '../errors';
import { startSettings } from '../services/settings-of';
import { Secret } from '../secret';
import { execIn } from './exec';
import { testDocker } from './test-docker';

/** A server in a container made as sh0 makes them, with root's password rotated. */
export type EngineServer = {
	target: EngineTarget;
	admin: DatabaseAdmin;
	/** Everything the container has logged. */
	logs(): Promise<string>;
	/** Stops it as sh0 does and starts it again on the same port; resolves when it answers. */
	restart(): Promise<void>;
	/** As `restart`, with no chance for the server to write anything down: the container gets SIGKILL. */
	crash(): Promise<void>;
	/** The container as Docker shows it to whoever may inspect it, as text. */
	inspect(): Promise<string>;
	/** Runs a program in the container; answers its exit code. */
	exec(argv: string[]): Promise<number>;
	/** Removes the container, its volume and its network. */
	remove(): Promise<void>;
};

/** What a test may change of the container: where the data lies, settings that only make it faster. */
export type ContainerTweak = (spec: Omit<ContainerSpec, 'volumePath'>) => Omit<ContainerSpec, 'volumePath'>;

export type EngineServerOptions = {
	/** The engine's smallest when not given. */
	memoryBytes?: number;
	tweak?: ContainerTweak;
};

const readyLimitMs = 240_000;

async function freePort(): Promise<number> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const address = server.address();
	await new Promise((resolve) => server.close(resolve));
	if (address === null || typeof address === 'string') throw new Error('no port');
	return address.port;
}

async function waitUntilReady({ lifecycle }: DatabaseEngineDefinition, target: EngineTarget): Promise<void> {
	const deadline = Date.now() + readyLimitMs;
	for (;;) {
		try {
			return await lifecycle.probe(target);
		} catch (error) {
			if (!isAppError(error, 'ENGINE_NOT_READY') || Date.now() > deadline) throw error;
			await delay(100);
		}
	}
}

/** Starts a server of this engine and version; its image is found, pulled or built. */
export async function startEngineServer(
	definition: DatabaseEngineDefinition,
	version: string,
	{ memoryBytes = definition.lifecycle.minMemoryBytes, tweak = (spec) => spec }: EngineServerOptions = {},
): Promise<EngineServer> {
	const { lifecycle, databaseAdmin } = definition;
	if (!databaseAdmin) throw new Error(`${definition.id} has no databases`);
	const { docker, images, name } = testDocker();
	const image = await images.resolveImage({ engine: definition.id, version });
	const bootstrap = new Secret(randomBytes(12).toString('hex'));
	const { volumePath, ...spec } = lifecycle.containerSpec({
		version,
		memoryBytes,
		bootstrapPassword: bootstrap,
		settings: startSettings(definition, { version, memoryBytes, settings: {} }),
	});
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
			...tweak(spec),
			name,
			image: image.ref,
			labels: {},
			volume: { name, path: volumePath },
			network: { name: network.name, aliases: [] },
			hostPort,
			memoryBytes,
		});
		const seeds = lifecycle.seedFiles?.({ version, memoryBytes, bootstrapPassword: bootstrap }) ?? [];
		const files = seeds.map((file) => ({ ...file, content: file.content.reveal() }));
		if (files.length > 0) await docker.containers.putFiles(name, volumePath, files);
		await docker.containers.start(name);
		const first: EngineTarget = {
			host: '127.0.0.1',
			port: hostPort,
			user: lifecycle.rootUser,
			password: bootstrap,
			version,
		};
		await waitUntilReady(definition, first);
		const password = new Secret(randomBytes(16).toString('hex'));
		await lifecycle.setRootPassword(first, password);
		const target = { ...first, password };
		const admin = await databaseAdmin.connect(target);
		return {
			target,
			admin,
			async logs() {
				const lines = await docker.containers.logs(name, { tail: 100_000 });
				return lines.map((line) => line.line).join('\n');
			},
			async restart() {
				await docker.containers.stop(name, spec.stopTimeoutSeconds);
				await docker.containers.start(name);
				await waitUntilReady(definition, target);
			},
			async crash() {
				await docker.client.engine.getContainer(name).kill({ signal: 'SIGKILL' });
				await docker.client.engine.getContainer(name).wait();
				await docker.containers.start(name);
				await waitUntilReady(definition, target);
			},
			async inspect() {
				return JSON.stringify(await docker.client.engine.getContainer(name).inspect());
			},
			exec: (argv) => execIn(docker, name, argv),
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
