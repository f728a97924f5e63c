import type Dockerode from 'dockerode';
import { AppError } from '../errors';
import { CALL_LIMITS_MS, isDockerStatus, type DockerClient } from './client';
import { LABEL, labelFilter, type Labels } from './labels';
import { freeSubnets, hostSubnets } from './subnets';

export type NetworkState = {
	id: string;
	name: string;
	labels: Labels;
	subnet: string | null;
	/** Ids of the running containers in it; empty in a list. */
	containerIds: string[];
};

/** Other instances may take a subnet between our look and our call: how often another is tried. */
const SUBNET_ATTEMPTS = 32;

/** Networks of one instance: one bridge a project, so that containers of different projects cannot reach each other. */
export class Networks {
	readonly #docker: DockerClient;
	readonly #instanceId: string;
	readonly #creating = new Map<string, Promise<NetworkState>>();

	constructor(docker: DockerClient, instanceId: string) {
		this.#docker = docker;
		this.#instanceId = instanceId;
	}

	/**
	 * The network of this name, made if need be with the free subnet nearest to `preferredIndex` of our pool. Calls for one name
	 * at the same time share the work, since Docker lets two networks have one name.
	 */
	ensure(request: { name: string; preferredIndex: number; labels: Labels }): Promise<NetworkState> {
		const running = this.#creating.get(request.name);
		if (running) return running;
		const creating = this.#ensure(request).finally(() => this.#creating.delete(request.name));
		this.#creating.set(request.name, creating);
		return creating;
	}

	/** The network of this name if it is ours, else null. */
	async inspect(name: string): Promise<NetworkState | null> {
		try {
			const info = await this.#docker.call({ what: 'inspect network', isLook: true }, () =>
				this.#handle(name).inspect(),
			);
			const state = stateOf(info);
			return state.labels[LABEL.instance] === this.#instanceId ? state : null;
		} catch (error) {
			if (isDockerStatus(error, 404)) return null;
			throw error;
		}
	}

	async list(labels: Labels = {}): Promise<NetworkState[]> {
		const filters = labelFilter({ ...labels, [LABEL.instance]: this.#instanceId });
		const found = await this.#docker.call({ what: 'list networks', isLook: true }, (abortSignal) =>
			this.#docker.engine.listNetworks({ filters, abortSignal }),
		);
		return found.map(stateOf);
	}

	/** Removes it; fine when it is gone. False when containers still use it. */
	async remove(name: string): Promise<boolean> {
		const state = await this.inspect(name);
		if (!state) return true;
		try {
			await this.#write('remove network', () => this.#handle(state.id).remove());
		} catch (error) {
			if (isDockerStatus(error, 403)) return false;
			if (!isDockerStatus(error, 404)) throw error;
		}
		return true;
	}

	/** Makes `aliases` the container's DNS names in this network. Live connections through the network are cut. */
	async reconnect(name: string, containerId: string, aliases: string[]): Promise<void> {
		const network = this.#handle(name);
		await this.#write('disconnect network', () =>
			network.disconnect({ Container: containerId, Force: true }),
		).catch((error: unknown) => {
			// Docker answers 404 or 500 when it is not connected; what counts is the connect below.
			if (!isDockerStatus(error, 403, 404, 500)) throw error;
		});
		await this.#write('connect network', () =>
			network.connect({ Container: containerId, EndpointConfig: { Aliases: aliases } }),
		);
	}

	async #ensure(request: { name: string; preferredIndex: number; labels: Labels }): Promise<NetworkState> {
		const existing = await this.inspect(request.name);
		if (existing) return existing;
		let attempts = 0;
		for (const subnet of freeSubnets(request.preferredIndex, await this.#taken())) {
			try {
				return await this.#create(request, subnet);
			} catch (error) {
				// 403: the subnet was taken meanwhile. 409: the name was, perhaps by an attempt whose answer was lost.
				if (isDockerStatus(error, 409)) {
					const found = await this.inspect(request.name);
					if (found) return found;
				}
				attempts += 1;
				if (!isDockerStatus(error, 400, 403, 409) || attempts >= SUBNET_ATTEMPTS) throw error;
			}
		}
		throw new AppError('INTERNAL', { message: 'no subnet of the pool is free' });
	}

	async #create(request: { name: string; labels: Labels }, subnet: string): Promise<NetworkState> {
		const options: Dockerode.NetworkCreateOptions = {
			Name: request.name,
			CheckDuplicate: true,
			Driver: 'bridge',
			IPAM: { Driver: 'default', Config: [{ Subnet: subnet }] },
			Labels: { ...request.labels, [LABEL.instance]: this.#instanceId },
		};
		const network = await this.#write('create network', (abortSignal) =>
			this.#docker.engine.createNetwork({ ...options, abortSignal }),
		);
		return { id: network.id, name: request.name, labels: options.Labels ?? {}, subnet, containerIds: [] };
	}

	async #taken(): Promise<string[]> {
		const all = await this.#docker.call({ what: 'list networks', isLook: true }, (abortSignal) =>
			this.#docker.engine.listNetworks({ abortSignal }),
		);
		const subnets = all.flatMap((network) =>
			(network.IPAM?.Config ?? []).map((config) => config.Subnet ?? ''),
		);
		return [...subnets, ...hostSubnets()];
	}

	#handle(nameOrId: string) {
		return this.#docker.engine.getNetwork(nameOrId);
	}

	#write<T>(what: string, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
		return this.#docker.call({ what, limitMs: CALL_LIMITS_MS.write }, run);
	}
}

function stateOf(info: Dockerode.NetworkInspectInfo): NetworkState {
	return {
		id: info.Id,
		name: info.Name,
		labels: info.Labels ?? {},
		subnet: info.IPAM?.Config?.[0]?.Subnet ?? null,
		containerIds: Object.keys(info.Containers ?? {}),
	};
}
