import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Container, ContainerCreateOptions } from 'dockerode';
import { pack } from 'tar-fs';
import { DockerClient } from '../docker/client';
import { loadEnv } from '../env';
import { createImages } from '../images';

/** Quotes, shell, formats, an accent: none of it means anything in a password. */
export const hostilePassword = `a'b"c$(id)\`x\`\\ ;--é %s ${'$'}{HOME}`;

const rootCapabilities = ['CHOWN', 'SETUID', 'SETGID', 'DAC_OVERRIDE', 'FOWNER'];
const readyLimitMs = 240_000;

/** The newest of these versions, or every one with `IMAGE_VERSIONS=all`; the newest is the last. */
export function contractVersions(all: string[]): string[] {
	return process.env.IMAGE_VERSIONS === 'all' ? all : all.slice(-1);
}

export type ContractStart = {
	version?: string;
	env?: Record<string, string>;
	volume?: string;
	/** Where the volume is mounted, when not in its place. */
	path?: string;
	user?: string;
	capabilities?: string[];
	/** Content of /opt/password. */
	secretFile?: string;
	command?: string[];
	/** Files put into the volume before the start, as sh0 does it. */
	seed?: Record<string, string>;
	memoryBytes?: number;
};

/** Starts images built here the way sh0 does, for tests of what they promise, and clears up after them. */
export class ContractHouse {
	readonly #docker: DockerClient;
	readonly #imagesDir: string;
	readonly #engine: {
		id: string;
		port: number;
		tmpfs: Record<string, string>;
		volume: (v: string) => string;
	};
	readonly #refs = new Map<string, string>();
	#newest = '';
	#dataDir = '';
	/** Its own: Docker's default network is not sh0's, and a machine may have none. */
	readonly #network = `sh0-contract-${randomBytes(6).toString('hex')}`;
	#containers: Container[] = [];
	#volumes: string[] = [];

	constructor(engine: {
		id: string;
		port: number;
		tmpfs: Record<string, string>;
		volume: (version: string) => string;
	}) {
		const { dockerSocket, imagesDir } = loadEnv();
		this.#docker = new DockerClient(dockerSocket);
		this.#imagesDir = imagesDir;
		this.#engine = engine;
	}

	/** Builds the images that are not here yet. */
	async open(versions: string[]): Promise<void> {
		this.#dataDir = await mkdtemp(join(tmpdir(), 'sh0-contract-'));
		await this.#docker.engine.createNetwork({ Name: this.#network, Driver: 'bridge' });
		const digests = { find: () => undefined, record: () => {} };
		const images = createImages({
			docker: this.#docker,
			digests,
			imagesDir: this.#imagesDir,
			dataDir: this.#dataDir,
		});
		for (const version of versions) {
			const { ref } = await images.buildImage({ engine: this.#engine.id, version });
			this.#refs.set(version, ref);
			this.#newest = version;
		}
	}

	/** Removes what the last test started. */
	async clear(): Promise<void> {
		for (const container of this.#containers) await container.remove({ force: true, v: true });
		for (const name of this.#volumes) await this.#docker.engine.getVolume(name).remove();
		this.#containers = [];
		this.#volumes = [];
	}

	async close(): Promise<void> {
		await this.#docker.engine.getNetwork(this.#network).remove();
		await rm(this.#dataDir, { recursive: true });
	}

	newVolume(): string {
		const name = `sh0-contract-${randomBytes(6).toString('hex')}`;
		this.#volumes.push(name);
		return name;
	}

	async imageConfig(version: string) {
		return (await this.#docker.engine.getImage(this.#refs.get(version) ?? '').inspect()).Config;
	}

	/** As sh0 does: no capabilities but the given ones, read-only root, port on 127.0.0.1. */
	async start(options: ContractStart): Promise<Container> {
		const { version = this.#newest, env = {}, volume, path = this.#engine.volume(version) } = options;
		const request: ContainerCreateOptions = {
			Image: this.#refs.get(version) ?? '',
			Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
			Cmd: options.command ?? [],
			User: options.user ?? '',
			HostConfig: {
				NetworkMode: this.#network,
				CapDrop: ['ALL'],
				CapAdd: options.capabilities ?? rootCapabilities,
				SecurityOpt: ['no-new-privileges'],
				ReadonlyRootfs: options.secretFile === undefined,
				Tmpfs: { '/tmp': '', ...this.#engine.tmpfs },
				PortBindings: { [`${this.#engine.port}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: '0' }] },
				Mounts: volume === undefined ? [] : [{ Type: 'volume', Source: volume, Target: path }],
				Memory: options.memoryBytes ?? 0,
			},
		};
		const container = await this.#docker.engine.createContainer(request);
		this.#containers.push(container);
		if (options.secretFile !== undefined)
			await this.#put(container, '/opt', { password: options.secretFile });
		if (options.seed !== undefined) await this.#put(container, path, options.seed);
		await container.start();
		return container;
	}

	/** Ends it as a power cut would and takes it away; its volume stays. */
	async kill(container: Container): Promise<void> {
		await container.kill({ signal: 'SIGKILL' });
		await container.remove({ v: true });
		this.#containers = this.#containers.filter((one) => one !== container);
	}

	/** Stops it and gives its exit code. */
	async stop(container: Container): Promise<number> {
		await container.stop({ t: 30 });
		return (await container.inspect()).State.ExitCode;
	}

	async portOf(container: Container): Promise<number> {
		const info = await container.inspect();
		return Number(info.NetworkSettings.Ports[`${this.#engine.port}/tcp`]?.[0]?.HostPort);
	}

	/** Tries until `logIn` succeeds; a server that ended instead fails with its log. */
	async untilReady<T>(container: Container, logIn: (port: number) => Promise<T>): Promise<T> {
		const endsAt = Date.now() + readyLimitMs;
		for (;;) {
			try {
				return await logIn(await this.portOf(container));
			} catch (error) {
				const { State } = await container.inspect();
				if (!State.Running || Date.now() > endsAt) {
					throw new Error(`not ready:\n${await this.logOf(container)}`, { cause: error });
				}
				await delay(100);
			}
		}
	}

	async logOf(container: Container): Promise<string> {
		return (await container.logs({ stdout: true, stderr: true })).toString('utf8');
	}

	/** Waits for its end. */
	async endOf(container: Container): Promise<{ code: number; log: string }> {
		const { StatusCode } = await container.wait();
		return { code: StatusCode, log: await this.logOf(container) };
	}

	/** User id of the first process. */
	async uidOf(container: Container): Promise<number> {
		const { Processes } = await container.top({ ps_args: '-eo pid,uid' });
		return Number(Processes[0]?.[1]);
	}

	async #put(container: Container, path: string, files: Record<string, string>): Promise<void> {
		const folder = await mkdtemp(join(this.#dataDir, 'files-'));
		for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
		await container.putArchive(pack(folder), { path });
	}
}
