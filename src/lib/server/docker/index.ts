import { z } from 'zod';
import { CALL_LIMITS_MS, DockerClient } from './client';
import { Containers } from './containers';
import { watchEvents, type EventOptions } from './events';
import { runInImage, type RunInImage } from './images-run';
import { Networks } from './networks';
import { Volumes } from './volumes';

export type { ArchiveEntry } from './archive';
export { isGoing, type ContainerState, type ContainerStatus, type ContainerSummary } from './container-state';
export type { DockerEvent } from './events';
export { dockerNames, LABEL, temporary, type DockerNames } from './labels';
export type { NetworkState } from './networks';
export { specHash, type ContainerRequest } from './spec';
export { cpuPercent, type RawStats } from './stats';
export type { VolumeState } from './volumes';

export type DockerInfo = {
	version: string;
	memoryBytes: number;
	cpus: number;
	cgroupVersion: '1' | '2';
	/** The folder that holds volumes, on Docker's own machine. */
	dataDir: string;
};

const infoSchema = z.object({
	ServerVersion: z.string(),
	MemTotal: z.number(),
	NCPU: z.number(),
	CgroupVersion: z.string().optional(),
	DockerRootDir: z.string().default(''),
});

/** The only door to Docker. Every call has a time limit and throws DOCKER_UNAVAILABLE when the engine does not answer. */
export type Docker = ReturnType<typeof createDocker>;

/** Connects (lazily) to the engine behind `socketPath`, for the containers of one instance. */
export function createDocker(options: { socketPath: string; instanceId: string }) {
	const client = new DockerClient(options.socketPath, options.instanceId);
	return {
		/** For `images.ts` alone. */
		client,
		/** Resolves when the engine answers, within 3 s. */
		async ping(): Promise<void> {
			await client.call({ what: 'ping', isLook: true, limitMs: CALL_LIMITS_MS.ping }, () =>
				client.engine.ping(),
			);
		},
		async info(): Promise<DockerInfo> {
			const info = infoSchema.parse(
				await client.call({ what: 'info', isLook: true }, () => client.engine.info()),
			);
			return {
				version: info.ServerVersion,
				memoryBytes: info.MemTotal,
				cpus: info.NCPU,
				cgroupVersion: info.CgroupVersion === '2' ? '2' : '1',
				dataDir: info.DockerRootDir,
			};
		},
		containers: new Containers(client, options.instanceId),
		networks: new Networks(client, options.instanceId),
		volumes: new Volumes(client, options.instanceId),
		/** Programs in a throw-away container: see `RunInImage`. */
		runInImage: (options: RunInImage) => runInImage(client, options),
		/** Reports events until `signal` aborts; reconnects with back-off. Never throws. */
		events(watch: EventOptions): Promise<void> {
			return watchEvents(client, options.instanceId, watch);
		},
	};
}
