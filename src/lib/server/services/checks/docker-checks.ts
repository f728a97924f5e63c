import type { ServicePhase } from '$lib/shared/services';
import { LABEL } from '../../docker';
import type { ServiceRow } from '../repository';
import { described, serviceIdOf, type Picture } from './picture';

type Wanted = { containers: 0 | 1 | null; volumes: 0 | 1 | null };

/** How many of each a service has when nothing is under way; null: any number that can be. */
const wantedByPhase: Record<ServicePhase, Wanted | 'never settled'> = {
	ready: { containers: 1, volumes: 1 },
	trashed: { containers: 0, volumes: 1 },
	failed: { containers: null, volumes: null },
	data_lost: { containers: null, volumes: 0 },
	creating: 'never settled',
	removing: 'never settled',
};

function countProblem(what: string, service: ServiceRow, wanted: 0 | 1 | null, found: number): string[] {
	const isRight = wanted === null ? found <= 1 : found === wanted;
	return isRight
		? []
		: [`${described(service)} is ${service.phase} and has ${found} ${what}, not ${wanted ?? 1}.`];
}

function settledProblems({ containers, volumes }: Picture, service: ServiceRow): string[] {
	const wanted = wantedByPhase[service.phase];
	if (wanted === 'never settled')
		return [`${described(service)} is ${service.phase}, but no operation works on it.`];
	const count = (things: { labels: Record<string, string> }[]) =>
		things.filter((thing) => serviceIdOf(thing) === service.id).length;
	return [
		...countProblem('containers', service, wanted.containers, count(containers)),
		...countProblem('volumes', service, wanted.volumes, count(volumes)),
	];
}

function strays(picture: Picture): string[] {
	const known = new Set([...picture.settled.map(({ id }) => id), ...picture.busyServiceIds]);
	const isStray = (thing: { labels: Record<string, string> }) => !known.has(serviceIdOf(thing));
	return [
		...picture.containers.filter(isStray).map(({ name }) => `Container ${name} belongs to no service.`),
		...picture.volumes.filter(isStray).map(({ name }) => `Volume ${name} belongs to no service.`),
	];
}

function networkProblems({ networks, projectsWithWork, settled }: Picture): string[] {
	const projectIdOf = (network: { labels: Record<string, string> }) => network.labels[LABEL.project] ?? '';
	const count = (projectId: string) =>
		networks.filter((network) => projectIdOf(network) === projectId).length;
	const needing = new Set(settled.filter(({ phase }) => phase === 'ready').map(({ projectId }) => projectId));
	return [
		...networks
			.filter((network) => !projectsWithWork.has(projectIdOf(network)))
			.map(({ name }) => `Network ${name} belongs to no project with a service.`),
		...[...needing]
			.filter((projectId) => count(projectId) !== 1)
			.map((projectId) => `Project ${projectId} has ${count(projectId)} networks, not 1.`),
	];
}

/** Invariant 1: labelled containers, volumes and networks match the rows one to one. */
export function checkRowsMatchDocker(picture: Picture): string[] {
	return [
		...picture.settled.flatMap((service) => settledProblems(picture, service)),
		...strays(picture),
		...networkProblems(picture),
	];
}

/** Invariant 3: each running service listens on the port of its row (and maybe others of Docker's choice), and no port is used twice. */
export function checkPorts({ containers, settled }: Picture): string[] {
	const users = new Map<number, string[]>();
	for (const { hostPorts, name } of containers) {
		for (const port of Object.values(hostPorts)) users.set(port, [...(users.get(port) ?? []), name]);
	}
	const shared = [...users].filter(([, names]) => names.length > 1);
	const moved = settled.flatMap((service) =>
		containers
			.filter((container) => container.status === 'running' && serviceIdOf(container) === service.id)
			.map(({ hostPorts }) => Object.values(hostPorts))
			.filter((ports) => !ports.some((port) => port === service.hostPort))
			.map((ports) => {
				const found = ports.length === 0 ? 'no port' : `port ${ports.join(' and ')}`;
				return `${described(service)} listens on ${found}, but its row says ${service.hostPort ?? 'none'}.`;
			}),
	);
	return [...shared.map(([port, names]) => `Port ${port} is used by ${names.join(' and ')}.`), ...moved];
}

/** Invariant 11: what should run runs, what should be stopped is stopped. */
export function checkActualIsDesired({ containers, settled }: Picture): string[] {
	return settled
		.filter(({ phase }) => phase === 'ready')
		.flatMap((service) => {
			const own = containers.filter((container) => serviceIdOf(container) === service.id);
			const isRunning = own.some(({ status }) => status === 'running');
			if (isRunning === (service.desiredState === 'running')) return [];
			const found = own.map(({ status }) => status).join(', ') || 'without a container';
			return [`${described(service)} should be ${service.desiredState} and is ${found}.`];
		});
}
