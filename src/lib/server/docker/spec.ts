import { createHash } from 'node:crypto';
import type Dockerode from 'dockerode';
import type { Labels } from './labels';

/** Everything a container of ours is made from. What is not here cannot be asked for: no binds, no host namespaces, no privilege. */
export type ContainerRequest = {
	name: string;
	image: string;
	labels: Labels;
	env: Record<string, string>;
	command: string[];
	volume: { name: string; path: string };
	network: { name: string; aliases: string[] };
	port: number;
	/** On 127.0.0.1. */
	hostPort: number;
	/** Published on 127.0.0.1 too, each on a port of Docker's choice, which is another one after every start. */
	otherPorts?: number[];
	/** `uid:gid` of its processes; not given: what the image says. */
	user?: string;
	memoryBytes: number;
	capabilities: string[];
	tmpfs: Record<string, string>;
	shmSizeBytes: number;
	stopSignal: string;
	stopTimeoutSeconds: number;
	pidsLimit: number;
};

/** Docker's create options for a request, with the hardening every container of ours has. */
export function createOptions(request: ContainerRequest): Dockerode.ContainerCreateOptions {
	const { port, hostPort, otherPorts = [] } = request;
	const published: [string, string][] = [
		[`${port}/tcp`, String(hostPort)],
		...otherPorts.map((other): [string, string] => [`${other}/tcp`, '']),
	];
	return {
		name: request.name,
		Image: request.image,
		Env: Object.entries(request.env).map(([key, value]) => `${key}=${value}`),
		...(request.command.length > 0 ? { Cmd: request.command } : {}),
		Labels: request.labels,
		...(request.user === undefined ? {} : { User: request.user }),
		ExposedPorts: Object.fromEntries(published.map(([key]) => [key, {}])),
		StopSignal: request.stopSignal,
		StopTimeout: request.stopTimeoutSeconds,
		HostConfig: {
			Privileged: false,
			CapDrop: ['ALL'],
			// Docker's init forwards the stop signal; without KILL it may not, for a process of another user, and dies with it uncleanly.
			CapAdd: [...request.capabilities, 'KILL'],
			SecurityOpt: ['no-new-privileges:true'],
			ReadonlyRootfs: true,
			Tmpfs: request.tmpfs,
			Memory: request.memoryBytes,
			MemorySwap: request.memoryBytes,
			PidsLimit: request.pidsLimit,
			ShmSize: request.shmSizeBytes,
			Init: true,
			LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
			PortBindings: Object.fromEntries(
				published.map(([key, wanted]) => [key, [{ HostIp: '127.0.0.1', HostPort: wanted }]]),
			),
			Mounts: [{ Type: 'volume', Source: request.volume.name, Target: request.volume.path, ReadOnly: false }],
			NetworkMode: request.network.name,
			RestartPolicy: { Name: 'unless-stopped' },
		},
		NetworkingConfig: {
			EndpointsConfig: { [request.network.name]: { Aliases: request.network.aliases } },
		},
	};
}

/**
 * A fingerprint of how a container must look, kept in its `sh0.spec` label. Names that change without a new container (its DNS
 * names) and throw-away values (the environment's) are left out.
 */
export function specHash(request: Omit<ContainerRequest, 'labels'>): string {
	const { env, network, ...rest } = request;
	const facts = { ...rest, env: Object.keys(env).sort(), network: network.name };
	return createHash('sha256').update(canonical(facts)).digest('hex').slice(0, 16);
}

function canonical(value: unknown): string {
	return JSON.stringify(value, (_key, part: unknown) => {
		if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
		return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
	});
}
