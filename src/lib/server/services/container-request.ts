import { LABEL, specHash, type ContainerRequest, type DockerNames } from '../docker';
import type { EngineDefinition } from '../engines/engine';
import type { PortsByRole } from '../engines/storage';
import { Secret } from '../secret';
import { dataVolume } from './data-volume';
import { startSettings } from './settings-of';
import type { ServiceRow } from './repository';

/** Enters no container: the fingerprint leaves the environment's values out. */
const PLACE_HOLDER = new Secret('place-holder');

type Wanted = { service: ServiceRow; engine: EngineDefinition; names: DockerNames };

/** The specification with those ports beside the first one that are published too. */
export function published<T extends { port: number; ports?: PortsByRole }>({ ports, ...spec }: T) {
	const others = new Set<number>(Object.values(ports ?? {}));
	others.delete(spec.port);
	return { ...spec, ...(others.size === 0 ? {} : { otherPorts: [...others] }) };
}

/** How the service's container must look, by its row. */
function requestOf({ service, engine, names }: Wanted, bootstrapPassword: Secret): ContainerRequest {
	const { volumePath, ...spec } = engine.lifecycle.containerSpec({
		version: service.version,
		memoryBytes: service.memoryBytes,
		bootstrapPassword,
		settings: startSettings(engine, service),
	});
	return {
		...published(spec),
		name: names.container(service.id),
		image: service.imageRef ?? '',
		labels: {},
		volume: { name: dataVolume(names, service), path: volumePath },
		network: { name: names.network(service.projectId), aliases: [service.name] },
		hostPort: service.hostPort ?? 0,
		memoryBytes: service.memoryBytes,
	};
}

/** How the service's container must look, without secrets; with the fingerprint it carries when it was made from this row. */
export function wantedContainer(wanted: Wanted): ContainerRequest & { specHash: string } {
	const request = requestOf(wanted, PLACE_HOLDER);
	return { ...request, specHash: specHash(request) };
}

/** What Docker is asked for. */
export function containerRequest(
	wanted: Wanted,
	options: { bootstrapPassword: Secret; operationId: string },
): ContainerRequest {
	const request = requestOf(wanted, options.bootstrapPassword);
	return {
		...request,
		labels: {
			[LABEL.project]: wanted.service.projectId,
			[LABEL.service]: wanted.service.id,
			[LABEL.operation]: options.operationId,
			[LABEL.spec]: specHash(request),
		},
	};
}
