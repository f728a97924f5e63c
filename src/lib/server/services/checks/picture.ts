import { projects } from '../../db/schema/index';
import type { Db } from '../../db/client';
import {
	LABEL,
	temporary,
	type ContainerSummary,
	type Docker,
	type DockerNames,
	type NetworkState,
	type VolumeState,
} from '../../docker';
import { keptVolumes } from '../data-volume';
import { listServices, projectsWithWork, type ServiceRow } from '../repository';

/**
 * What the rows say and what Docker has, as of one moment; services with an operation under way are set apart, since they are in between,
 * and what is needed for moments only is left out until its time is over, as are the data from before an upgrade.
 */
export type Picture = {
	settled: ServiceRow[];
	busyServiceIds: Set<string>;
	projectIds: Set<string>;
	/** Projects with a service or an operation under way: the ones that may have a network. */
	projectsWithWork: Set<string>;
	containers: ContainerSummary[];
	volumes: VolumeState[];
	networks: NetworkState[];
};

type PictureDeps = { db: Db; docker: Docker; names: DockerNames };

/** Throws DOCKER_UNAVAILABLE. */
export async function takePicture({ db, docker, names }: PictureDeps): Promise<Picture> {
	const [containers, volumes, networks] = await Promise.all([
		docker.containers.list({}),
		docker.volumes.list(),
		docker.networks.list(),
	]);
	const isToLast = ({ labels }: { labels: Record<string, string> }) => temporary(labels) !== 'inUse';
	const rows = listServices(db);
	const settled = rows.filter(({ operation }) => operation === null).map(({ service }) => service);
	const busy = rows.filter(({ operation }) => operation !== null).map(({ service }) => service.id);
	const kept = new Set(settled.flatMap((service) => keptVolumes(db, names, service)));
	const allProjects = db.select({ id: projects.id }).from(projects).all();
	return {
		settled,
		busyServiceIds: new Set(busy),
		projectIds: new Set(allProjects.map(({ id }) => id)),
		projectsWithWork: projectsWithWork(db),
		containers: containers.filter(isToLast),
		networks: networks.filter(isToLast),
		volumes: volumes.filter(({ name }) => !kept.has(name)),
	};
}

/** The service a labelled thing belongs to. */
export function serviceIdOf(thing: { labels: Record<string, string> }): string {
	return thing.labels[LABEL.service] ?? '';
}

/** How a service is named to a person. */
export function described(service: ServiceRow): string {
	return `"${service.name}" (${service.id})`;
}
