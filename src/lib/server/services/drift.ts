import type { ContainerState } from '../docker';
import type { ContainerRequest } from '../docker';

export const driftFields = [
	'name',
	'image',
	'memory',
	'port',
	'volume',
	'network',
	'restartPolicy',
	'settings',
] as const;
export type Drift = {
	field: (typeof driftFields)[number];
	expected: string | null;
	actual: string | null;
};

export type Wanted = Pick<
	ContainerRequest,
	'name' | 'image' | 'memoryBytes' | 'port' | 'hostPort' | 'volume' | 'network'
> & {
	specHash: string;
};

/** Where a container differs from what its service's row asks for: somebody changed it by hand, or an update of sh0 asks for more. */
export function findDrift(wanted: Wanted, container: ContainerState): Drift[] {
	const drift: Drift[] = [];
	const compare = (field: Drift['field'], expected: string | number, actual: string | number | undefined) => {
		if (expected !== actual) {
			drift.push({ field, expected: String(expected), actual: actual === undefined ? null : String(actual) });
		}
	};
	compare('name', wanted.name, container.name);
	compare('image', wanted.image, container.imageRef);
	compare('memory', wanted.memoryBytes, container.memoryBytes);
	compare('port', wanted.hostPort, container.requestedPorts[wanted.port]);
	compare('volume', wanted.volume.path, container.volumes[wanted.volume.name]);
	const { name: network } = wanted.network;
	compare('network', network, network in container.networks ? network : Object.keys(container.networks)[0]);
	compare('restartPolicy', 'unless-stopped', container.restartPolicy);
	// The fingerprint covers the rest; what is named above needs no second line.
	if (drift.length === 0 && container.specHash !== wanted.specHash) {
		drift.push({ field: 'settings', expected: null, actual: null });
	}
	return drift;
}
