import { LABEL, temporary, type Docker, type DockerNames } from '../docker';
import type { Db } from '../db/client';
import { findOperation } from '../operations/repository';
import { findService, projectsWithWork } from './repository';
import type { Report } from './report';

export type StraysDeps = { db: Db; docker: Docker; names: DockerNames };

/** Removes this instance's containers and networks that belong to nothing any more, and reports such volumes. */
export async function clearStrays({ db, docker, names }: StraysDeps, report: Report): Promise<void> {
	// Docker is asked first: whatever it shows has had its row before.
	const containers = await docker.containers.list();
	const networks = await docker.networks.list();
	const volumes = await docker.volumes.list();
	for (const { id, name, labels } of containers) {
		const service = findService(db, labels[LABEL.service] ?? '');
		if (temporary(labels) === 'inUse') continue;
		if ((service && service.phase !== 'trashed') || isAtWork(db, labels)) continue;
		await docker.containers.remove(id);
		report.removedContainers.push(name);
	}
	const projects = projectsWithWork(db);
	const isStray = ({ name, labels }: { name: string; labels: Record<string, string> }) => {
		if (labels[LABEL.until] !== undefined) return temporary(labels) === 'over';
		const project = labels[LABEL.project] ?? '';
		return !projects.has(project) && names.network(project) === name;
	};
	for (const network of networks) {
		if (!isStray(network)) continue;
		if (await docker.networks.remove(network.name)) report.removedNetworks.push(network.name);
	}
	report.orphanVolumes = volumes
		.filter(({ labels }) => !findService(db, labels[LABEL.service] ?? '') && !isAtWork(db, labels))
		.map(({ name }) => name);
}

function isAtWork(db: Db, labels: Record<string, string>): boolean {
	const operation = findOperation(db, labels[LABEL.operation] ?? '');
	return operation?.row.status === 'running';
}
