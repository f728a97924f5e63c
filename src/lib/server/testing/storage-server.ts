import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Container } from 'dockerode';
import { archiveOf } from '../docker/archive';
import { createOptions } from '../docker/spec';
import type { PortsByRole, StorageAdmin, StorageEngineDefinition, StorageTarget } from '../engines/storage';
import { published } from '../services/container-request';
import { toEntry } from '../services/volume-files';
import { isAppError } from '../errors';
import { Secret } from '../secret';
import { testDocker } from './test-docker';

/** An S3 server in a container made as sh0 makes them: root's own secret works and the bootstrap password is over. */
export type StorageServer = {
	/** As it was before root's own secret worked: nobody may get in with it any more. */
	bootstrap: StorageTarget;
	target(): StorageTarget;
	/** Opened anew after each start. */
	admin(): StorageAdmin;
	/** Where apps find it. */
	endpoint(): string;
	logs(): Promise<string>;
	/** Stops it as sh0 does and starts it again. */
	restart(): Promise<void>;
	/** As `restart`, with the files of the very first start, bootstrap password and all. */
	restartFromSeed(): Promise<void>;
	/** As `restart`, with no chance for the server to write anything down. */
	crash(): Promise<void>;
	/** The container as Docker shows it to whoever may inspect it, as text. */
	inspect(): Promise<string>;
	/** Gives root another secret as sh0 does; the former one is over. */
	rotate(): Promise<void>;
	remove(): Promise<void>;
};

const readyLimitMs = 180_000;

async function portsOf(container: Container, roles: PortsByRole): Promise<PortsByRole> {
	const { Ports } = (await container.inspect()).NetworkSettings;
	const hostPort = (port: number) => Number(Ports[`${port}/tcp`]?.[0]?.HostPort);
	return {
		s3: hostPort(roles.s3),
		admin: hostPort(roles.admin),
		...(roles.web === undefined ? {} : { web: hostPort(roles.web) }),
		...(roles.console === undefined ? {} : { console: hostPort(roles.console) }),
	};
}

/** Tries until root gets in. MinIO denies a right login for moments after its start, until it has read who may do what. */
async function untilReady({ lifecycle }: StorageEngineDefinition, target: StorageTarget): Promise<void> {
	const deadline = Date.now() + readyLimitMs;
	for (;;) {
		try {
			return await lifecycle.probe(target);
		} catch (error) {
			if (!isAppError(error, 'ENGINE_NOT_READY', 'ENGINE_UNREACHABLE') || Date.now() > deadline) throw error;
			await delay(50);
		}
	}
}

/** A new secret of root's, the way its engine makes them; when this returns no other works. */
async function newRoot({ lifecycle }: StorageEngineDefinition, target: StorageTarget): Promise<Secret> {
	const { root, rootUser } = lifecycle;
	const next =
		root.kind === 'issued' ? await root.issue(target) : new Secret(randomBytes(16).toString('hex'));
	if (root.kind === 'chosen') await root.set(target, next);
	await root.endOthers({ ...target, user: rootUser, password: next });
	return next;
}

/** Starts a server of this engine and version; its image is found, pulled or built. */
export async function startStorageServer(
	definition: StorageEngineDefinition,
	{ memoryBytes = definition.lifecycle.minMemoryBytes }: { memoryBytes?: number } = {},
): Promise<StorageServer> {
	const { lifecycle, storageAdmin } = definition;
	const version = definition.versions[0]?.version ?? '';
	const { docker, images, instanceId, name } = testDocker();
	const image = await images.resolveImage({ engine: definition.id, version });
	const network = await docker.networks.ensure({ name, preferredIndex: 901, labels: {} });
	await docker.volumes.ensure({ name, labels: {} });
	const { volumePath, ports, ...spec } = lifecycle.containerSpec({ version, memoryBytes });
	const options = createOptions({
		...published({ ...spec, ports }),
		name,
		image: image.ref,
		labels: { 'sh0.instance': instanceId },
		volume: { name, path: volumePath },
		network: { name: network.name, aliases: [] },
		hostPort: 0,
		memoryBytes,
	});
	const bootstrapPassword = new Secret(randomBytes(16).toString('hex'));
	let container: Container | undefined;
	let admin: StorageAdmin | undefined;

	async function remove(): Promise<void> {
		await admin?.close();
		await container?.remove({ force: true, v: true });
		await docker.volumes.remove(name);
		await docker.networks.remove(name);
	}

	try {
		container = await docker.client.engine.createContainer({
			...options,
			HostConfig: { ...options.HostConfig, RestartPolicy: { Name: 'no' } },
		});
		const made = container;
		const put = async (bootstrapPassword: Secret | null) => {
			const files = lifecycle.files({ version, memoryBytes, bootstrapPassword });
			await made.putArchive(await archiveOf(files.map(toEntry)), { path: volumePath });
		};
		const started = async (login: Pick<StorageTarget, 'user' | 'password'>): Promise<StorageTarget> => {
			await made.start();
			const roles = await portsOf(made, ports);
			const found = { host: '127.0.0.1', port: roles.s3, ports: roles, version, ...login };
			await untilReady(definition, found);
			return found;
		};

		await put(bootstrapPassword);
		const bootstrap = await started({ user: lifecycle.bootstrapUser, password: bootstrapPassword });
		const login = { user: lifecycle.rootUser, password: await newRoot(definition, bootstrap) };
		await lifecycle.settle({ ...bootstrap, ...login });

		let target: StorageTarget;
		const again = async (stop: () => Promise<unknown>, password: Secret | null = null) => {
			await admin?.close();
			await stop();
			await put(password);
			target = await started(login);
			admin = await storageAdmin.connect(target);
		};
		const stop = () => made.stop({ t: spec.stopTimeoutSeconds });
		await again(stop);

		return {
			get bootstrap() {
				return { ...bootstrap, port: target.port, ports: target.ports };
			},
			target: () => target,
			admin() {
				if (!admin) throw new Error('the server does not run');
				return admin;
			},
			endpoint: () => `http://127.0.0.1:${target.ports.s3}`,
			logs: async () => (await made.logs({ stdout: true, stderr: true })).toString('utf8'),
			restart: () => again(stop),
			restartFromSeed: () => again(stop, bootstrapPassword),
			crash: () =>
				again(async () => {
					await made.kill({ signal: 'SIGKILL' });
					await made.wait();
				}),
			inspect: async () => JSON.stringify(await made.inspect()),
			async rotate() {
				login.password = await newRoot(definition, target);
				await admin?.close();
				target = { ...target, ...login };
				admin = await storageAdmin.connect(target);
			},
			remove,
		};
	} catch (error) {
		await remove().catch(() => undefined);
		throw error;
	}
}
