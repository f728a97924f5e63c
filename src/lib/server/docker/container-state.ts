import type Dockerode from 'dockerode';
import { LABEL } from './labels';

const containerStatuses = [
	'created',
	'running',
	'paused',
	'restarting',
	'exited',
	'dead',
	'removing',
] as const;
export type ContainerStatus = (typeof containerStatuses)[number];

/** What one list call tells about each container. */
export type ContainerSummary = {
	id: string;
	name: string;
	labels: Record<string, string>;
	status: ContainerStatus;
	/** Container port -> port on 127.0.0.1 that Docker reports now; empty while it is not running. */
	hostPorts: Record<number, number>;
	imageId: string;
	imageRef: string;
	/** The `sh0.spec` label it was made with. */
	specHash: string | null;
};

/** True for one that is being removed: nobody can start it any more. */
export function isGoing({ status }: Pick<ContainerSummary, 'status'>): boolean {
	return status === 'removing' || status === 'dead';
}

/** What an inspect tells. */
export type ContainerState = ContainerSummary & {
	startedAt: Date | null;
	finishedAt: Date | null;
	exitCode: number | null;
	/** How often Docker itself has started it again. */
	restartCount: number;
	oomKilled: boolean;
	health: 'none' | 'starting' | 'healthy' | 'unhealthy';
	memoryBytes: number;
	/** Container port -> host port asked for at creation, also while it is stopped. */
	requestedPorts: Record<number, number>;
	/** Network name -> the container's DNS names in it. */
	networks: Record<string, string[]>;
	/** Volume name -> path. */
	volumes: Record<string, string>;
	restartPolicy: string;
};

type PortMap = Record<string, { HostIp?: string; HostPort?: string }[] | null | undefined>;

function toStatus(text: string): ContainerStatus {
	return containerStatuses.find((status) => status === text) ?? 'dead';
}

/** Docker writes year 1 for "never". */
function toDate(text: string): Date | null {
	const date = new Date(text);
	return Number.isNaN(date.getTime()) || date.getUTCFullYear() < 1971 ? null : date;
}

function toPorts(map: PortMap | null | undefined): Record<number, number> {
	const ports: Record<number, number> = {};
	for (const [key, bindings] of Object.entries(map ?? {})) {
		const host = Number(bindings?.[0]?.HostPort);
		if (Number.isInteger(host) && host > 0) ports[Number.parseInt(key, 10)] = host;
	}
	return ports;
}

function toHealth(text: string | undefined): ContainerState['health'] {
	return text === 'starting' || text === 'healthy' || text === 'unhealthy' ? text : 'none';
}

/** Reads one entry of Docker's container list. */
export function summaryOf(info: Dockerode.ContainerInfo): ContainerSummary {
	const hostPorts: Record<number, number> = {};
	for (const port of info.Ports ?? []) if (port.PublicPort) hostPorts[port.PrivatePort] = port.PublicPort;
	return {
		id: info.Id,
		name: (info.Names[0] ?? '').replace(/^\//, ''),
		labels: info.Labels ?? {},
		status: toStatus(info.State),
		hostPorts,
		imageId: info.ImageID,
		imageRef: info.Image,
		specHash: info.Labels?.[LABEL.spec] ?? null,
	};
}

/** Reads Docker's answer to an inspect. */
export function stateOf(info: Dockerode.ContainerInspectInfo): ContainerState {
	const state = info.State;
	const networks = Object.entries(info.NetworkSettings.Networks ?? {}).map(
		([name, network]): [string, string[]] => [name, toNames(network.Aliases)],
	);
	return {
		id: info.Id,
		name: info.Name.replace(/^\//, ''),
		labels: info.Config.Labels ?? {},
		status: toStatus(state.Status),
		hostPorts: toPorts(info.NetworkSettings.Ports),
		imageId: info.Image,
		imageRef: info.Config.Image,
		specHash: info.Config.Labels?.[LABEL.spec] ?? null,
		startedAt: toDate(state.StartedAt),
		finishedAt: toDate(state.FinishedAt),
		exitCode: state.Running ? null : state.ExitCode,
		restartCount: info.RestartCount,
		oomKilled: state.OOMKilled,
		health: toHealth(state.Health?.Status),
		memoryBytes: info.HostConfig.Memory ?? 0,
		requestedPorts: toPorts(info.HostConfig.PortBindings),
		networks: Object.fromEntries(networks),
		volumes: Object.fromEntries(
			info.Mounts.flatMap((mount) =>
				mount.Type === 'volume' && mount.Name ? [[mount.Name, mount.Destination]] : [],
			),
		),
		restartPolicy: info.HostConfig.RestartPolicy?.Name ?? '',
	};
}

function toNames(aliases: unknown): string[] {
	return Array.isArray(aliases) ? aliases.filter((alias) => typeof alias === 'string') : [];
}
