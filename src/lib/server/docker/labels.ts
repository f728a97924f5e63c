/** Labels on everything sh0 makes in Docker. Only what carries our own instance's id is ever touched. */
export const LABEL = {
	instance: 'sh0.instance',
	project: 'sh0.project',
	service: 'sh0.service',
	operation: 'sh0.operation',
	spec: 'sh0.spec',
	/** On what is needed for moments only: when it may be thrown away, in milliseconds since 1970. */
	until: 'sh0.until',
} as const;

export type Labels = Record<string, string>;

/** The deterministic names of what belongs to a service or project, so that a step done twice finds its first result. */
export function dockerNames(instanceId: string) {
	const bare = (id: string) => id.slice(id.indexOf('_') + 1);
	return {
		prefix: `sh0-${instanceId}-`,
		container: (serviceId: string) => `sh0-${instanceId}-${bare(serviceId)}`,
		volume: (serviceId: string) => `sh0-${instanceId}-${bare(serviceId)}-data`,
		/** Of the copy of its data that an operation makes. */
		copyVolume: (serviceId: string, operationId: string) =>
			`sh0-${instanceId}-${bare(serviceId)}-data-${bare(operationId)}`,
		/** Of what works on its volumes while its own container is away. */
		helper: (serviceId: string) => `sh0-${instanceId}-${bare(serviceId)}-helper`,
		network: (projectId: string) => `sh0-${instanceId}-${bare(projectId)}`,
	};
}
export type DockerNames = ReturnType<typeof dockerNames>;

/** Docker's `label` filter for these labels. */
export function labelFilter(labels: Labels): { label: string[] } {
	return { label: Object.entries(labels).map(([key, value]) => `${key}=${value}`) };
}

/** Whether this is something of ours that is needed for moments only, and `over` when it is there for longer than it can be needed. */
export function temporary(labels: Labels, nowMs = Date.now()): 'no' | 'inUse' | 'over' {
	const until = labels[LABEL.until];
	if (until === undefined) return 'no';
	return Number(until) > nowMs ? 'inUse' : 'over';
}
